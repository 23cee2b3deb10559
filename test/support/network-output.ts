// What a network would have given for labels, on their own grid: probabilities of background and three classes, and a deviation.
import type { LabelVolume } from '../../src/domain/volume.ts'
import type { WriteBack } from '../../src/pipeline/encode/extras.ts'

export const NOTHING_MORE: WriteBack = {
  keyImages: false,
  segmentationPerSequence: false,
  labelMap: false,
  probabilities: false,
  uncertainty: false,
  saliency: false,
  rejectSuperseded: false,
}

/** The probability of a voxel's own class; different along a row, so that a shift would be seen. */
export const certainty = (voxel: number) => 0.6 + (voxel % 5) / 20

export function network({ grid, data }: LabelVolume) {
  const probabilities = [0, 1, 2, 3].map((label) =>
    Float32Array.from(data, (value, voxel) => (value === label ? certainty(voxel) : (1 - certainty(voxel)) / 3)),
  )
  const deviation = Float32Array.from(data, (value, voxel) => (value === 0 ? 0 : 0.05 + (voxel % 3) / 40))
  return { response: { grid, probabilities, deviation }, saliency: [] }
}
