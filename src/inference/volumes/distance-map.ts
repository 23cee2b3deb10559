// Exact Euclidean distance maps with anisotropic spacing (Felzenszwalb and Huttenlocher 2012), one axis at a time.
import type { Vec3 } from '../../domain/volume.ts'

/** Distance in mm from every voxel of a box to the nearest non-zero voxel of the mask; Infinity for an empty mask. */
export function distanceMap(mask: Uint8Array, size: Vec3, spacing: Vec3): Float64Array {
  const squared = new Float64Array(mask.length)
  for (let v = 0; v < mask.length; v++) squared[v] = mask[v] === 0 ? Infinity : 0
  const [nx, ny, nz] = size
  for (let row = 0; row < ny * nz; row++) transformLine(squared, row * nx, 1, nx, spacing[0])
  for (let k = 0; k < nz; k++) for (let i = 0; i < nx; i++) transformLine(squared, i + k * nx * ny, nx, ny, spacing[1])
  for (let column = 0; column < nx * ny; column++) transformLine(squared, column, nx * ny, nz, spacing[2])
  return squared.map(Math.sqrt)
}

/** Transforms one line in place: the lower envelope of the parabolas rooted at its finite values. */
function transformLine(squared: Float64Array, start: number, stride: number, count: number, spacing: number): void {
  const line = new Float64Array(count)
  const hull = new Int32Array(count)
  const bounds = new Float64Array(count + 1)
  let top = -1
  for (let n = 0; n < count; n++) {
    const height = squared[start + n * stride]!
    line[n] = height
    if (height === Infinity) continue
    const x = n * spacing
    let from = -Infinity
    while (top >= 0) {
      const px = hull[top]! * spacing
      from = (height + x * x - line[hull[top]!]! - px * px) / (2 * (x - px))
      if (from > bounds[top]!) break
      top--
      from = -Infinity
    }
    top++
    hull[top] = n
    bounds[top] = from
    bounds[top + 1] = Infinity
  }
  if (top < 0) return
  let k = 0
  for (let n = 0; n < count; n++) {
    const x = n * spacing
    while (bounds[k + 1]! < x) k++
    const away = x - hull[k]! * spacing
    squared[start + n * stride] = away * away + line[hull[k]!]!
  }
}
