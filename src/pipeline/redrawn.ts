// Outlines that a reviewer corrected: drawn on the software's stored segmentation, measured, and written again as SEG and report.
import { buildSegmentation, type SegmentationObject } from '../dicom/segmentation.ts'
import { readLabels } from '../dicom/segmentation-labels.ts'
import { planSeries } from '../dicom/series-volume.ts'
import { buildMeasurementReport } from '../dicom/sr/measurement-report.ts'
import { AppError } from '../domain/errors.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { Redrawn, Review } from '../domain/review.ts'
import type { Series } from '../domain/study.ts'
import { type Grid, type LabelVolume, voxelCount } from '../domain/volume.ts'
import { type Drawing, measureRedrawn, redrawLabels } from '../inference/lesions/redraw.ts'
import { sourceFrames } from './encode/sequences.ts'

/** The software's labels with the corrections, and their measurements. Throws REVIEW_INVALID if they cannot be corrected. */
export async function redraw(
  analyses: Pick<AnalysisStore, 'artifact'>,
  result: ReportableResult,
  drawing: Drawing,
): Promise<{ labels: LabelVolume; redrawn: Redrawn }> {
  const software = await softwareLabels(analyses, result)
  const labels = redrawLabels(software, result, drawing)
  if (labels.data.every((label) => label === 0))
    throw new AppError('REVIEW_INVALID', 'nothing would be left of the tumour; reject the analysis instead')
  return { labels, redrawn: { ...measureRedrawn(software, labels, result), strokes: [...drawing.strokes] } }
}

async function softwareLabels(
  analyses: Pick<AnalysisStore, 'artifact'>,
  result: ReportableResult,
): Promise<LabelVolume> {
  const { grid, analysisId, segments, measurements } = result
  if (!grid || measurements.some(({ labels }) => !labels))
    throw new AppError(
      'REVIEW_INVALID',
      'this result is of an earlier version, which kept too little for its outlines to be corrected; analyse the study again',
    )
  const artifact = await analyses.artifact(analysisId, 'segmentation')
  if (!artifact)
    throw new AppError('REVIEW_INVALID', 'the software segmented no tumour, so there is no outline to correct')
  return readLabels(artifact.bytes, grid, (number) => segments[number - 1]?.label).labels
}

/** The labels of a review that redrew outlines. */
export async function redrawnLabels(
  reviews: Pick<ReviewStore, 'labels'>,
  { grid }: Pick<ReportableResult, 'grid'>,
  { reviewId }: Pick<Review, 'reviewId'>,
): Promise<LabelVolume> {
  const data = await reviews.labels(reviewId)
  if (!grid || data?.length !== voxelCount(grid))
    throw new AppError('INTERNAL', `the outlines of review ${reviewId} are not kept as they were drawn`)
  return { grid, data }
}

export interface RedrawnObjects {
  segmentation: SegmentationObject
  /** The result as the software would have written it for these outlines. */
  report: Uint8Array
}

/** `result` is as the reviewer left it. Throws SERIES_UNSUPPORTED if the images in the archive are no longer those that were analysed. */
export async function redrawnObjects(
  { archive, reviews }: { archive: Pick<ImageArchive, 'retrieveMetadata'>; reviews: Pick<ReviewStore, 'labels'> },
  result: ReportableResult,
  review: Review,
): Promise<RedrawnObjects> {
  const labels = await redrawnLabels(reviews, result, review)
  const study = await archive.retrieveMetadata(result.study.studyInstanceUid)
  const used = result.inputs.map(({ seriesInstanceUid, sopInstanceUids }): Series => {
    const series = study.series.find((one) => one.seriesInstanceUid === seriesInstanceUid)
    const uids = new Set(sopInstanceUids)
    const instances = series?.instances.filter(({ sopInstanceUid }) => uids.has(sopInstanceUid)) ?? []
    if (!series || instances.length !== uids.size) throw moved(seriesInstanceUid)
    return { ...series, instances }
  })
  const referenceSeries = used.find(({ seriesInstanceUid }) => seriesInstanceUid === result.referenceSeriesUid)
  if (!referenceSeries) throw moved(result.referenceSeriesUid)
  const plan = planSeries(referenceSeries)
  if (!isSameGrid(plan.grid, labels.grid)) throw moved(referenceSeries.seriesInstanceUid)
  const sources = {
    result,
    referenceSeries,
    sourceFrames: sourceFrames(referenceSeries, plan),
    otherSources: used.filter((one) => one !== referenceSeries),
  }
  const segmentation = buildSegmentation({ ...sources, segmentation: labels, review })
  const report = buildMeasurementReport({ ...sources, grid: labels.grid, segmentation })
  return { segmentation, report: report.bytes }
}

function moved(seriesInstanceUid: string): AppError {
  return new AppError(
    'SERIES_UNSUPPORTED',
    `series ${seriesInstanceUid}: the archive does not have it any more as it was analysed, so no corrected outlines can refer to it`,
  )
}

/** Within a thousandth of a millimetre: the grid went through JSON and came from the same headers. */
function isSameGrid(a: Grid, b: Grid): boolean {
  const near = (one: readonly number[], other: readonly number[]) =>
    one.length === other.length && one.every((value, n) => Math.abs(value - other[n]!) < 1e-3)
  return (
    near(a.size, b.size) && near(a.origin, b.origin) && near(a.spacing, b.spacing) && near(a.direction, b.direction)
  )
}
