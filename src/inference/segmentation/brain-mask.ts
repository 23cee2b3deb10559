// The outline of the brain from a network that marks it: the reference for location and brain-relative features.
import { type Grid, type Volume, voxelCount, voxelMillilitres } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { removeSmallComponents } from '../volumes/components.ts'
import { PLAUSIBILITY_LIMITS } from './input-limits.ts'

/** The key of the anatomy class that is brain. */
const BRAIN = 'BRAIN'
/** An outline outside these limits is wrong, and none would be better. */
const { brainPiece, brainAtLeast, brainAtMost } = PLAUSIBILITY_LIMITS

/**
 * Brain and tumour, where both together are more probable than not: 1 inside, on the working grid. `probabilities` are one
 * array per class (background, labels, anatomy). Undefined if the bundle marks no brain or the outline is not plausible.
 */
export function brainMask(
  probabilities: readonly Float32Array[],
  grid: Grid,
  { labels, anatomy = [] }: Pick<BundleManifest, 'labels' | 'anatomy'>,
): Volume<Uint8Array> | undefined {
  const brain = anatomy.find(({ key }) => key === BRAIN)
  if (!brain) return undefined
  const inside = [...labels.map(({ index }) => index), brain.index].map((index) => probabilities[index]!)
  const data = new Uint8Array(voxelCount(grid))
  for (let v = 0; v < data.length; v++) {
    let sum = 0
    for (const probability of inside) sum += probability[v]!
    data[v] = sum > 0.5 ? 1 : 0
  }
  const voxelMl = voxelMillilitres(grid)
  removeSmallComponents({ grid, data }, brainPiece.value / voxelMl)
  let voxels = 0
  for (let v = 0; v < data.length; v++) voxels += data[v]!
  const millilitres = voxels * voxelMl
  return millilitres >= brainAtLeast.value && millilitres <= brainAtMost.value ? { grid, data } : undefined
}
