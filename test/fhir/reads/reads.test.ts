// What is read of the patient's record: which score, which operation, which tissue test, which refusal; and what must not be taken for one.
import type {
  CarePlan,
  Consent,
  ConsentProvision,
  DiagnosticReport,
  Observation,
  Patient,
  Procedure,
  ServiceRequest,
} from '@medplum/fhirtypes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoEhr, startDemoEhr } from '../../../demo/ehr/ehr-server.ts'
import type { ReadSettings } from '../../../src/fhir/reads/clinical-reads.ts'
import { isRefused } from '../../../src/fhir/reads/consent.ts'
import { karnofskyOf, resectionOf } from '../../../src/fhir/reads/facts.ts'
import { tissueResultsOf } from '../../../src/fhir/reads/tissue.ts'
import { buildReport } from '../../support/built-report.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { MRN_SYSTEM, PATIENT, recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { create, patientWith } from '../../support/fhir-server.ts'

const subject = { reference: 'Patient/p1' }
const loinc = (code: string, display?: string) => ({
  coding: [{ system: 'http://loinc.org', code, ...(display && { display }) }],
})
const score = (value: number, day: string, change: Partial<Observation> = {}): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  code: loinc('89243-0'),
  subject,
  effectiveDateTime: day,
  valueInteger: value,
  ...change,
})

describe('karnofskyOf', () => {
  it('takes the released score nearest to the study, not the newest', () => {
    const scores = [score(60, '2024-08-20'), score(90, '2025-01-20T10:00:00Z'), score(40, '2025-02-10')]
    expect(karnofskyOf(scores, '2025-01-31')).toBe(40)
    expect(karnofskyOf(scores, '2025-01-22')).toBe(90)
    expect(karnofskyOf(scores, '2024-07-31')).toBeUndefined()
    expect(karnofskyOf(scores, undefined)).toBe(40)
    expect(karnofskyOf([score(60, '2024-08-03')], '2025-01-31')).toBeUndefined()
  })

  it('takes nothing that is not a score', () => {
    const strange = [
      score(80, '2025-01-20', { status: 'preliminary' }),
      score(80, '2025-01-20', { status: 'entered-in-error' }),
      score(80, '2025-01-20', { code: loinc('89247-1') }),
      score(180, '2025-01-20'),
      score(-10, '2025-01-20'),
      score(80, '2025-01'),
      score(80, '', { valueInteger: undefined as never }),
    ]
    expect(karnofskyOf(strange, '2025-01-31')).toBeUndefined()
    const quantity = score(0, '2025-01-20', { valueInteger: undefined as never, valueQuantity: { value: 70 } })
    expect(karnofskyOf([quantity], '2025-01-31')).toBe(70)
  })
})

describe('resectionOf', () => {
  const codes = { 'gross-total': ['urn:ops|A1'], subtotal: ['urn:ops|A2', 'urn:ops|A3'], biopsy: ['urn:ops|B1'] }
  const operation = (code: string, day: string, change: Partial<Procedure> = {}): Procedure => ({
    resourceType: 'Procedure',
    status: 'completed',
    code: { coding: [{ system: 'urn:ops', code }] },
    subject,
    performedDateTime: day,
    ...change,
  })

  it('takes the newest completed one that the lists name', () => {
    const list = [operation('B1', '2023-05-01'), operation('A3', '2024-06-01'), operation('Z9', '2025-01-01')]
    expect(resectionOf(list, codes)).toBe('subtotal')
    expect(resectionOf([...list, operation('A1', '2025-01-02', { status: 'not-done' })], codes)).toBe('subtotal')
    expect(resectionOf([operation('Z9', '2025-01-01')], codes)).toBeUndefined()
    const byOutcome = operation('Z9', '2025-02-01', { outcome: { coding: [{ system: 'urn:ops', code: 'A1' }] } })
    expect(resectionOf([...list, byOutcome], codes)).toBe('gross-total')
  })

  it('says nothing when one day says two things', () => {
    expect(resectionOf([operation('A1', '2024-06-01'), operation('A2', '2024-06-01')], codes)).toBeUndefined()
    expect(resectionOf([operation('A2', '2024-06-01'), operation('A3', '2024-06-01')], codes)).toBe('subtotal')
  })
})

describe('tissueResultsOf', () => {
  const none = { idh: [], '1p19q': [], mgmt: [], grade: [] }
  const mgmt: Observation = {
    resourceType: 'Observation',
    id: 'm1',
    status: 'final',
    code: loinc('64083-9', 'MGMT gene methylation score'),
    subject,
    effectiveDateTime: '2024-11-02T09:00:00+01:00',
    valueQuantity: { value: 34, unit: '%' },
    interpretation: [{ text: 'Methylated' }],
  }

  it('quotes value, interpretation and day', () => {
    expect(tissueResultsOf([mgmt], none)).toEqual([
      {
        head: 'mgmt',
        test: 'MGMT gene methylation score',
        value: '34 % (Methylated)',
        date: '2024-11-02',
        reference: 'Observation/m1',
      },
    ])
  })

  it('takes no unreleased result, none without a value, and nothing that software asserted', () => {
    const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'AIAST' }]
    const { valueQuantity: _value, interpretation: _words, ...empty } = mgmt
    const strange = [{ ...mgmt, status: 'preliminary' as const }, { ...mgmt, meta: { security } }, empty]
    expect(tissueResultsOf(strange, none)).toEqual([])
    const { resources } = buildReport(sampleReport())
    const ours = [...resources.values()].filter((r): r is Observation => r.resourceType === 'Observation')
    expect(ours).toHaveLength(7)
    expect(
      tissueResultsOf(
        ours.map((each) => ({ ...each, id: 'x', status: 'final' })),
        none,
      ),
    ).toEqual([])
  })

  it('knows variants by their gene, and codes of the site', () => {
    const variant: Observation = {
      ...mgmt,
      id: 'v1',
      code: loinc('69548-6', 'Genetic variant assessment'),
      interpretation: [],
      valueQuantity: undefined as never,
      valueCodeableConcept: { coding: [{ system: 'http://loinc.org', code: 'LA9633-4', display: 'Present' }] },
      component: [
        {
          code: loinc('48018-6', 'Gene studied'),
          valueCodeableConcept: { coding: [{ code: 'HGNC:5382', display: 'IDH1' }] },
        },
        { code: loinc('48005-3', 'Amino acid change'), valueCodeableConcept: { text: 'p.Arg132His' } },
      ],
    }
    const [result] = tissueResultsOf([variant], none)
    expect(result).toMatchObject({ head: 'idh', value: 'Present; Gene studied IDH1; Amino acid change p.Arg132His' })
    const other = {
      ...variant,
      component: [{ code: loinc('48018-6'), valueCodeableConcept: { coding: [{ code: 'HGNC:11998' }] } }],
    }
    expect(tissueResultsOf([other], none)).toEqual([])
    const local = {
      ...mgmt,
      code: { coding: [{ system: 'urn:lab', code: 'CODEL' }], text: '1p/19q (FISH)' },
      valueString: 'codeleted',
      valueQuantity: undefined as never,
      interpretation: [],
    }
    expect(tissueResultsOf([local], { ...none, '1p19q': ['urn:lab|CODEL'] })).toMatchObject([
      { head: '1p19q', test: '1p/19q (FISH)', value: 'codeleted' },
    ])
  })
})

describe('isRefused', () => {
  const AI = 'urn:hospital|ai-analysis'
  const coded = (value: string) => ({ coding: [{ system: value.split('|')[0]!, code: value.split('|')[1]! }] })
  const now = new Date('2025-01-31T12:00:00Z')
  const consent = (provision: ConsentProvision | undefined, change: Partial<Consent> = {}): Consent => ({
    resourceType: 'Consent',
    status: 'active',
    scope: coded('http://terminology.hl7.org/CodeSystem/consentscope|patient-privacy'),
    category: [coded('http://loinc.org|59284-0')],
    ...(provision && { provision }),
    ...change,
  })
  const deny = (change: Partial<ConsentProvision> = {}): ConsentProvision => ({
    type: 'deny',
    purpose: [{ system: 'urn:hospital', code: 'ai-analysis' }],
    ...change,
  })
  const of = (each: Consent) => isRefused(each, [AI, 'urn:hospital|secondary'], now)

  it.each<[string, Consent, boolean]>([
    ['a deny of the purpose', consent(deny()), true],
    ['a deny inside a permit', consent({ type: 'permit', provision: [deny()] }), true],
    ['a deny of an action', consent({ type: 'deny', action: [coded('urn:hospital|secondary')] }), true],
    ['a deny without codes of a consent about it', consent({ type: 'deny' }, { category: [coded(AI)] }), true],
    ['a policy rule that is the opt-out', consent(undefined, { policyRule: coded(AI) }), true],
    ['a deny until the end of today', consent(deny({ period: { end: '2025-01-31' } })), true],
    ['a deny of something else', consent(deny({ purpose: [{ system: 'urn:hospital', code: 'marketing' }] })), false],
    [
      'a deny of the same code in another system',
      consent(deny({ purpose: [{ system: 'urn:x', code: 'ai-analysis' }] })),
      false,
    ],
    ['a deny without codes of a consent about something else', consent({ type: 'deny' }), false],
    ['a permit of the purpose', consent(deny({ type: 'permit' })), false],
    [
      'a deny of all with this as its exception',
      consent({ type: 'deny', provision: [deny({ type: 'permit' })] }, { category: [coded(AI)] }),
      false,
    ],
    ['a deny that has ended', consent(deny({ period: { end: '2025-01-30' } })), false],
    ['a deny that has not begun', consent(deny({ period: { start: '2025-02-01' } })), false],
    ['a deny inside a rule that has ended', consent({ period: { end: '2024' }, provision: [deny()] }), false],
    ['a consent that is not active', consent(deny(), { status: 'inactive' }), false],
    ['a consent about it that says nothing', consent(undefined, { category: [coded(AI)] }), false],
  ])('%s: %s', (_name, each, expected) => {
    expect(of(each)).toBe(expected)
  })
})

describe('on a server', () => {
  let ehr: DemoEhr
  let patient: string
  let other: string
  const reads: ReadSettings = {
    resectionCodes: { 'gross-total': ['urn:ops|A1'], subtotal: [], biopsy: [] },
    tissueCodes: { idh: [], '1p19q': [], mgmt: [], grade: [] },
    tissueValues: { idh: {}, '1p19q': {}, mgmt: {}, grade: {} },
    treatmentCodes: { radiotherapy: [], bevacizumab: [], steroids: [] },
    board: { question: false, decisionCodes: [] },
    optOutCodes: ['urn:hospital|ai-analysis'],
  }
  const record = (change: Partial<ReadSettings> = {}) =>
    createClinicalRecord({
      ...recordOptions(ehr.url),
      reads: { ...reads, ...change },
      now: () => new Date('2025-01-31T12:00:00Z'),
    })
  beforeAll(async () => {
    ehr = await startDemoEhr()
    const add = async (name: string) => {
      const { id } = await create<Patient>(ehr.url, patientWith(MRN_SYSTEM, name))
      return `Patient/${id}`
    }
    patient = await add(PATIENT.patientId)
    other = await add('another')
    for (const [who, value] of [
      [patient, 70],
      [other, 30],
    ] as const) {
      const whose = { subject: { reference: who } }
      await create(ehr.url, { ...score(value, '2025-01-25'), ...whose })
      const code = loinc('100022-3', 'IDH1 gene mutations found')
      await create<Observation>(ehr.url, {
        resourceType: 'Observation',
        status: 'final',
        code,
        effectiveDateTime: '2024-11-02',
        valueString: who === patient ? 'p.R132H' : 'none',
        ...whose,
      })
    }
    await create<Procedure>(ehr.url, {
      resourceType: 'Procedure',
      status: 'completed',
      code: { coding: [{ system: 'urn:ops', code: 'A1' }] },
      subject: { reference: patient },
      performedDateTime: '2024-12-01',
    })
    await create<Consent>(ehr.url, {
      resourceType: 'Consent',
      status: 'active',
      scope: { text: 'privacy' },
      category: [{ text: 'privacy' }],
      patient: { reference: other },
      policyRule: { text: 'local' },
      provision: { type: 'deny', purpose: [{ system: 'urn:hospital', code: 'ai-analysis' }] },
    })
  })
  afterAll(() => ehr?.close())

  it('reads this patient only', async () => {
    expect(await record().clinicalFacts!(patient, '20250131')).toEqual({ karnofsky: 70, resection: 'gross-total' })
    expect(await record().tissueResults!(patient)).toMatchObject([
      { head: 'idh', test: 'IDH1 gene mutations found', value: 'p.R132H', date: '2024-11-02' },
    ])
    await record().checkConsent!(patient)
  })

  it('reads what tissue says as classes, of observations and of the diagnosis of a report, of this patient only', async () => {
    for (const who of [patient, other])
      await create<DiagnosticReport>(ehr.url, {
        resourceType: 'DiagnosticReport',
        status: 'final',
        code: { text: 'Integrated diagnosis' },
        subject: { reference: who },
        issued: '2024-11-20T10:00:00Z',
        conclusionCode: [{ coding: [{ system: 'urn:dx', code: 'ASTRO-2' }] }],
      })
    const tissueValues = {
      ...reads.tissueValues,
      idh: { 'IDH-mutant': ['P.R132H'], 'IDH-wildtype': ['none'] },
      grade: { '2': ['urn:dx|ASTRO-2'], '4': ['urn:dx|GBM'] },
    }
    const answers = await record({ tissueValues }).tissueAnswers!(patient)
    expect(answers).toEqual([
      { head: 'grade', answer: '2', date: '2024-11-20', reference: expect.stringMatching(/^DiagnosticReport\//) },
      { head: 'idh', answer: 'IDH-mutant', date: '2024-11-02', reference: expect.stringMatching(/^Observation\//) },
    ])
    expect(await record().tissueAnswers!(patient)).toEqual([])
  })

  it('reads the question of the order of the study and the board’s last decision, of this patient only, where the site says so', async () => {
    const order = (who: string, status: 'active' | 'completed', text: string) =>
      create<ServiceRequest>(ehr.url, {
        resourceType: 'ServiceRequest',
        status,
        intent: 'order',
        subject: { reference: who },
        identifier: [{ value: 'A-31' }],
        reasonCode: [{ text }],
      })
    await order(patient, 'completed', 'First diagnosis?')
    const { id } = await order(patient, 'active', 'Progression?')
    await order(other, 'active', 'Another patient')
    const plan = (who: string, created: string, description: string) =>
      create<CarePlan>(ehr.url, {
        resourceType: 'CarePlan',
        status: 'active',
        intent: 'plan',
        subject: { reference: who },
        category: [{ coding: [{ system: 'urn:hospital', code: 'board' }] }],
        created,
        description,
      })
    await plan(patient, '2024-12-05', 'Resection')
    await plan(other, '2025-01-20', 'Of another patient')
    const study = { accessionNumber: 'A-31', studyDate: '20250131' }
    const board = { question: true, decisionCodes: ['urn:hospital|board'] }
    expect(await record({ board }).boardRecord!(patient, study)).toEqual({
      question: { text: 'Progression?', reference: `ServiceRequest/${id}` },
      decision: { text: 'Resection', date: '2024-12-05', reference: expect.stringMatching(/^CarePlan\//) },
    })
    expect(await record({ board }).boardRecord!(patient, { ...study, accessionNumber: 'A-9' })).not.toHaveProperty(
      'question',
    )
    expect(await record().boardRecord!(patient, study)).toEqual({})
  })

  it('stops for a patient who refused, also when the report is posted; asks nothing where no codes are set', async () => {
    const identity = { ...PATIENT, patientId: 'another' }
    const refusing = await record().matchPatient(identity)
    await expect(record().checkConsent!(refusing)).rejects.toMatchObject({ code: 'CONSENT_REFUSED', class: 'hold' })
    await expect(record().postReport(sampleReport({ patient: identity }))).rejects.toMatchObject({
      code: 'CONSENT_REFUSED',
    })
    await record({ optOutCodes: [] }).checkConsent!(refusing)
  })
})

describe('a tissue result beside a prediction', () => {
  const tissueResults = [
    {
      head: 'idh' as const,
      test: 'IDH1 gene mutations found',
      value: 'none',
      date: '2024-11-02',
      reference: 'Observation/t1',
    },
  ]
  it('stands first in the text of the report and of the prediction', () => {
    const { resources } = buildReport(sampleReport({ tissueResults }))
    const report = resources.get('diagnosticReport') as { conclusion: string }
    const at = (text: string) => report.conclusion.indexOf(text)
    expect(at('IDH1 gene mutations found: none (2024-11-02)')).toBeGreaterThan(0)
    expect(at('IDH1 gene mutations found')).toBeLessThan(at('Predictions from the images'))
    const idh = resources.get('observation.idh') as Observation
    expect(idh.note?.[0]?.text).toContain(
      'takes precedence: IDH1 gene mutations found: none (2024-11-02) (Observation/t1)',
    )
    expect(idh.text?.div).toContain('IDH1 gene mutations found: none')
    expect((resources.get('observation.mgmt') as Observation).note?.[0]?.text).not.toContain('IDH1')
  })
})
