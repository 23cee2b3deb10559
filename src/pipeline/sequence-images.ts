// The images of one sequence during an analysis: from the selected series to the volume and its registration.
import type { SeriesPlan } from '../dicom/series-volume.ts'
import type { InputSeries } from '../domain/finding.ts'
import type { Sequence, Series } from '../domain/study.ts'
import type { Registered, SequenceVolume } from '../inference/segmentation/sequence-volume.ts'

export interface SequenceImages extends SequenceVolume {
  /** Only with the instances that make up the volume. */
  series: Series
  /** How its slices lie. */
  plan: SeriesPlan
}

/** What a result states about the images it was made from. */
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
