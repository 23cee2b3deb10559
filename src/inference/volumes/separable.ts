// Resampling between grids whose axes run along each other: filter and interpolation are one sum of source voxels per axis, and each axis is
// reduced to the target's voxels before the next. Several times as fast as filtering every voxel of the source.
import { type Grid, type Vec3, type Volume, voxelCount } from '../../domain/volume.ts'
import { type IndexMap, insideRange } from './grids.ts'

type Axis = 0 | 1 | 2

/** Whether each axis of the target runs along the same axis of the source, either way. */
export function runsAlong({ axes }: IndexMap): boolean {
  return axes.every((step, n) => step.every((value, axis) => axis === n || Math.abs(value) < 1e-9))
}

/**
 * `kernelOf` gives the filter along an axis of the source: an odd number of weights with the sum 1; edges are repeated. Linear interpolation;
 * 0 beyond the source's outermost voxel centres. The map must run along the axes.
 */
export function resampleAlongAxes(
  source: Volume<Float32Array>,
  target: Grid,
  map: IndexMap,
  kernelOf: (axis: Axis) => Float64Array,
): Volume<Float32Array> {
  const taps = ([0, 1, 2] as const).map((axis) => tapsAlong(axis, source.grid, target, map, kernelOf(axis)))
  const [alongX, alongY, alongZ] = taps as [Tap[], Tap[], Tap[]]
  const [columns, rows] = [rangeOf(alongX), rangeOf(alongY)]
  const out = new Float32Array(voxelCount(target))
  if (columns.count <= 0 || rows.count <= 0) return { grid: target, data: out }
  const [nx, ny] = source.grid.size
  const [tx, ty] = target.size
  const plane = new Float32Array(rows.count * columns.count)
  const line = new Float32Array(columns.count)
  const sums = new Float64Array(columns.count)
  for (const [k, z] of alongZ.entries()) {
    if (z.weights.length === 0) continue
    for (let row = 0; row < rows.count; row++) {
      const start = columns.first + nx * (rows.first + row + ny * z.first)
      weightedSum(source.data, start, nx * ny, z.weights, sums)
      plane.set(sums, row * columns.count)
    }
    for (const [j, y] of alongY.entries()) {
      if (y.weights.length === 0) continue
      weightedSum(plane, (y.first - rows.first) * columns.count, columns.count, y.weights, sums)
      line.set(sums)
      const to = tx * (j + ty * k)
      for (let i = 0; i < tx; i++) {
        const { first, weights } = alongX[i]!
        let sum = 0
        for (let n = 0; n < weights.length; n++) sum += weights[n]! * line[first - columns.first + n]!
        out[to + i] = sum
      }
    }
  }
  return { grid: target, data: out }
}

/** The weighted sum of rows of `sums.length` values, the first at `start`, `stride` apart. */
function weightedSum(
  data: Float32Array,
  start: number,
  stride: number,
  weights: Float64Array,
  sums: Float64Array,
): void {
  sums.fill(0)
  for (let n = 0; n < weights.length; n++) {
    const weight = weights[n]!
    const from = start + n * stride
    for (let i = 0; i < sums.length; i++) sums[i]! += weight * data[from + i]!
  }
}

/** Weights of consecutive source voxels from `first` on; none for a target voxel outside the source. */
interface Tap {
  first: number
  weights: Float64Array
}

/** One for each target voxel along the axis. */
function tapsAlong(axis: Axis, source: Grid, target: Grid, { base, axes }: IndexMap, kernel: Float64Array): Tap[] {
  const size = source.size[axis]
  const on = (value: number): Vec3 => [axis === 0 ? value : 0, axis === 1 ? value : 0, axis === 2 ? value : 0]
  const [from, to] = insideRange(on(base[axis]), on(axes[axis][axis]), source.size, target.size[axis])
  return Array.from({ length: target.size[axis] }, (_, n) =>
    n < from || n >= to
      ? { first: 0, weights: new Float64Array() }
      : tapAt(base[axis] + n * axes[axis][axis], size, kernel),
  )
}

/** The filter around the two voxels that a position lies between, each with its share; edges are repeated. */
function tapAt(position: number, size: number, kernel: Float64Array): Tap {
  const radius = (kernel.length - 1) / 2
  const below = Math.max(0, Math.min(Math.floor(position), size - 2))
  const share = Math.max(0, Math.min(1, position - below))
  const inside = (at: number) => Math.max(0, Math.min(size - 1, at))
  const first = inside(below - radius)
  const weights = new Float64Array(inside(below + 1 + radius) - first + 1)
  for (let n = -radius; n <= radius; n++) {
    const weight = kernel[n + radius]!
    weights[inside(inside(below) + n) - first]! += (1 - share) * weight
    weights[inside(inside(below + 1) + n) - first]! += share * weight
  }
  return { first, weights }
}

/** The source voxels that any of the taps needs. */
function rangeOf(taps: readonly Tap[]): { first: number; count: number } {
  const used = taps.filter(({ weights }) => weights.length > 0)
  const first = used.reduce((least, tap) => Math.min(least, tap.first), Number.POSITIVE_INFINITY)
  const end = used.reduce((most, tap) => Math.max(most, tap.first + tap.weights.length), 0)
  return { first, count: end - first }
}
