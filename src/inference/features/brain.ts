// The brain as the reference of a tumour's features: its box and its brightness, measured on first use and then kept, since every sample of an outline needs them.
import type { Volume } from '../../domain/volume.ts'
import { isSameGrid } from '../volumes/grids.ts'
import { resample } from '../volumes/resample.ts'
import { type PatientBox, patientBox } from './location.ts'
import type { Mask } from './roi.ts'

export interface Brain {
  /** Undefined if the mask is empty. */
  box(): PatientBox | undefined
  /** Mean of the image inside the mask. */
  meanOf(image: Volume<Float32Array>): number
}

/** `mask` is non-zero in the brain, including the tumour but not the skull. */
export function brainIn(mask: Mask): Brain {
  let measured: { box: PatientBox | undefined } | undefined
  const means = new Map<Volume<Float32Array>, number>()
  return {
    box() {
      measured ??= { box: patientBox(mask) }
      return measured.box
    },
    meanOf(image) {
      const mean = means.get(image) ?? meanInside(image, mask)
      means.set(image, mean)
      return mean
    },
  }
}

function meanInside(image: Volume<Float32Array>, { grid, data: inside }: Mask): number {
  const { data } = isSameGrid(image.grid, grid) ? image : resample(image, grid)
  let sum = 0
  let count = 0
  for (let v = 0; v < data.length; v++) {
    if (inside[v] === 0) continue
    sum += data[v]!
    count++
  }
  return sum / count
}
