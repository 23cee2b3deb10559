// The images of one sequence, as they go through an analysis: from the selected series to the volume and how it was registered.
import type { SeriesPlan } from '../dicom/series-volume.ts'
import type { InputSeries } from '../domain/finding.ts'
import type { Sequence, Series } from '../domain/study.ts'
import type { Registered, SequenceVolume } from '../inference/segmentation/sequence-volume.ts'

export interface SequenceImages extends SequenceVolume {
  /** With the instances of the volume alone. */
  series: Series
  /** How its slices lie. */
  plan: SeriesPlan
}

/** What a result says of the images that it was made from. */
export function inputSeries(
  { sequence, series, plan, registration }: Registered<SequenceImages>,
  reference: Sequence,
): InputSeries {
  return {
    sequence,
    seriesInstanceUid: series.seriesInstanceUid,
    sopInstanceUids: series.instances.map((instance) => instance.sopInstanceUid),
    sliceThicknessMm: plan.sliceThicknessMm,
    registration: {
      translationMm: registration?.translationMm ?? 0,
      rotationDegrees: registration?.rotationDegrees ?? 0,
      reference: sequence === reference,
    },
  }
}
