// A person's decision: checked against the result, recorded once, and brought to PACS and EHR, each delivery resumable alone.
import { readPart10 } from '../dicom/part10.ts'
import { buildRejectionNote } from '../dicom/rejection-note.ts'
import type { DicomObject } from '../dicom/result-object.ts'
import type { StoredObject } from '../dicom/sr/evidence.ts'
import { buildVerifiedReport, verifiedReportUids } from '../dicom/sr/verified-report.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { AnalysisStore, Artifact, ClaimedDelivery, ReportableResult, ReviewStore } from '../domain/ports.ts'
import { applyEdits, type RecordedReview, type Review } from '../domain/review.ts'
import { type DeliverOptions, type DeliverPorts, dicomObjects, ehrReport, storeObjects } from './deliver.ts'
import { auditedEhr } from './ehr-audit.ts'
import { nextStepAfter } from './retry.ts'

export interface ReviewRequest extends Omit<Review, 'reviewId' | 'analysisId' | 'number' | 'at'> {
  /** How many reviews the person knew of. */
  version: number
  /** The same key again is the same request. */
  key: string
}

export interface ReviewPorts extends DeliverPorts {
  reviews: ReviewStore
}

export interface ReviewOptions extends DeliverOptions {
  /** Name of the institution, for a reviewer who states no organization. */
  institution: string
}

/** Longer than any delivery takes; what a dead process had claimed is taken up after it. Both could write at once without harm. */
const CLAIM_SECONDS = 300

/**
 * Records the decision. Throws NOT_FOUND, REVIEW_INVALID (edits that do not fit), STATE_CONFLICT (not delivered yet, others
 * reviewed meanwhile, rejected before, or the key stands for another request).
 */
export async function reviewAnalysis(
  { analyses, reviews }: { analyses: Pick<AnalysisStore, 'get' | 'artifact'>; reviews: ReviewStore },
  analysisId: string,
  { version, key, ...decided }: ReviewRequest,
): Promise<{ review: RecordedReview; created: boolean }> {
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  if (record.state !== 'delivered')
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${record.state}; only a delivered one is reviewed`)
  const result = await analyses.artifact(analysisId, 'result')
  if (!result) throw new AppError('INTERNAL', `analysis ${analysisId} has no result`)
  applyEdits(JSON.parse(new TextDecoder().decode(result.bytes)) as ReportableResult, decided.edits)
  return reviews.add({ ...decided, analysisId }, { key, expected: version })
}

/** Delivers what is due, one after the other; returns when the next attempt is due, if one failed. */
export async function workOffReviews(
  ports: ReviewPorts,
  options: ReviewOptions,
  signal?: AbortSignal,
): Promise<Date | undefined> {
  let next: Date | undefined
  while (!signal?.aborted) {
    const claimed = await ports.reviews.claim(CLAIM_SECONDS)
    if (!claimed) break
    const again = await deliverReview(ports, options, claimed)
    if (again && (!next || again < next)) next = again
  }
  return next
}

async function deliverReview(
  ports: ReviewPorts,
  options: ReviewOptions,
  { review, delivery }: ClaimedDelivery,
): Promise<Date | undefined> {
  const { reviews, clock } = ports
  const { leg } = delivery
  const attempts = delivery.attempts + 1
  try {
    const receipt = await write[leg](ports, options, review)
    await reviews.update(review.reviewId, leg, { state: 'done', attempts, doneAt: clock.now().toISOString(), receipt })
    return undefined
  } catch (thrown) {
    const error = asAppError(thrown)
    const next = nextStepAfter(error, attempts, options.maxAttempts[leg])
    ports.log.warn(
      { analysisId: review.analysisId, leg, code: error.code, attempts, ...unforeseenFields(thrown) },
      'the delivery of a review failed',
    )
    const lastError = { code: error.code, message: error.message, at: clock.now().toISOString() }
    if (next.do === 'hold') {
      await reviews.update(review.reviewId, leg, { state: 'failed', attempts, lastError })
      return undefined
    }
    const notBefore = new Date(clock.now().getTime() + next.afterSeconds * 1000)
    await reviews.update(review.reviewId, leg, {
      state: 'waiting',
      attempts,
      lastError,
      notBefore: notBefore.toISOString(),
    })
    return notBefore
  }
}

const write = { pacs: storeDecision, ehr: postDecision }

async function load(ports: ReviewPorts, { analysisId }: Review) {
  const record = await ports.analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  return { record, artifacts: await ports.analyses.artifacts(analysisId) }
}

async function postDecision(ports: ReviewPorts, { keptBack }: ReviewOptions, review: Review) {
  const { ehr, audit } = ports
  const { record, artifacts } = await load(ports, review)
  if (!ehr.postReview) throw new AppError('INTERNAL', 'this EHR adapter takes no reviews')
  const report = ehrReport(record, artifacts, keptBack)
  const { studyInstanceUid } = record
  const { identifier, name } = review.reviewer
  return auditedEhr(
    audit,
    { action: 'write', studyInstanceUid, what: `review ${review.number}`, user: { identifier, name } },
    () => ehr.postReview!(report, review),
  )
}

/** A verified report, or a note that rejects all that was stored; nothing where the archive has nothing of it. */
async function storeDecision(ports: ReviewPorts, { institution }: ReviewOptions, review: Review) {
  const { record, artifacts } = await load(ports, review)
  const stored = storedObjects(record, artifacts)
  const earlier = (await ports.reviews.list(review.analysisId)).filter(({ number }) => number < review.number)
  const verified = earlier.flatMap((one) => verifiedReport(one, artifacts))
  const objects = stored.map(({ object }) => object)
  const made =
    review.decision === 'reject'
      ? rejection([...objects, ...verified], artifacts, review)
      : verification(
          verified.at(-1) ?? stored.find(({ role }) => role === 'report')?.object,
          artifacts,
          review,
          institution,
        )
  if (!made) return {}
  const role = review.decision === 'reject' ? 'rejection-note' : 'report'
  return storeObjects(ports, record, [{ role, sopInstanceUid: made.sopInstanceUid, bytes: made.bytes }])
}

/** By the receipt of the delivery, not by what was meant to be stored. A note that withdraws an older analysis stays in force. */
function storedObjects({ legs }: AnalysisRecord, artifacts: Artifact[]) {
  const receipt = legs.find(({ leg }) => leg === 'pacs')?.receipt ?? {}
  return dicomObjects(artifacts)
    .filter(({ role, sopInstanceUid }) => role !== 'rejection-note' && receipt[role] === sopInstanceUid)
    .map(({ role, sopInstanceUid, seriesInstanceUid, sopClassUid }) => ({
      role,
      object: { sopInstanceUid, seriesInstanceUid, sopClassUid },
    }))
}

/** What an earlier review put into the archive. */
function verifiedReport(review: RecordedReview, artifacts: Artifact[]): StoredObject[] {
  const uids = verifiedReportUids(review)
  const receipt = review.deliveries.find(({ leg }) => leg === 'pacs')?.receipt
  const sopClassUid = artifacts.find(({ role }) => role === 'report')?.sopClassUid
  return receipt?.report === uids.sopInstanceUid && sopClassUid ? [{ ...uids, sopClassUid }] : []
}

function verification(
  predecessor: StoredObject | undefined,
  artifacts: Artifact[],
  review: Review,
  organization: string,
): DicomObject | undefined {
  const report = artifacts.find(({ role }) => role === 'report')
  if (!report || !predecessor) return undefined
  return buildVerifiedReport({ report: report.bytes, predecessor, review, organization })
}

function rejection(rejected: StoredObject[], artifacts: Artifact[], review: Review): DicomObject | undefined {
  const result = artifacts.find(({ role }) => role === 'result')
  const document = artifacts.find(({ role }) => role === 'report' || role === 'encapsulated-pdf')
  if (rejected.length === 0 || !result || !document) return undefined
  return buildRejectionNote({
    result: JSON.parse(new TextDecoder().decode(result.bytes)) as ReportableResult,
    referenceInstance: readPart10(document.bytes).dataset,
    rejected,
    review,
  })
}
