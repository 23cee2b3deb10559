// A decision from its record to the PACS: recorded once, delivered in order, a verified report or a rejection note, never doubled.

import { extractText, getDocumentProxy } from 'unpdf'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { items, number, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { LEGS } from '../../src/domain/delivery.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { ClinicalRecord, RecordScope, ReviewedDocuments } from '../../src/domain/ports/clinical-record.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import { spread } from '../../src/domain/retry.ts'
import type { Review } from '../../src/domain/review.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { deliver } from '../../src/pipeline/deliver.ts'
import { imageSetDigest } from '../../src/pipeline/intake.ts'
import { drainReviews, type ReviewRequest, reviewAnalysis } from '../../src/pipeline/review.ts'
import { reviewedPdf } from '../../src/pipeline/reviewed-pdf.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createReviewStore } from '../../src/store/reviews.ts'
import { inputOf } from '../dicom/report-input.ts'
import { STUDY_UID } from '../dicom/support.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { openDatabase } from '../support/database.ts'
import { encodeStudy, startArchive, storeImages, twoSeries } from '../support/encoded-study.ts'
import { letterheadOf, REVIEW_OPTIONS as options } from '../support/letterhead.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { quietLog } from '../support/quiet-log.ts'

const ID = 'a1'
const clock = createManualClock('2026-03-01T10:00:00.000Z')
const watch = createMemoryWatchStore()
const scopes: RecordScope[] = []
const posted: string[] = []
const sent = new Map<number, ReviewedDocuments & { review: Review }>()
let ehrAnswers: () => void = () => {}
const ehr: ClinicalRecord = {
  matchPatient: async () => 'Patient/1',
  postReport: async () => ({ diagnosticReport: 'DiagnosticReport/1' }),
  postReview: async (_report, review, reviewed) => {
    posted.push(`${review.number} ${review.decision}`)
    sent.set(review.number, { review, ...reviewed })
    ehrAnswers()
    return { diagnosticReport: 'DiagnosticReport/1' }
  },
}

let server: Awaited<ReturnType<typeof startArchive>>
let archive: ImageArchive
let db: Database
let volume: number
beforeAll(async () => {
  server = await startArchive()
  archive = server.archive
  db = await openDatabase()
  const series = await twoSeries()
  await storeImages(archive, series)
  const { result, labels } = inputOf(series.reference, series.other)
  volume = result.measurements.find(({ region }) => region === 'ET')!.value
  const made = await encodeStudy(series, { ...result, analysisId: ID, segmentation: labels })
  const { analyses } = ports()
  const digests = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 's' }
  await analyses.register({ analysisId: ID, studyInstanceUid: STUDY_UID, ...digests })
  await expect(decide({ version: 0, decision: 'accept' })).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
  await analyses.move(ID, 'running')
  await analyses.saveResult(ID, {}, made)
  expect(await deliver(ports(), (await analyses.get(ID))!, options)).toEqual({ do: 'done' })
  await analyses.move(ID, 'delivered')
})
afterAll(async () => {
  await db.close()
  await server.close()
})

const ports = (over: Partial<ImageArchive> = {}) => ({
  archive: { ...archive, ...over },
  ehr: recordsOf(ehr, (scope) => scopes.push(scope)),
  analyses: createAnalysisStore(db, clock),
  reviews: createReviewStore(db, clock),
  watch,
  clock,
  log: quietLog,
})
/** Both legs, as the service's loops do; when the next attempt is due, if one failed. */
async function drain(over: Partial<ImageArchive> = {}): Promise<Date | undefined> {
  const again = await Promise.all(LEGS.map((leg) => drainReviews(ports(over), options, leg)))
  return again.flatMap((when) => when ?? []).sort((a, b) => Number(a) - Number(b))[0]
}
const reviewer = { identifier: 'P-77', name: 'Nine^Dr' }
const decide = (request: Partial<ReviewRequest> & Pick<ReviewRequest, 'version' | 'decision'>) =>
  reviewAnalysis(ports(), ID, { key: `key-${request.version}`, reviewer, edits: [], ...request })
const receiptOf = async (number: number, leg: 'pacs' | 'ehr') =>
  (await ports().reviews.list(ID))[number - 1]!.deliveries.find((one) => one.leg === leg)!
/** All that the archive has of the study besides images and segmentation, newest content last. */
const documents = async (modality: string): Promise<DicomJson[]> => {
  const found = (await archive.searchInstances(STUDY_UID)).filter((one) => one.modality === modality)
  const read = found.map(async (one) =>
    readPart10(await archive.retrieveInstance(STUDY_UID, one.seriesInstanceUid, one.sopInstanceUid)),
  )
  const all = (await Promise.all(read)).map(({ dataset }) => dataset)
  const at = (ds: DicomJson) => text(ds, 'ContentDate') + text(ds, 'ContentTime')
  return all.sort((a, b) => at(a).localeCompare(at(b)))
}
const uids = (ds: DicomJson, keyword: string) =>
  items(ds, keyword).flatMap((study) =>
    items(study, 'ReferencedSeriesSequence').flatMap((series) =>
      items(series, 'ReferencedSOPSequence').map((one) => text(one, 'ReferencedSOPInstanceUID')),
    ),
  )
const bytesOf = (ds: DicomJson) =>
  Buffer.from(ds['00420011']!.InlineBinary!, 'base64').subarray(0, number(ds, 'EncapsulatedDocumentLength'))
const readPdf = async (ds: DicomJson) =>
  (await extractText(await getDocumentProxy(new Uint8Array(bytesOf(ds))), { mergePages: true })).text

it('is recorded once by its key, and by nobody who saw another version', async () => {
  const { review, created } = await decide({ version: 0, decision: 'accept' })
  expect([review.number, created, review.deliveries.map(({ leg, state }) => `${leg} ${state}`)]).toEqual([
    1,
    true,
    ['pacs waiting', 'ehr waiting'],
  ])
  expect(await decide({ version: 0, decision: 'accept' })).toEqual({ review, created: false })
  const others = [
    decide({ version: 0, decision: 'reject', reason: 'x' }),
    decide({ version: 0, decision: 'accept', key: 'other-key' }),
    decide({ version: 2, decision: 'accept', key: 'third-key' }),
  ]
  for (const other of others) await expect(other).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
  await expect(db.query(`update gliabridge.reviews set decision = 'reject'`)).rejects.toThrow('23001')
  expect((await ports().analyses.get(ID))?.review).toEqual({
    number: 1,
    decision: 'accept',
    at: '2026-03-01T10:00:00.000Z',
    reviewer: 'Nine^Dr',
    edits: [],
    delivered: false,
  })
})

it('names every edit that does not fit', async () => {
  const edits = [
    { target: 'measurement.XX', from: 1, to: 2, reason: 'r' },
    { target: 'measurement.ET', from: volume + 1, to: 2, reason: 'r' },
    { target: 'prediction.idh', from: 'IDH-mutant', to: 'maybe', reason: 'r' },
    { target: 'prediction.survival', from: 'evaluable', to: 'x', reason: 'r' },
  ]
  await expect(decide({ version: 1, decision: 'accept-with-edits', edits })).rejects.toMatchObject({
    code: 'REVIEW_INVALID',
    message: expect.stringMatching(/measurement.ET: from.*prediction.idh: to must.*survival.*no measurement.XX/),
  })
})

it('waits and tries again after a failure, then stores the verified report, the same one at every repetition', async () => {
  const failing = {
    store: async () => {
      throw new AppError('ARCHIVE_UNREACHABLE', 'down')
    },
  }
  ehrAnswers = () => {
    throw new AppError('EHR_AMBIGUOUS', 'lost')
  }
  const again = await drain(failing)
  const { reviewId } = (await ports().reviews.list(ID))[0]!
  const waited = spread(5, `${reviewId} 1`)
  expect(again?.toISOString()).toBe(new Date(Date.parse('2026-03-01T10:00:00.000Z') + waited * 1000).toISOString())
  expect(await receiptOf(1, 'pacs')).toMatchObject({ state: 'waiting', lastError: { code: 'ARCHIVE_UNREACHABLE' } })
  expect(await drain()).toBeUndefined()
  // A second decision waits for the first, leg by leg.
  const edits = [
    { target: 'measurement.ET', from: volume, to: 1.5, reason: 'A vessel' },
    { target: 'prediction.idh', from: 'IDH-mutant', to: 'IDH-wildtype', reason: 'Other signs' },
  ]
  clock.advance(1)
  await decide({ version: 1, decision: 'accept-with-edits', edits })
  await drain()
  expect(posted).toEqual(['1 accept'])

  ehrAnswers = () => {}
  clock.advance(10)
  // Dies after the archive has stored it: the answer is lost, and the next attempt stores the same object.
  const lost = {
    store: async (...given: Parameters<ImageArchive['store']>) => {
      await archive.store(...given)
      throw new AppError('ARCHIVE_TIMEOUT', 'lost')
    },
  }
  await drain(lost)
  expect(posted).toEqual(['1 accept', '1 accept', '2 accept-with-edits'])
  clock.advance(60)
  await drain()
  expect((await ports().analyses.get(ID))?.review).toMatchObject({ number: 2, delivered: true })
  const reports = await documents('SR')
  expect(reports.map((ds) => text(ds, 'VerificationFlag'))).toEqual(['UNVERIFIED', 'VERIFIED', 'VERIFIED'])
  const [first, verified, corrected] = reports as [DicomJson, DicomJson, DicomJson]
  expect(uids(verified, 'PredecessorDocumentsSequence')).toEqual([text(first, 'SOPInstanceUID')])
  expect(uids(corrected, 'PredecessorDocumentsSequence')).toEqual([text(verified, 'SOPInstanceUID')])
  expect((await receiptOf(2, 'pacs')).receipt).toMatchObject({ report: text(corrected, 'SOPInstanceUID') })
  const [observer] = items(verified, 'VerifyingObserverSequence')
  expect([text(observer!, 'VerifyingOrganization'), text(observer!, 'VerificationDateTime').slice(0, 8)]).toEqual([
    'Haus am See',
    '20260301',
  ])
  expect(text(verified, 'PreliminaryFlag')).toBe('FINAL')
  expect(JSON.stringify(verified)).not.toContain('not reviewed by a person')
  const values = JSON.stringify(corrected)
  expect(values).toContain("(the software's value) to 1.5 mL: A vessel")
  expect(values).toContain('"IDH-wildtype"')
  for (const keyword of ['PatientID', 'PatientName', 'StudyInstanceUID', 'AccessionNumber'])
    expect(text(corrected, keyword)).toBe(text(first, keyword))
})

it('has drawn the reviewed PDF once, stored it as a new instance and withdrawn the one before', async () => {
  const pdfs = await documents('DOC')
  expect(pdfs.map((ds) => text(ds, 'VerificationFlag'))).toEqual(['UNVERIFIED', 'VERIFIED', 'VERIFIED'])
  const [first, accepted, corrected] = pdfs as [DicomJson, DicomJson, DicomJson]
  expect(new Set(pdfs.map((ds) => text(ds, 'SeriesInstanceUID'))).size).toBe(3)
  for (const keyword of ['PatientID', 'PatientName', 'StudyInstanceUID', 'AccessionNumber'])
    expect(text(corrected, keyword)).toBe(text(first, keyword))
  expect(await readPdf(first)).toContain('PRELIMINARY')
  expect(await readPdf(accepted)).toMatch(/FINAL – reviewed and accepted.*accepted by Nine, Dr \(P-77\) on 2026-03-01/s)
  const said = await readPdf(corrected)
  expect(said).toContain('AMENDED – reviewed and accepted')
  expect(said).toMatch(/Enhancing tumour: Changed by Nine, Dr .* to 1.5 mL: A vessel/s)
  expect(said).toMatch(/Whole tumour: Recomputed after the corrections/)
  for (const one of [await readPdf(accepted), said]) expect(one).not.toMatch(/PRELIMINARY|nobody|not reviewed/i)
  // The same bytes go to the EHR, which is told of the new objects.
  const [document] = [sent.get(2)!]
  expect(Buffer.from(document.pdf).equals(Buffer.from(bytesOf(corrected)))).toBe(true)
  expect(document.dicomResults.map(({ role, sopInstanceUid }) => [role, sopInstanceUid])).toContainEqual([
    'pdf',
    text(corrected, 'SOPInstanceUID'),
  ])
  expect(document.review.edits.map(({ target }) => target)).toContain('measurement.WT')
  const notes = await documents('KO')
  const reports = await documents('SR')
  expect(notes.map((note) => uids(note, 'CurrentRequestedProcedureEvidenceSequence').sort())).toEqual(
    [0, 1].map((n) => [text(pdfs[n]!, 'SOPInstanceUID'), text(reports[n]!, 'SOPInstanceUID')].sort()),
  )
  expect(JSON.stringify(notes[0])).toContain('"superseded-by-review"')
  expect((await receiptOf(2, 'pacs')).receipt).toEqual({
    report: text(reports[2]!, 'SOPInstanceUID'),
    'encapsulated-pdf': text(corrected, 'SOPInstanceUID'),
    'rejection-note': text(notes[1]!, 'SOPInstanceUID'),
  })
})

it('draws it without its pictures where an earlier version kept none', async () => {
  const artifacts = (await ports().analyses.artifacts(ID)).filter(({ role }) => role !== 'figures')
  const reviews = {
    document: async () => undefined,
    keepDocument: async (_id: string, pdf: Uint8Array) => pdf,
    labels: async () => undefined,
  }
  const pdf = await reviewedPdf(
    { reviews },
    { result: (await ports().analyses.result(ID))!, artifacts },
    sent.get(1)!.review,
    letterheadOf(),
  )
  expect((await extractText(await getDocumentProxy(pdf), { mergePages: true })).text).toContain(
    'were not kept for this one',
  )
})

it('rejects everything that was stored, with a note, and is final', async () => {
  const before = await imageSetDigest(watch, await archive.retrieveMetadata(STUDY_UID))
  await decide({ version: 2, decision: 'reject', reason: 'Wrong patient' })
  // The archive hangs over it, which does not keep it from the EHR.
  let answer = () => {}
  const hung = new Promise<void>((resolve) => {
    answer = resolve
  })
  const store = async (...given: Parameters<ImageArchive['store']>) => {
    await hung
    return archive.store(...given)
  }
  const storing = drainReviews(ports({ store }), options, 'pacs')
  await drainReviews(ports(), options, 'ehr')
  expect(await receiptOf(3, 'ehr')).toMatchObject({ state: 'done' })
  expect(await receiptOf(3, 'pacs')).toMatchObject({ state: 'waiting' })
  answer()
  await storing
  const note = (await documents('KO')).at(-1)
  const stored = (await archive.searchInstances(STUDY_UID)).filter((one) => !['MR', 'KO'].includes(one.modality))
  expect(uids(note!, 'CurrentRequestedProcedureEvidenceSequence').sort()).toEqual(
    stored.map((one) => one.sopInstanceUid).sort(),
  )
  expect(stored).toHaveLength(7)
  expect(JSON.stringify(note)).toContain(
    'Rejected by Nine, Dr (P-77) on 2026-03-01 10:01 UTC: Wrong patient. Do not use.',
  )
  expect(posted.at(-1)).toBe('3 reject')
  const page = (await extractText(await getDocumentProxy(sent.get(3)!.pdf), { mergePages: true })).text
  expect(page).toMatch(/REJECTED – do not use.*Rejected by Nine, Dr .*: Wrong patient. Do not use/s)
  expect(page).not.toMatch(/ mL\b|IDH-|PRELIMINARY|nobody/)
  expect(scopes.every(({ studyInstanceUid }) => studyInstanceUid === STUDY_UID)).toBe(true)
  expect(scopes.filter(({ user }) => user?.identifier === 'P-77')).toHaveLength(4)
  // What we wrote never looks like a new study, and a rejection is the last word.
  expect(await imageSetDigest(watch, await archive.retrieveMetadata(STUDY_UID))).toBe(before)
  await expect(decide({ version: 3, decision: 'accept' })).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
})
