// A person's decision: checked against the result, recorded once, and delivered to PACS and EHR; each delivery is resumable by itself.

import { buildReviewedPdf, reviewedPdfUids } from '../dicom/encapsulated-pdf.ts'
import { readPart10 } from '../dicom/part10.ts'
import { buildRejectionNote } from '../dicom/rejection-note.ts'
import type { DicomObject } from '../dicom/result-object.ts'
import { redrawnSegmentationUids } from '../dicom/segmentation.ts'
import { buildVerifiedReport, verifiedReportUids } from '../dicom/sr/verified-report.ts'
import { noting } from '../domain/breakers.ts'
import type { Stroke } from '../domain/brush.ts'
import { applyEdits, checkEdits } from '../domain/corrections.ts'
import type { Leg } from '../domain/delivery.ts'
import { AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { AnalysisStore, Artifact } from '../domain/ports/analysis-store.ts'
import type { EhrReport } from '../domain/ports/clinical-record.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ClaimedDelivery, ReviewStore } from '../domain/ports/review-store.ts'
import { NO_TRACING } from '../domain/ports/tracing.ts'
import { nextStepAfter, spread } from '../domain/retry.ts'
import { type RecordedReview, type Review, redraws } from '../domain/review.ts'
import { SEQUENCES } from '../domain/study.ts'
import type { Letterhead } from '../reports/page-content.ts'
import { type DeliverOptions, type DeliverPorts, ehrReport, storeObjects } from './deliver.ts'
import { archiveReceipt, type DeliveredObject, deliveredObjects } from './delivered-objects.ts'
import { showRedrawn } from './keep-images.ts'
import { type RedrawnObjects, redraw, redrawnLabels, redrawnObjects } from './redrawn.ts'
import { effectiveReview, resultOf, reviewedPdf } from './reviewed-pdf.ts'

export interface ReviewRequest extends Omit<Review, 'reviewId' | 'analysisId' | 'number' | 'at' | 'redrawn'> {
  /** Brush strokes, in order. */
  strokes?: Stroke[]
  /** How many reviews the person had seen. */
  version: number
  /** The same key again is the same request. */
  key: string
}

export interface ReviewPorts extends DeliverPorts {
  reviews: ReviewStore
  /** Present if the site keeps images for the pages. */
  spool?: Pick<ImageSpool, 'redraw' | 'sequences'>
}

export interface ReviewOptions extends DeliverOptions {
  /** Its institution is also used for reviewers who state no organization. */
  letterhead: Letterhead
  /** Whether to withdraw the documents that reviewed ones replace. */
  rejectSuperseded: boolean
}

/** Longer than any delivery takes; after it, what a dead process had claimed is taken over. Two deliveries at once would do no harm. */
const CLAIM_SECONDS = 300

/**
 * Records the decision. Throws NOT_FOUND, REVIEW_INVALID (edits that do not fit), STATE_CONFLICT (not delivered yet, reviewed
 * by others in the meantime, rejected before, or the key belongs to another request).
 */
export async function reviewAnalysis(
  ports: {
    analyses: Pick<AnalysisStore, 'get' | 'result' | 'artifact' | 'note'>
    reviews: ReviewStore
    spool?: Pick<ImageSpool, 'redraw'>
  },
  analysisId: string,
  { version, key, strokes = [], ...decided }: ReviewRequest,
): Promise<{ review: RecordedReview; created: boolean }> {
  const { analyses, reviews } = ports
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  if (record.state !== 'delivered')
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${record.state}; only a delivered one is reviewed`)
  const result = await resultOf(analyses, analysisId)
  checkEdits(result, decided.edits)
  // What an earlier review redrew and this one does not is reverted, in new objects too.
  const isRedrawing = decided.edits.some(redraws) || (record.review?.redrawn && decided.decision !== 'reject')
  if (!isRedrawing) return reviews.add({ ...decided, analysisId }, { key, expected: version })
  const { labels, redrawn } = await redraw(analyses, result, { edits: decided.edits, strokes })
  checkEdits(result, decided.edits, redrawn)
  const options = { key, expected: version, labels: labels.data }
  const recorded = await reviews.add({ ...decided, analysisId, redrawn }, options)
  await showRedrawn(ports, analysisId, labels)
  return recorded
}

/** Delivers what is due on this leg, one after the other; returns when the next attempt is due, if one failed. Legs have loops of their own, so that neither destination keeps the other waiting. */
export async function drainReviews(
  ports: ReviewPorts,
  options: ReviewOptions,
  leg: Leg,
  signal?: AbortSignal,
): Promise<Date | undefined> {
  let next: Date | undefined
  while (!signal?.aborted) {
    const claimed = await ports.reviews.claim(CLAIM_SECONDS, leg)
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
  const after = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  const pause = ports.breakers?.waitSeconds(leg, clock.now()) ?? 0
  if (pause > 0) {
    const afterSeconds = spread(pause, review.reviewId)
    await reviews.update(review.reviewId, leg, { state: 'waiting', afterSeconds })
    return after(afterSeconds)
  }
  const attempts = delivery.attempts + 1
  try {
    const receipt = await noting(ports.breakers, leg, clock, () =>
      traced(ports, review, { leg, attempts }, () => write[leg](ports, options, review)),
    )
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
    const afterSeconds = spread(next.afterSeconds, `${review.reviewId} ${attempts}`)
    await reviews.update(review.reviewId, leg, { state: 'waiting', attempts, lastError, afterSeconds })
    return after(afterSeconds)
  }
}

/** In the trace of the study, like everything that is written for it. */
async function traced<T>(
  { analyses, tracing = NO_TRACING }: ReviewPorts,
  { analysisId }: Review,
  fields: { leg: string; attempts: number },
  work: () => Promise<T>,
): Promise<T> {
  const study = (await analyses.get(analysisId))?.studyInstanceUid
  return tracing.span('review leg', { analysisId, ...fields }, work, study === undefined ? {} : { study })
}

const write = { pacs: storeDecision, ehr: postDecision }

async function load(ports: ReviewPorts, given: Review) {
  const { analysisId } = given
  const record = await ports.analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  const artifacts = await ports.analyses.artifacts(analysisId)
  const result = await resultOf(ports.analyses, analysisId)
  return { record, artifacts, result, review: effectiveReview(result, given) }
}

async function postDecision(ports: ReviewPorts, options: ReviewOptions, given: Review) {
  const { record, artifacts, result, review } = await load(ports, given)
  const { identifier, name } = review.reviewer
  const ehr = ports.ehr.forStudy({ studyInstanceUid: record.studyInstanceUid, user: { identifier, name } })
  if (!ehr.postReview) throw new AppError('INTERNAL', 'this EHR adapter takes no reviews')
  const report = ehrReport(record, result, artifacts, options)
  const reviewed = {
    pdf: await reviewedPdf(ports, { result, artifacts }, review, options.letterhead),
    dicomResults: report.dicomResults.map((object) => ({ ...object, ...reviewedUids(object.role, review) })),
  }
  return ehr.postReview(report, review, reviewed)
}

/** If the review made a new object of this kind; a rejection makes none. */
function reviewedUids(role: EhrReport['dicomResults'][number]['role'], review: Review) {
  if (review.decision === 'reject') return {}
  if (role === 'segmentation') return review.redrawn ? redrawnSegmentationUids(review) : {}
  return role === 'pdf' ? reviewedPdfUids(review) : verifiedReportUids(review)
}

/** Reviewed report and PDF to replace the previous ones, or a note that rejects everything stored; nothing if the archive holds nothing of it. */
async function storeDecision(ports: ReviewPorts, options: ReviewOptions, given: Review) {
  const { record, artifacts, result, review } = await load(ports, given)
  const stored = deliveredObjects(record.legs, artifacts)
  const all = await ports.reviews.list(review.analysisId)
  const earlier = all.filter(({ number }) => number < review.number)
  const verified = earlier.flatMap((one) => reviewedObjects(one, artifacts))
  const source = artifacts.find(({ role }) => role === 'report' || role === 'encapsulated-pdf')
  const note = (rejected: DeliveredObject[]) =>
    rejected.length > 0 && source
      ? [
          {
            role: 'rejection-note' as const,
            ...buildRejectionNote({
              result,
              referenceInstance: readPart10(source.bytes).dataset,
              rejected: rejected.map(({ object }) => object),
              review,
            }),
          },
        ]
      : []
  if (review.decision === 'reject') return storeObjects(ports, record, note([...stored, ...verified]))
  const lastOf = (role: Artifact['role']) => [...stored, ...verified].findLast((one) => one.role === role) ?? []
  const before = (['report', 'encapsulated-pdf'] as const).flatMap(lastOf)
  const redrawn = review.redrawn && (await redrawnObjects(ports, applyEdits(result, review), review))
  // Again, in case the process ended right after the decision was recorded.
  if (redrawn && all.length === review.number)
    await showRedrawn(ports, review.analysisId, await redrawnLabels(ports.reviews, result, review))
  const made = await Promise.all(
    before.map((one) => reviewedObject(ports, { result, artifacts, redrawn }, review, one, options.letterhead)),
  )
  const outlines = redrawn ? stored.flatMap(({ role }) => (OUTLINES.has(role) ? lastOf(role) : [])) : []
  const segmentation =
    redrawn && outlines.length > 0 ? [{ role: 'segmentation' as const, ...redrawn.segmentation }] : []
  const overtaken = options.rejectSuperseded ? note([...before, ...outlines]) : []
  return storeObjects(ports, record, [...made, ...segmentation, ...overtaken])
}

/** Roles of objects that show outlines; the reviewer's replace each of them. */
const OUTLINES: ReadonlySet<Artifact['role']> = new Set([
  'segmentation',
  'label-map',
  ...SEQUENCES.map((sequence) => `segmentation-${sequence}` as const),
])

/** What an earlier review put into the archive. */
function reviewedObjects(review: RecordedReview, artifacts: Artifact[]): DeliveredObject[] {
  const receipt = archiveReceipt(review.deliveries)
  const all = [
    ['report', verifiedReportUids(review)],
    ['encapsulated-pdf', reviewedPdfUids(review)],
    ['segmentation', redrawnSegmentationUids(review)],
  ] as const
  return all.flatMap(([role, uids]) => {
    const sopClassUid = artifacts.find((artifact) => artifact.role === role)?.sopClassUid
    return receipt[role] === uids.sopInstanceUid && sopClassUid ? [{ role, object: { ...uids, sopClassUid } }] : []
  })
}

/** The reviewed form of a report or PDF in the archive: made from the software's own, as successor of the last one. */
async function reviewedObject(
  ports: ReviewPorts,
  {
    result,
    artifacts,
    redrawn,
  }: { result: ReportableResult; artifacts: Artifact[]; redrawn: RedrawnObjects | undefined },
  review: Review,
  { role, object: predecessor }: DeliveredObject,
  letterhead: Letterhead,
): Promise<{ role: Artifact['role'] } & DicomObject> {
  const { bytes } = artifacts.find((artifact) => artifact.role === role)!
  if (role === 'report') {
    const report = redrawn?.report ?? bytes
    const written = redrawn ? applyEdits(result, review) : result
    const verified = buildVerifiedReport({
      report,
      predecessor,
      result: written,
      review,
      organization: letterhead.institution,
    })
    return { role, ...verified }
  }
  const pdf = await reviewedPdf(ports, { result, artifacts }, review, letterhead)
  return { role, ...buildReviewedPdf({ document: bytes, pdf, review }) }
}
