// The PDF of a decision: drawn once from the stored result and its key figures, kept, and the same for the pages, the PACS and the EHR.
import { applyEdits, effectiveEdits } from '../domain/corrections.ts'
import { AppError } from '../domain/errors.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { AnalysisStore, Artifact } from '../domain/ports/analysis-store.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { Review } from '../domain/review.ts'
import { unpackFigures } from '../reports/kept-figures.ts'
import type { Letterhead } from '../reports/page-content.ts'
import { drawReportPdf } from '../reports/pdf.ts'

/** Throws INTERNAL where an analysis that must have a result has none. */
export async function resultOf(analyses: Pick<AnalysisStore, 'result'>, analysisId: string): Promise<ReportableResult> {
  const result = await analyses.result(analysisId)
  if (!result) throw new AppError('INTERNAL', `analysis ${analysisId} has no result`)
  return result
}

/** The decision with the edits that follow from the reviewer's own, as every output states it. */
export function effectiveReview<T extends Review>(result: ReportableResult, review: T): T {
  return { ...review, edits: effectiveEdits(result, review.edits) }
}

/** `review` is an effective one. A crash before it is kept draws it again; two at once keep one of the two. */
export async function reviewedPdf(
  reviews: Pick<ReviewStore, 'document' | 'keepDocument'>,
  { result, artifacts }: { result: ReportableResult; artifacts: readonly Artifact[] },
  review: Review,
  letterhead: Letterhead,
): Promise<Uint8Array> {
  const kept = await reviews.document(review.reviewId)
  if (kept) return kept
  const figures = artifacts.find(({ role }) => role === 'figures')
  const pdf = await drawReportPdf({
    result: applyEdits(result, review.edits),
    review,
    letterhead,
    ...(figures && { figures: unpackFigures(figures.bytes) }),
  })
  return reviews.keepDocument(review.reviewId, pdf)
}

/** The report as it stands now: that of the last decision, else the software's; undefined where there is none yet. */
export async function currentReport(
  { analyses, reviews }: { analyses: Pick<AnalysisStore, 'artifacts' | 'artifact' | 'result'>; reviews: ReviewStore },
  analysisId: string,
  letterhead: Letterhead,
): Promise<Uint8Array | undefined> {
  const last = (await reviews.list(analysisId)).at(-1)
  if (!last) return (await analyses.artifact(analysisId, 'pdf'))?.bytes
  const kept = await reviews.document(last.reviewId)
  if (kept) return kept
  const artifacts = await analyses.artifacts(analysisId)
  const result = await resultOf(analyses, analysisId)
  return reviewedPdf(reviews, { result, artifacts }, effectiveReview(result, last), letterhead)
}
