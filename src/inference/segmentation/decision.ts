// How a voxel gets its label from class probabilities, and how many voxels a volume limit is: the same for the result and for each sample.
import { type Grid, voxelMillilitres } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'

/**
 * `probabilities`: of one voxel, background first, then the bundle's labels, then its anatomy, which is no tumour.
 * "most-probable": the class that leads, the lower one of equals. "tumour-first": tumour where its labels hold more than half
 * together (the other classes are not read), then the label that leads among them. 0 is no tumour.
 */
export function decideVoxel(
  probabilities: Float64Array,
  labelCount: number,
  decision: BundleManifest['postprocess']['decision'],
): number {
  const tumourFirst = decision === 'tumour-first'
  const end = tumourFirst ? labelCount + 1 : probabilities.length
  let [best, label, tumour] = [-1, 0, 0]
  for (let c = tumourFirst ? 1 : 0; c < end; c++) {
    const value = probabilities[c]!
    tumour += value
    if (value > best) {
      best = value
      label = c
    }
  }
  return (tumourFirst && tumour <= 0.5) || label > labelCount ? 0 : label
}

/** The fewest voxels that reach a volume; the small term keeps 10 voxels of 0.1 mL from failing 1 mL by rounding. */
export function voxelsIn(millilitres: number, grid: Grid): number {
  return Math.ceil(millilitres / voxelMillilitres(grid) - 1e-6)
}
