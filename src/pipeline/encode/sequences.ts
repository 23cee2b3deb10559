// The segmentation repeated on the grid of each other sequence, for readers of that sequence (PS3.3 A.51); off unless the site switches it on.
import type { GridSources } from '../../dicom/grid-object.ts'
import type { DicomObject } from '../../dicom/result-object.ts'
import { buildSegmentation } from '../../dicom/segmentation.ts'
import type { SourceFrame } from '../../dicom/segmentation-frames.ts'
import type { SeriesPlan } from '../../dicom/series-volume.ts'
import type { ArtifactRole } from '../../domain/ports/analysis-store.ts'
import type { Series } from '../../domain/study.ts'
import type { LabelVolume } from '../../domain/volume.ts'
import { carry } from '../../inference/lesions/link-lesions.ts'
import { invertRigid, type Registration } from '../../inference/volumes/rigid.ts'
import type { SequenceImages } from '../sequence-images.ts'

/** A sequence other than the reference. */
export interface OtherSequence extends Pick<SequenceImages, 'sequence' | 'series' | 'plan'> {
  registration?: Pick<Registration, 'transform'>
}

/**
 * Each voxel takes the label of the nearest voxel of the segmentation, so that both agree. None for a series that was not
 * registered, has no frame of reference, or shows nothing of the tumour, because viewers hang on an empty one.
 */
export function encodeSequences(
  { result, referenceSeries }: Pick<GridSources, 'result' | 'referenceSeries'>,
  segmentation: LabelVolume,
  others: readonly OtherSequence[],
): { role: ArtifactRole; object: DicomObject }[] {
  return others.flatMap(({ sequence, series, plan, registration }) => {
    if (registration === undefined || plan.frameOfReferenceUid === '') return []
    const labels = carry(
      segmentation,
      plan.grid,
      invertRigid(registration.transform),
      (length) => new Uint8Array(length),
    )
    if (labels.data.every((label) => label === 0)) return []
    const object = buildSegmentation({
      result,
      referenceSeries: series,
      sourceFrames: sourceFrames(series, plan),
      otherSources: [referenceSeries, ...others.flatMap((one) => (one.series === series ? [] : one.series))],
      segmentation: labels,
      sequence,
    })
    return [{ role: `segmentation-${sequence}` as const, object }]
  })
}

/** The image behind each slice of a series. */
export function sourceFrames({ instances }: Series, plan: SeriesPlan): SourceFrame[] {
  const sopClassOf = new Map(instances.map((instance) => [instance.sopInstanceUid, instance.sopClassUid]))
  return plan.frames.map(({ sopInstanceUid, frameNumber }) => ({
    sopInstanceUid,
    sopClassUid: sopClassOf.get(sopInstanceUid)!,
    ...(frameNumber === undefined ? {} : { frameNumber }),
  }))
}
