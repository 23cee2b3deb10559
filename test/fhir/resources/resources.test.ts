// Every resource of a report against base R4 (structure, cardinality, invariants, required bindings), and what it says.
import type {
  Device,
  DiagnosticReport,
  DocumentReference,
  ImagingStudy,
  Observation,
  Provenance,
  Resource,
  RiskAssessment,
} from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { validate } from '../../../demo/ehr/validate.ts'
import { reportSet } from '../../../src/fhir/resources/report-set.ts'
import { impressionLines } from '../../../src/wording/impression.ts'
import { buildReport } from '../../support/built-report.ts'
import { ANALYSIS_SYSTEM, LESIONS, sampleReport, sampleResult } from '../../support/fhir-report.ts'

const report = sampleReport()
const { resources, anchor } = buildReport(report)
const get = <T extends Resource>(role: string) => resources.get(role) as T

describe('the resources of a report', () => {
  it.each([...resources.keys()])('%s is valid R4 and labelled as asserted by AI', (role) => {
    const resource = get(role)
    expect(() => validate(resource)).not.toThrow()
    expect(resource.meta?.security).toContainEqual({
      system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
      code: 'AIAST',
      display: 'Artificial Intelligence asserted',
    })
  })

  it('are issued when they are written, all that say so', () => {
    const picture = { sequence: 'T1c' as const, alternative: 'T1c, axial', png: Uint8Array.of(1, 2, 3) }
    const pictured = buildReport({ ...report, keyImages: [picture] }).resources
    const issued = [...pictured.values()].flatMap((one) =>
      'issued' in one && one.issued ? [[one.resourceType, one.issued]] : [],
    )
    expect(new Set(issued.map(([type]) => type))).toEqual(new Set(['DiagnosticReport', 'Observation', 'Media']))
    expect(new Set(issued.map(([, time]) => time))).toEqual(new Set(['2025-01-31T16:45:00.000Z']))
  })

  it('the anchor is valid R4, registered, with nothing on it yet', () => {
    expect(() => validate(anchor)).not.toThrow()
    expect(anchor.status).toBe('registered')
    expect(anchor).not.toHaveProperty('result')
    expect(anchor).not.toHaveProperty('conclusion')
  })

  it('are the same at every build', () => {
    expect([...buildReport(sampleReport()).resources]).toEqual([...resources])
  })

  it('a report of nothing known is valid too, and invents nothing', () => {
    const empty = sampleReport({
      study: {
        ...report.result.study,
        accessionNumber: '',
        issuerOfAccessionNumber: '',
        studyDate: '',
        studyTime: '',
        studyDescription: '',
      },
      measurements: [],
      predictions: [],
      quality: [],
      noFinding: true,
      inputs: report.result.inputs.slice(2),
    })
    const bare = buildReport({ ...empty, dicomResults: [] })
    for (const resource of bare.resources.values()) expect(() => validate(resource)).not.toThrow()
    const diagnosticReport = bare.resources.get('diagnosticReport') as DiagnosticReport
    expect(diagnosticReport).not.toHaveProperty('effectiveDateTime')
    expect(diagnosticReport).not.toHaveProperty('basedOn')
    expect(diagnosticReport.conclusion).toContain('does not exclude a tumour')
    expect(diagnosticReport.code.coding?.[0]?.code).toBe('24590-2')
    expect(bare.resources.get('imagingStudy')).not.toHaveProperty('started')
  })

  it('two results of one name are refused', () => {
    const [first] = report.result.measurements
    expect(() => reportSet({ result: sampleResult({ measurements: [first!, first!] }) }, ANALYSIS_SYSTEM)).toThrow(
      expect.objectContaining({ code: 'BUNDLE_INVALID' }),
    )
  })
})

describe('DiagnosticReport', () => {
  const resource = get<DiagnosticReport>('diagnosticReport')

  it('is preliminary, with the codes, dates and identifier of the study and the analysis', () => {
    expect(resource.status).toBe('preliminary')
    expect(resource).not.toHaveProperty('resultsInterpreter')
    expect(resource.identifier).toEqual([{ system: ANALYSIS_SYSTEM, value: report.result.analysisId }])
    expect(resource.code.coding).toEqual([
      { system: 'http://loinc.org', code: '24587-8', display: 'MR Brain WO and W contrast IV' },
    ])
    expect(resource.category?.map((category) => category.coding?.[0]?.code)).toEqual(['LP29684-5', 'RAD'])
    expect(resource.effectiveDateTime).toBe('2025-01-31')
    expect(resource.issued).toBe('2025-01-31T16:45:00.000Z')
    expect(resource.basedOn?.[0]?.identifier?.value).toBe('ACC-9001')
  })

  it('concludes first with one line on whether it stands, and then with the impression in three', () => {
    const [standing, impression] = resource.conclusion!.split('\n\n')
    expect(standing).toMatch(/^Preliminary: [^\n]+$/)
    expect(impression!.split('\n')).toEqual(impressionLines(report.result))
  })

  it('concludes in words that stand alone', () => {
    const conclusion = resource.conclusion!
    for (const text of [
      'Preliminary',
      'not reviewed by a physician',
      'Research use only',
      'Whole tumour: 61.2 mL (standard deviation 2.5 mL)',
      'Enhancing tumour: 9.9 mL',
      'not tissue tests',
      'IDH mutation status: IDH-mutant (very likely); probabilities: IDH-mutant 91 % (95 % interval 84 % to 97 %), IDH-wildtype 9 %',
      '1p/19q codeletion status: indeterminate',
      'MGMT promoter methylation status: not evaluable: This bundle has no evidence for it.',
      'alive after 12 months 71 %',
      'FLAIR has slices of 3 mm.',
      'glioma-small',
    ]) {
      expect(conclusion).toContain(text)
    }
  })

  it('has the same as well-formed narrative', () => {
    expect(resource.text?.status).toBe('additional')
    expect(resource.text?.div).toContain('series &lt; 1 mm is missing &amp; needed')
    expect(resource.text?.div).toMatch(/^<div xmlns="http:\/\/www.w3.org\/1999\/xhtml">.*<\/div>$/)
  })

  it('names nobody', () => {
    const text = JSON.stringify([...resources.values()], (key, value) => (key === 'data' ? undefined : value))
    expect(text.match(/Müller|Okafor|Zoë|MRN|0042|1961/)?.[0]).toBeUndefined()
  })
})

describe('Observation', () => {
  it('of a volume: SNOMED volume of our region, mL, method, standard deviation as uncertainty', () => {
    const volume = get<Observation>('observation.volume.WT')
    expect(volume.status).toBe('preliminary')
    expect(volume.code.coding?.map((c) => c.code)).toEqual(['volume-WT', '118565006'])
    expect(volume.valueQuantity).toEqual({
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty', valueDecimal: 2.5 },
        { url: 'http://hl7.org/fhir/StructureDefinition/iso21090-uncertaintyType', valueCode: 'N' },
      ],
      value: 61.235,
      unit: 'mL',
      system: 'http://unitsofmeasure.org',
      code: 'mL',
    })
    expect(volume.method?.coding?.[0]?.code).toBe('126030')
    expect(volume.bodySite?.coding?.[0]?.code).toBe('12738006')
    expect(get<Observation>('observation.volume.TC').valueQuantity).not.toHaveProperty('extension')
  })

  it('of a lesion: both diameters in mm, and whether it is too small to be followed', () => {
    const built = buildReport(sampleReport({ diameters: LESIONS })).resources
    const [first, second] = ['1', '2'].map((n) => built.get(`observation.diameters.${n}`) as Observation)
    const lengths = (of: Observation) =>
      of.component!.map(({ code, valueQuantity }) => [code.coding![0]!.code, valueQuantity!.value, valueQuantity!.code])
    expect(lengths(first!)).toEqual([
      ['103339001', 41.3, 'mm'],
      ['131189007', 30, 'mm'],
    ])
    expect(first!.text!.div).toContain('Enhancing lesion 1: 41.3 × 30.0 mm')
    expect(first!.text!.div).not.toContain('too small')
    expect(second!.text!.div).toContain('too small to be followed')
    expect(first!.identifier![0]!.value).not.toBe(second!.identifier![0]!.value)
    const whole = built.get('diagnosticReport') as DiagnosticReport
    expect(whole.result).toHaveLength(3 + 2 + 4)
    expect(whole.conclusion).toContain('Diameters (RANO):\n- Enhancing lesion 1')
  })

  it('of an evaluable head: the call, probabilities and intervals, and that it is no tissue test', () => {
    const idh = get<Observation>('observation.idh')
    expect(idh.code.coding).toEqual([
      {
        system: 'https://gliabridge.org/fhir/CodeSystem/imaging-prediction',
        code: 'predicted-idh',
        display: 'Predicted IDH mutation status',
      },
    ])
    expect(idh.valueCodeableConcept?.coding?.[0]?.code).toBe('IDH-mutant')
    expect(
      idh.component?.map((c) => c.valueQuantity?.value ?? [c.valueRange?.low?.value, c.valueRange?.high?.value]),
    ).toEqual([0.913, [0.84, 0.97], 0.087])
    expect(idh.note?.[0]?.text).toContain('not a tissue test')
    expect(idh.note?.[1]?.text).toBe(
      'In about 10 % of patients like those the model was built from, the true class is not among the remaining ones.',
    )
    expect(idh.note?.[2]?.text).toBe(
      'Contributions to the log-odds of IDH-mutant: T2-FLAIR mismatch (0.42) +0.61, age (34 y) +0.30, roundness −0.10',
    )
  })

  it('between the classes: no value, interpretation indeterminate', () => {
    const codeletion = get<Observation>('observation.1p19q')
    expect(codeletion).not.toHaveProperty('valueCodeableConcept')
    expect(codeletion.interpretation?.[0]?.coding?.[0]?.code).toBe('IND')
  })

  it('between the classes: says which are left', () => {
    const { text } = get<Observation>('observation.1p19q')
    expect(text?.div).toContain('indeterminate (cannot be told apart: intact, codeleted); probabilities: ')
  })

  it('not evaluable: why, and no value', () => {
    const mgmt = get<Observation>('observation.mgmt')
    expect(mgmt.status).toBe('preliminary')
    expect(mgmt.dataAbsentReason?.text).toBe('This bundle has no evidence for it.')
    expect(mgmt.note?.[0]?.text).toBe('Not evaluable: This bundle has no evidence for it.')
    expect(Object.keys(mgmt).filter((name) => name.startsWith('value') || name === 'component')).toEqual([])
  })

  it('says in its narrative what it is, for displays that show nothing else', () => {
    for (const role of [...resources.keys()].filter((r) => /^observation|^risk/.test(r))) {
      const { text } = get<Observation>(role)
      expect(text?.status, role).toBe('generated')
      expect(text?.div, role).toContain('not reviewed by a physician')
    }
    expect(get<Observation>('observation.grade').text?.div).toContain(
      '<p>Predicted WHO CNS grade: not evaluable: Contrast series &lt; 1 mm',
    )
  })

  it('carries no laboratory code: nothing of LOINC', () => {
    for (const role of [...resources.keys()].filter((r) => r.startsWith('observation'))) {
      expect(JSON.stringify(get(role))).not.toContain('loinc.org')
    }
  })
})

describe('RiskAssessment', () => {
  it('gives survival as a percentage of 100 per horizon, in periods from the study date', () => {
    const risk = get<RiskAssessment>('riskAssessment')
    expect(
      risk.prediction?.map(({ probabilityDecimal, whenPeriod, rationale }) => ({
        probabilityDecimal,
        whenPeriod,
        rationale,
      })),
    ).toEqual([
      {
        probabilityDecimal: 71.3,
        whenPeriod: { start: '2025-01-31', end: '2026-01-31' },
        rationale: '95 % interval 60 % to 80 %',
      },
      { probabilityDecimal: 40, whenPeriod: { start: '2025-01-31', end: '2027-01-31' }, rationale: undefined },
    ])
    expect(risk.performer?.reference).toBe('Device/device')
    expect(risk.basis).toHaveLength(8)
    const notes = risk.note!.map(({ text }) => text)
    expect(notes[1]).toBe(
      'Predicted risk group middle (33 patients of the training data, 21 deaths, Kaplan-Meier median 16 months).',
    )
    expect(notes[2]).toBe(
      'Of the patients of that group were alive: 70 % after 12 months, 48 % after 24 months (Kaplan-Meier).',
    )
    expect(notes[3]).toContain('how far models and outlines differ')
    expect(notes[4]).toBe('Contributions to the logarithm of the risk of death: age (34 y) −0.80')
  })

  it('is absent unless survival is evaluable; then an Observation says why', () => {
    const predictions = [{ head: 'survival', status: 'not-evaluable', reason: 'No model.' }] as const
    const { resources: other } = buildReport(sampleReport({ predictions: [...predictions] }))
    expect(other.has('riskAssessment')).toBe(false)
    expect((other.get('observation.survival') as Observation).dataAbsentReason?.text).toBe('No model.')
  })
})

describe('Device, ImagingStudy, DocumentReference, Provenance', () => {
  it('Device is the bundle, by digest', () => {
    const device = get<Device>('device')
    expect(device.identifier?.[0]?.value).toBe('glioma-small.1-4-0.ab12ab12ab12ab12')
    expect(device.version?.map(({ type, value }) => [type?.coding?.[0]?.code, value])).toEqual([
      [undefined, '1.4.0'],
      ['bundle-digest', 'ab12'.repeat(16)],
      ['weights-digest', 'cd34'.repeat(16)],
    ])
    expect(device.note?.[0]?.text).toContain('cd34'.repeat(16))
  })

  it('ImagingStudy is found by UID', () => {
    const study = get<ImagingStudy>('imagingStudy')
    expect(study.identifier?.[0]).toEqual({
      system: 'urn:dicom:uid',
      value: 'urn:oid:1.2.826.0.1.3680043.10.1234.77.1',
    })
    expect(study.subject.reference).toBe('Patient/p1')
    expect(study.started).toBe('2025-01-31')
    expect(study.modality?.[0]?.code).toBe('MR')
  })

  it('DocumentReference carries the PDF with size and SHA-1, and names the DICOM results', () => {
    const document = get<DocumentReference>('documentReference')
    expect(document.docStatus).toBe('preliminary')
    expect(document.type?.coding?.[0]?.code).toBe('18748-4')
    const { attachment } = document.content[0]!
    expect(Buffer.from(attachment.data!, 'base64').equals(report.pdf)).toBe(true)
    expect(attachment.size).toBe(3000)
    // sha1sum of the 3000 bytes (i * 31 + 7) % 251, by coreutils, in base64.
    expect(attachment.hash).toBe('19AxlxwKvgAsaXXmmAUMU0PPYg0=')
    expect(document.context?.related?.flatMap((r) => r.identifier?.value ?? [])).toEqual([
      'urn:oid:2.25.1111',
      'urn:oid:2.25.2221',
    ])
  })

  it('Provenance: asserted by AI, by the bundle, from these series', () => {
    const provenance = get<Provenance>('provenance')
    expect(provenance.reason?.[0]?.coding?.[0]?.code).toBe('AIAST')
    expect(provenance.agent[0]?.who.reference).toBe('Device/device')
    expect(provenance.recorded).toBe('2025-01-31T03:21:09.120Z')
    expect(provenance.target).toHaveLength(10)
    expect(provenance.entity?.map(({ role }) => role)).toEqual([...Array(4).fill('source'), 'derivation'])
    expect(provenance.meta?.tag).toEqual([{ system: ANALYSIS_SYSTEM, code: report.result.analysisId }])
  })
})
