// The order behind a study: found once or not at all, never another patient's; and who ordered is told once, if at all.
import type {
  Communication,
  DiagnosticReport,
  DocumentReference,
  Encounter,
  ImagingStudy,
  Practitioner,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DemoEhr, startDemoEhr } from '../../../demo/ehr/ehr-server.ts'
import type { OrderSettings } from '../../../src/fhir/matching/orders.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { MRN_SYSTEM, PATIENT, recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { create, list, patientWith, update } from '../../support/fhir-server.ts'
import { type Kind, ladderServer } from '../../support/ladder-server.ts'

const ACCESSIONS = 'https://hospital.example/accession'

describe('the order of a study', () => {
  let ehr: DemoEhr
  let patient: string
  let other: string
  beforeEach(async () => {
    ehr = await startDemoEhr()
    patient = `Patient/${(await create(ehr.url, patientWith(MRN_SYSTEM, PATIENT.patientId))).id}`
    other = `Patient/${(await create(ehr.url, patientWith(MRN_SYSTEM, 'another'))).id}`
  })
  afterEach(() => ehr.close())

  const record = (orders: OrderSettings = { notify: 'none' }, kind: Kind = 'transaction') =>
    createClinicalRecord({
      ...recordOptions(ehr.url),
      orders,
      fetch: ladderServer(ehr.url, kind).fetch,
    })
  const order = (change: Partial<ServiceRequest> = {}) =>
    create<ServiceRequest>(ehr.url, {
      resourceType: 'ServiceRequest',
      identifier: [{ system: ACCESSIONS, value: 'ACC-9001' }],
      status: 'active',
      intent: 'order',
      subject: { reference: patient },
      ...change,
    })
  const posted = async (orders?: OrderSettings) => {
    await record(orders).postReport(sampleReport())
    const reports = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
    expect(reports).toHaveLength(1)
    return reports[0]!
  }
  const LINKED = /linked to none/

  it.each<[boolean, Partial<ServiceRequest>]>([
    [false, {}],
    [false, { priority: 'routine' }],
    [true, { priority: 'stat' }],
    [true, { priority: 'urgent', status: 'completed' }],
    [false, { priority: 'stat', status: 'revoked' }],
    [true, { category: [{ coding: [{ system: 'https://h.example/kinds', code: 'TB' }] }] }],
    [true, { reasonCode: [{ coding: [{ system: 'https://h.example/kinds', code: 'TB' }] }] }],
    [false, { code: { coding: [{ system: 'https://other.example', code: 'TB' }] } }],
    [false, { priority: 'stat', identifier: [{ system: ACCESSIONS, value: 'ACC-90010' }] }],
  ])('goes first: %s, for %o', async (first, change) => {
    await order(change)
    const orders = { notify: 'none', accessionSystem: ACCESSIONS, firstCodes: ['https://h.example/kinds|TB'] } as const
    expect(await record(orders).isUrgentOrder!('ACC-9001')).toBe(first)
  })

  it('is the one active with the accession number, with its encounter', async () => {
    const encounter = await create<Encounter>(ehr.url, {
      resourceType: 'Encounter',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: { reference: patient },
    })
    await order({ status: 'revoked' })
    await order({ status: 'completed' })
    await order({ identifier: [{ system: ACCESSIONS, value: 'ACC-9002' }] })
    const { id } = await order({ encounter: { reference: `Encounter/${encounter.id}` } })
    const report = await posted({ accessionSystem: ACCESSIONS, notify: 'none' })
    expect(report.basedOn).toMatchObject([{ reference: `ServiceRequest/${id}`, identifier: { value: 'ACC-9001' } }])
    expect(report.encounter?.reference).toBe(`Encounter/${encounter.id}`)
    expect(report.conclusion).not.toMatch(LINKED)
  })

  it('without an encounter, or without an order, the encounter is that of the study as the EHR has it', async () => {
    const encounter = await create<Encounter>(ehr.url, {
      resourceType: 'Encounter',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject: { reference: patient },
    })
    await create<ImagingStudy>(ehr.url, {
      resourceType: 'ImagingStudy',
      identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${sampleReport().result.study.studyInstanceUid}` }],
      status: 'available',
      subject: { reference: patient },
      encounter: { reference: `Encounter/${encounter.id}` },
    })
    expect((await posted()).encounter?.reference).toBe(`Encounter/${encounter.id}`)
    const [document] = await list<DocumentReference>(ehr.url, 'DocumentReference')
    expect(document?.context?.encounter).toEqual([{ reference: `Encounter/${encounter.id}` }])
  })

  it('is the one completed where none is active; the same report when the order is completed later', async () => {
    const { id, ...rest } = await order()
    const before = await posted()
    await update(ehr.url, { ...rest, id, status: 'completed' })
    const after = await posted()
    expect(after.basedOn?.[0]?.reference).toBe(`ServiceRequest/${id}`)
    expect(after.meta?.versionId).toBe(before.meta?.versionId)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['none', async () => {}],
    ['two active', () => Promise.all([order(), order()])],
    ['one in another system', () => order({ identifier: [{ system: 'urn:other', value: 'ACC-9001' }] })],
    ['only a revoked one', () => order({ status: 'revoked' })],
  ])('%s: no order is named, and the report says so', async (_name, prepare) => {
    await prepare()
    const report = await posted({ accessionSystem: ACCESSIONS, notify: 'communication' })
    expect(report).not.toHaveProperty('basedOn')
    expect(report.conclusion).toMatch(LINKED)
    expect(await list(ehr.url, 'Communication')).toEqual([])
  })

  it("is never another patient's: held with the site's system, left out without one", async () => {
    await order({ subject: { reference: other } })
    await expect(
      record({ accessionSystem: ACCESSIONS, notify: 'none' }).postReport(sampleReport()),
    ).rejects.toMatchObject({ code: 'PATIENT_MISMATCH', class: 'hold' })
    expect(await list(ehr.url, 'DiagnosticReport')).toEqual([])
    expect(await posted()).not.toHaveProperty('basedOn')
  })

  it('is named by its number only on a server without orders', async () => {
    const server = ladderServer(ehr.url, 'conditional')
    const without: typeof fetch = async (input, init) => {
      expect(String(input)).not.toContain('/ServiceRequest')
      const response = await server.fetch(input, init)
      if (!String(input).endsWith('/metadata')) return response
      return new Response((await response.text()).replace('"ServiceRequest"', '"Basic"'), {
        headers: { 'content-type': 'application/fhir+json' },
      })
    }
    const client = createClinicalRecord({
      ...recordOptions(ehr.url),
      fetch: without,
    })
    await client.postReport(sampleReport())
    const [report] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
    expect(report?.basedOn).toEqual([
      expect.objectContaining({ identifier: expect.objectContaining({ value: 'ACC-9001' }) }),
    ])
    expect(report?.basedOn?.[0]).not.toHaveProperty('reference')
    expect(report?.conclusion).not.toMatch(LINKED)
  })

  describe('who ordered', () => {
    let requester: string
    beforeEach(async () => {
      const { id } = await create<Practitioner>(ehr.url, { resourceType: 'Practitioner', name: [{ family: 'Grey' }] })
      requester = `Practitioner/${id}`
    })

    it('is not told by default, nor where nobody is known', async () => {
      await order({ requester: { reference: requester } })
      await posted()
      expect(await list(ehr.url, 'Communication')).toEqual([])
      await record({ notify: 'communication' }).postReport(
        sampleReport({ analysisId: 'b'.repeat(32), study: { ...sampleReport().result.study, accessionNumber: '' } }),
      )
      expect(await list(ehr.url, 'Communication')).toEqual([])
    })

    it.each(['transaction', 'conditional', 'plain'] as const)('is told once by a Communication: %s', async (kind) => {
      await order({ requester: { reference: requester } })
      const client = record({ notify: 'communication' }, kind)
      await Promise.all([1, 2, 3, 4].map(() => client.postReport(sampleReport())))
      const [notice, ...more] = await list<Communication>(ehr.url, 'Communication')
      expect(more).toEqual([])
      const [report] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
      expect(notice).toMatchObject({
        status: 'completed',
        recipient: [{ reference: requester }],
        about: [{ reference: `DiagnosticReport/${report?.id}` }],
        basedOn: report?.basedOn?.map(({ reference }) => ({ reference })),
      })
      expect(JSON.stringify(notice?.payload)).not.toMatch(/IDH|mL|mutant/)
    })

    it('is told by a Task, which is theirs once they have taken it', async () => {
      await order({ requester: { reference: requester } })
      const client = record({ notify: 'task' })
      const { notice } = await client.postReport(sampleReport())
      const [task] = await list<Task>(ehr.url, 'Task')
      expect(task).toMatchObject({ status: 'requested', owner: { reference: requester }, for: { reference: patient } })
      await update(ehr.url, { ...task!, status: 'completed', description: 'Seen.' })
      const { result } = sampleReport()
      const quality = [{ code: 'x', severity: 'info' as const, text: 'new' }]
      expect((await client.postReport(sampleReport({ ...result, quality }))).notice).toBe(notice)
      const tasks = await list<Task>(ehr.url, 'Task')
      expect(tasks.map(({ status, description }) => [status, description])).toEqual([['completed', 'Seen.']])
    })
  })
})
