// Exact Euclidean distance maps with anisotropic spacing (Felzenszwalb and Huttenlocher 2012), one axis after the other.
import type { Vec3 } from '../domain/volume.ts'

/** Distance in mm from every voxel of a box to the nearest non-zero voxel of the mask; Infinity for an empty mask. */
export function distanceMap(mask: Uint8Array, size: Vec3, spacing: Vec3): Float64Array {
  const squared = Float64Array.from(mask, (value) => (value === 0 ? Infinity : 0))
  const strides = [1, size[0], size[0] * size[1]] as const
  for (const axis of [0, 1, 2] as const) {
    const count = size[axis]
    const line = new Float64Array(count)
    const scratch = { hull: new Int32Array(count), bounds: new Float64Array(count + 1) }
    const stride = strides[axis]
    for (let start = 0; start < squared.length; start++) {
      if (Math.floor(start / stride) % count !== 0) continue
      for (let n = 0; n < count; n++) line[n] = squared[start + n * stride]!
      transformLine(line, spacing[axis], scratch, (n, value) => {
        squared[start + n * stride] = value
      })
    }
  }
  return squared.map(Math.sqrt)
}

/** Lower envelope of the parabolas that stand on the line's finite values. */
function transformLine(
  line: Float64Array,
  spacing: number,
  { hull, bounds }: { hull: Int32Array; bounds: Float64Array },
  write: (index: number, value: number) => void,
): void {
  let top = -1
  const position = (n: number) => n * spacing
  for (let n = 0; n < line.length; n++) {
    if (line[n] === Infinity) continue
    let from = -Infinity
    while (top >= 0) {
      const p = hull[top]!
      from = (line[n]! + position(n) ** 2 - (line[p]! + position(p) ** 2)) / (2 * (position(n) - position(p)))
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
  for (let n = 0; n < line.length; n++) {
    while (bounds[k + 1]! < position(n)) k++
    const p = hull[k]!
    write(n, (position(n) - position(p)) ** 2 + line[p]!)
  }
}
