// A person's decision in the EHR: final, amended, entered in error.
import type {
  Attachment,
  DiagnosticReport,
  DocumentReference,
  Observation,
  Provenance,
  Resource,
  RiskAssessment,
} from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { validate } from '../../../demo/ehr/validate.ts'
import type { EhrReceipt, ReviewedDocuments } from '../../../src/domain/ports/clinical-record.ts'
import { callOf, type Review } from '../../../src/domain/review.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { census, contents, readJson, update } from '../../support/fhir-server.ts'
import { type DemoEhr, startSampleEhr } from '../../support/sample-ehr.ts'

const report = sampleReport()
const { analysisId, measurements, predictions } = report.result
const volume = measurements.find(({ region }) => region === 'ET')!
const idh = predictions.find(({ head }) => head === 'idh')!
const edits = [
  { target: `measurement.${volume.region}`, from: volume.value, to: 7.25, reason: 'A vessel was outlined' },
  { target: 'prediction.idh', from: callOf(idh), to: 'indeterminate', reason: 'Not typical' },
]
const decided = (change: Partial<Review> = {}): Review => ({
  reviewId: `r${change.number ?? 1}`,
  analysisId,
  number: 1,
  at: '2026-03-02T10:11:12.000Z',
  decision: 'accept',
  reviewer: { identifier: 'P-77', system: 'https://hospital.example/staff', name: 'Dr <Nine> & Co' },
  edits: [],
  ...change,
})
const accepted = decided()
const amended = decided({ decision: 'accept-with-edits', edits, number: 2, at: '2026-03-03T08:00:00.000Z' })
const rejection = decided({ decision: 'reject', reason: 'Wrong series', number: 3, at: '2026-03-04T08:00:00.000Z' })
const NOT_REVIEWED = /not reviewed by a physician|preliminary/i

/** When the EHR is written to, by our clock. */
let now = '2026-03-02T10:12:00.000Z'
let ehr: DemoEhr
beforeEach(async () => {
  ehr = await startSampleEhr()
})
afterEach(() => ehr.close())

const record = () =>
  createClinicalRecord({
    ...recordOptions(ehr.url),
    sleep: async () => {},
    now: () => new Date(now),
  })
const review = (decision: Review) => record().postReview!(report, decision, reviewedBy(decision))
/** A PDF of its own for every decision, and the new object of the archive. */
const reviewedBy = ({ number }: Review): ReviewedDocuments => ({
  pdf: pdfOf(number),
  dicomResults: report.dicomResults.map((object) =>
    object.role === 'pdf' ? { ...object, sopInstanceUid: `1.2.3.${number}` } : object,
  ),
})
const pdfOf = (number: number) => new TextEncoder().encode(`%PDF-1.7 review ${number}`)
const attached = (forms: Attachment[] | undefined) =>
  (forms ?? [])
    .filter(({ contentType }) => contentType === 'application/pdf')
    .map(({ data }) => Buffer.from(data ?? '', 'base64').toString())
const get = <T extends Resource>(receipt: EhrReceipt, role: string) => readJson<T>(`${ehr.url}/${receipt[role]}`)
const roles = (receipt: EhrReceipt, start: string) => Object.keys(receipt).filter((role) => role.startsWith(start))
const versions = (resources: Resource[]) =>
  resources.map(({ resourceType, id, meta }) => `${resourceType}/${id}/${meta?.versionId}`).sort()

describe('a review in the EHR', () => {
  it('accepted: everything is final, named, and says no more that nobody looked at it', async () => {
    await record().postReport(report)
    const receipt = await review(accepted)
    const signed = await get<DiagnosticReport>(receipt, 'diagnosticReport')
    expect(signed).toMatchObject({
      status: 'final',
      resultsInterpreter: [{ type: 'Practitioner', identifier: { value: 'P-77' }, display: 'Dr <Nine> & Co' }],
    })
    const html = signed.presentedForm?.find((form) => form.contentType === 'text/html')
    for (const text of [signed.conclusion, signed.text?.div, Buffer.from(html?.data ?? '', 'base64').toString()]) {
      expect(text).not.toMatch(NOT_REVIEWED)
      expect(text).toMatch(/reviewed and accepted by Dr (<|&lt;)Nine/)
    }
    for (const role of roles(receipt, 'observation.')) {
      const observation = await get<Observation>(receipt, role)
      expect(observation.status).toBe('final')
      expect(observation.text?.div).not.toMatch(NOT_REVIEWED)
    }
    expect((await get<RiskAssessment>(receipt, 'riskAssessment')).status).toBe('final')
    expect(signed.issued).toBe(now)
    expect(attached(signed.presentedForm)).toEqual(['%PDF-1.7 review 1'])
    const document = await get<DocumentReference>(receipt, 'documentReference.review.1')
    expect(document).toMatchObject({
      status: 'current',
      docStatus: 'final',
      description: expect.stringContaining('reviewed and accepted'),
      authenticator: { identifier: { value: 'P-77' } },
      relatesTo: [{ code: 'replaces', target: { reference: receipt.documentReference } }],
    })
    expect(document.text?.div).not.toMatch(NOT_REVIEWED)
    expect(attached(document.content.map(({ attachment }) => attachment))).toEqual(['%PDF-1.7 review 1'])
    expect(JSON.stringify(document.context?.related)).toContain('urn:oid:1.2.3.1')
    // The software's own stays what it was, and is current no longer.
    const former = await get<DocumentReference>(receipt, 'documentReference')
    expect(former).toMatchObject({ status: 'superseded', docStatus: 'preliminary' })
    expect(attached(former.content.map(({ attachment }) => attachment))).toEqual([Buffer.from(report.pdf).toString()])
    const trace = await get<Provenance>(receipt, 'provenance.review')
    expect(trace).toMatchObject({
      recorded: accepted.at,
      agent: [{ type: { coding: [{ code: 'verifier' }] }, who: { identifier: { value: 'P-77' } } }],
    })
    const about = [
      'diagnosticReport',
      'riskAssessment',
      'documentReference',
      'documentReference.review.1',
      ...roles(receipt, 'observation.'),
    ]
    expect(trace.target.map((target) => target.reference).sort()).toEqual(about.map((role) => receipt[role]).sort())
    for (const resource of await contents(ehr.url)) expect(() => validate(resource)).not.toThrow()
  })

  it('repeated, by four at a time, and after a report that is posted again: no new version of anything', async () => {
    await record().postReport(report)
    await Promise.all([1, 2, 3, 4].map(() => review(accepted)))
    const before = await contents(ehr.url)
    expect(census(before)).toMatchObject({ Provenance: 2, DiagnosticReport: 1 })
    now = '2026-03-02T11:00:00.000Z'
    await review(accepted)
    await record().postReport(report)
    expect(versions(await contents(ehr.url))).toEqual(versions(before))
  })

  it('edited later: only what was corrected is amended, with both values and the reason; then withdrawn whole', async () => {
    await record().postReport(report)
    await review(accepted)
    const receipt = await review(amended)
    const signed = await get<DiagnosticReport>(receipt, 'diagnosticReport')
    expect(signed.status).toBe('amended')
    expect(signed.conclusion).toContain('7.25 mL')
    expect(signed.conclusion).toContain('A vessel was outlined')
    expect(attached(signed.presentedForm)).toEqual(['%PDF-1.7 review 2'])
    const chain = await Promise.all(
      ['documentReference', 'documentReference.review.1', 'documentReference.review.2'].map((role) =>
        get<DocumentReference>(receipt, role),
      ),
    )
    expect(chain.map(({ status }) => status)).toEqual(['superseded', 'superseded', 'current'])
    expect(chain.map(({ relatesTo }) => relatesTo?.[0]?.target.reference)).toEqual([
      undefined,
      receipt.documentReference,
      receipt['documentReference.review.1'],
    ])
    const corrected = await get<Observation>(receipt, `observation.volume.${volume.region}`)
    expect(corrected).toMatchObject({ status: 'amended', valueQuantity: { value: 7.25 } })
    expect(corrected.valueQuantity).not.toHaveProperty('extension')
    expect(corrected.note?.[0]).toMatchObject({ time: amended.at, authorReference: { identifier: { value: 'P-77' } } })
    expect(corrected.note?.[0]?.text).toContain(`from ${volume.value} mL (the software's value) to 7.25 mL: A vessel`)
    const undecided = await get<Observation>(receipt, 'observation.idh')
    expect(undecided).toMatchObject({ status: 'amended', interpretation: [{ coding: [{ code: 'IND' }] }] })
    expect(undecided).not.toHaveProperty('valueCodeableConcept')
    const other = await get<Observation>(receipt, `observation.volume.${measurements[0]!.region}`)
    expect(other.status).toBe('final')
    for (const resource of await contents(ehr.url)) expect(() => validate(resource)).not.toThrow()

    await review(rejection)
    const all = await contents(ehr.url)
    const statuses = new Set(
      all.flatMap((one) =>
        ['DiagnosticReport', 'Observation', 'RiskAssessment', 'DocumentReference'].includes(one.resourceType)
          ? [(one as Observation).status as string]
          : [],
      ),
    )
    expect([...statuses]).toEqual(['entered-in-error'])
    const withdrawn = await get<DiagnosticReport>(receipt, 'diagnosticReport')
    expect(attached(withdrawn.presentedForm)).toEqual(['%PDF-1.7 review 3'])
    expect(census(all)).toMatchObject({ Provenance: 4 })
    for (const resource of all) expect(() => validate(resource)).not.toThrow()
  })

  it('writes the report first where the EHR does not have it', async () => {
    const receipt = await review(accepted)
    expect((await get<DiagnosticReport>(receipt, 'diagnosticReport')).status).toBe('final')
    expect(census(await contents(ehr.url))).toMatchObject({ DiagnosticReport: 1, Provenance: 2 })
  })

  it('does not bring back what the EHR has withdrawn', async () => {
    const receipt = await record().postReport(report)
    const stored = await get<DiagnosticReport>(receipt, 'diagnosticReport')
    await update(ehr.url, { ...stored, status: 'entered-in-error' })
    await expect(review(accepted)).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
    expect((await get<DiagnosticReport>(receipt, 'diagnosticReport')).status).toBe('entered-in-error')
  })
})
