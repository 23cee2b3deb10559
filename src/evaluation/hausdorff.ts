// 95th percentile of the symmetric surface distance in millimetres, as MONAI's compute_hausdorff_distance defines it.
import type { Vec3 } from '../domain/volume.ts'
import { distanceMap } from '../inference/volumes/distance-map.ts'
import { quantile } from '../inference/volumes/quantile.ts'
import { boundingBox, crop } from './box.ts'

/**
 * Surfaces are the mask's voxels with a 6-neighbour outside it (beyond the grid counts as outside); returns the larger of the
 * two directed 95th percentiles (linear interpolation). 0 if both masks are empty, undefined if one is.
 */
export function hausdorff95(a: Uint8Array, b: Uint8Array, size: Vec3, spacing: Vec3): number | undefined {
  if (a.length !== b.length) throw new RangeError('the masks are not on one grid')
  const box = boundingBox([a, b], size)
  if (!box) return 0
  const surfaceA = surface(crop(a, size, box), box.size)
  const surfaceB = surface(crop(b, size, box), box.size)
  const [inA, inB] = [surfaceA.includes(1), surfaceB.includes(1)]
  if (!inA || !inB) return undefined
  return Math.max(directed(surfaceA, surfaceB, box.size, spacing), directed(surfaceB, surfaceA, box.size, spacing))
}

function directed(from: Uint8Array, to: Uint8Array, size: Vec3, spacing: Vec3): number {
  return quantile(
    distanceMap(to, size, spacing).filter((_, v) => from[v] === 1),
    0.95,
  )
}

/** Voxels of the mask that erosion by the 6-neighbourhood removes. */
function surface(mask: Uint8Array, [nx, ny, nz]: Vec3): Uint8Array {
  const out = new Uint8Array(mask.length)
  for (let v = 0; v < mask.length; v++) {
    if (mask[v] === 0) continue
    const i = v % nx
    const j = Math.floor(v / nx) % ny
    const k = Math.floor(v / (nx * ny))
    const inner =
      i > 0 &&
      i < nx - 1 &&
      j > 0 &&
      j < ny - 1 &&
      k > 0 &&
      k < nz - 1 &&
      mask[v - 1] !== 0 &&
      mask[v + 1] !== 0 &&
      mask[v - nx] !== 0 &&
      mask[v + nx] !== 0 &&
      mask[v - nx * ny] !== 0 &&
      mask[v + nx * ny] !== 0
    if (!inner) out[v] = 1
  }
  return out
}
