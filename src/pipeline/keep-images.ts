// Keeps the aligned images for the pages. A result is complete without them: a failure to keep them goes into the history and is not an error.
import { foreseen } from '../domain/errors.ts'
import type { AnalysisResult, SequenceImage } from '../domain/finding.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { overlayOf } from '../reports/colours.ts'
import type { EarlierImages } from './prior/compare.ts'

export interface KeepInput {
  result: Pick<AnalysisResult, 'analysisId' | 'segmentation' | 'segments'>
  /** On the grid of the segmentation. */
  images: readonly SequenceImage[]
  earlier: EarlierImages | undefined
}

export async function keepImages(
  { spool, analyses }: { spool: Pick<ImageSpool, 'keep'>; analyses: Pick<AnalysisStore, 'note'> },
  { result, images, earlier }: KeepInput,
): Promise<void> {
  const { analysisId, segmentation, segments } = result
  try {
    const prior = await earlier?.onGrid(segmentation.grid)
    await spool.keep(analysisId, {
      images,
      labels: segmentation,
      segments: segments.map(({ label, key, name }, n) => ({ label, key, name, colour: overlayOf(key, n).colour })),
      ...(earlier && prior && { prior: { analysisId: earlier.analysisId, studyDate: earlier.studyDate, ...prior } }),
    })
  } catch (thrown) {
    const { code, message } = foreseen(thrown)
    await analyses.note(analysisId, { kind: 'images', text: `${code}: ${message}` })
  }
}

/** Shows the outlines as a reviewer left them in the images of the pages; if that fails, the history says so. */
export async function showRedrawn(
  { spool, analyses }: { spool?: Pick<ImageSpool, 'redraw'>; analyses: Pick<AnalysisStore, 'note'> },
  analysisId: string,
  labels: LabelVolume,
): Promise<void> {
  try {
    await spool?.redraw(analysisId, labels)
  } catch (thrown) {
    const { code, message } = foreseen(thrown)
    await analyses.note(analysisId, { kind: 'images', text: `${code}: ${message}` })
  }
}
