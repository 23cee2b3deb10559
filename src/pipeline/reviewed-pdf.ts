// The PDF of a decision: drawn once from the stored result and its key figures, stored, and the same for the pages, the PACS and the EHR.
import { applyEdits, effectiveEdits } from '../domain/corrections.ts'
import { AppError } from '../domain/errors.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { AnalysisStore, Artifact } from '../domain/ports/analysis-store.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import { type Review, redraws } from '../domain/review.ts'
import type { ReportFigures } from '../reports/figures.ts'
import { unpackFigures } from '../reports/kept-figures.ts'
import type { Letterhead } from '../reports/page-content.ts'
import { drawReportPdf, reportFigures } from '../reports/pdf.ts'
import { redrawnLabels } from './redrawn.ts'

export interface PdfPorts {
  reviews: Pick<ReviewStore, 'document' | 'keepDocument' | 'labels'>
  /** If the site keeps images for the pages, the key figures of redrawn outlines come from them. */
  spool?: Pick<ImageSpool, 'sequences'>
}

/** Throws INTERNAL if an analysis that must have a result has none. */
export async function resultOf(analyses: Pick<AnalysisStore, 'result'>, analysisId: string): Promise<ReportableResult> {
  const result = await analyses.result(analysisId)
  if (!result) throw new AppError('INTERNAL', `analysis ${analysisId} has no result`)
  return result
}

/** The decision with the edits that follow from the reviewer's own, as every output states it. */
export function effectiveReview<T extends Review>(result: ReportableResult, review: T): T {
  return { ...review, edits: effectiveEdits(result, review) }
}

/** `review` includes derived edits. After a crash before it is stored it is drawn again; of two drawn at once, one is stored. */
export async function reviewedPdf(
  ports: PdfPorts,
  { result, artifacts }: { result: ReportableResult; artifacts: readonly Artifact[] },
  review: Review,
  letterhead: Letterhead,
): Promise<Uint8Array> {
  const { reviews } = ports
  const kept = await reviews.document(review.reviewId)
  if (kept) return kept
  const reviewed = applyEdits(result, review)
  const software = artifacts.find(({ role }) => role === 'figures')
  const before = software && unpackFigures(software.bytes)
  const figures = review.redrawn ? await redrawnFigures(ports, reviewed, review, before) : before
  const pdf = await drawReportPdf({ result: reviewed, review, letterhead, ...(figures && { figures }) })
  return reviews.keepDocument(review.reviewId, pdf)
}

/** With the outlines as the reviewer left them; none if the images are no longer kept, since the software's outlines are not theirs. */
async function redrawnFigures(
  { reviews, spool }: PdfPorts,
  result: ReportableResult,
  review: Review,
  before: ReportFigures | undefined,
): Promise<ReportFigures | undefined> {
  if (!review.edits.some(redraws)) return before
  const images = (await spool?.sequences(result.analysisId)) ?? []
  if (images.length === 0) return undefined
  const segmentation = await redrawnLabels(reviews, result, review)
  return reportFigures({ result, segmentation, images, ...(before?.link !== undefined && { link: before.link }) })
}

/** The current report: that of the last decision, otherwise the software's; undefined if there is none yet. */
export async function currentReport(
  ports: Pick<PdfPorts, 'spool'> & {
    analyses: Pick<AnalysisStore, 'artifacts' | 'artifact' | 'result'>
    reviews: ReviewStore
  },
  analysisId: string,
  letterhead: Letterhead,
): Promise<Uint8Array | undefined> {
  const { analyses, reviews } = ports
  const last = (await reviews.list(analysisId)).at(-1)
  if (!last) return (await analyses.artifact(analysisId, 'pdf'))?.bytes
  const kept = await reviews.document(last.reviewId)
  if (kept) return kept
  const artifacts = await analyses.artifacts(analysisId)
  const result = await resultOf(analyses, analysisId)
  return reviewedPdf(ports, { result, artifacts }, effectiveReview(result, last), letterhead)
}
