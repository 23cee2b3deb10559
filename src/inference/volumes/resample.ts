// Resampling between grids: a Gaussian on the source against aliasing, then linear interpolation through a rigid transform.
import { trilinear } from '../../domain/trilinear.ts'
import { type Grid, type Vec3, type Volume, voxelCount } from '../../domain/volume.ts'
import { type IndexMap, indexMap, insideRange, subGrid } from './grids.ts'
import { IDENTITY, type Rigid } from './rigid.ts'
import { resampleAlongAxes, runsAlong } from './separable.ts'

/**
 * Resamples the source to the target grid. `transform` maps points of the target's space (LPS mm) to the source's.
 * Points beyond the source's outermost voxel centres become 0, as in the training code.
 */
export function resample(
  source: Volume<Float32Array>,
  target: Grid,
  transform: Rigid = IDENTITY,
): Volume<Float32Array> {
  const map = indexMap(target, source.grid, transform)
  const sigmas = sigmasFor(map)
  if (needNoFilter(sigmas)) return interpolate(source, target, transform)
  if (runsAlong(map)) return resampleAlongAxes(source, target, map, (axis) => kernelFor(sigmas[axis]))
  const [from, to] = rangeFor(target, source.grid, map, sigmas)
  if (from.some((at, axis) => at >= to[axis]!)) return { grid: target, data: new Float32Array(voxelCount(target)) }
  return interpolate(smooth(cut(source, from, to), sigmas), target, transform)
}

/** Source voxels; with a smaller sigma the neighbours weigh less than a millionth, and the pass over all voxels changes nothing. */
const LEAST_SIGMA = 0.19
const needNoFilter = (sigmas: Vec3) => sigmas.every((sigma) => sigma < LEAST_SIGMA)

/** The source as smooth as the target's voxels need it, for grids that several transforms lead to. */
export function prefilter(source: Volume<Float32Array>, target: Grid): Volume<Float32Array> {
  const sigmas = sigmasFor(indexMap(target, source.grid, IDENTITY))
  return needNoFilter(sigmas) ? source : smooth({ grid: source.grid, data: source.data.slice() }, sigmas)
}

/**
 * Deviations, in source voxels, of the Gaussian along each source axis on which the target is coarser: 0.5 * sqrt((target / source)^2 - 1),
 * sampled to 3 of them, edges repeated. For an oblique target the spacing along a source axis is sqrt(sum of (cosine * spacing)^2).
 */
function sigmasFor({ axes }: IndexMap): Vec3 {
  const sigma = (axis: 0 | 1 | 2) => 0.5 * Math.sqrt(Math.max(0, axes.reduce((sum, a) => sum + a[axis] ** 2, 0) - 1))
  return [sigma(0), sigma(1), sigma(2)]
}

function kernelFor(sigma: number): Float64Array {
  return sigma < LEAST_SIGMA ? Float64Array.of(1) : gaussianKernel(sigma)
}

/** Smooths the volume in place. */
function smooth(volume: Volume<Float32Array>, sigmas: Vec3): Volume<Float32Array> {
  for (const axis of [2, 1, 0] as const)
    if (sigmas[axis] >= LEAST_SIGMA) smoothAxis(volume.data, volume.grid.size, axis, gaussianKernel(sigmas[axis]))
  return volume
}

/** The source's voxels [from, to) that decide the target's values; an empty range if the two do not meet. */
function rangeFor(target: Grid, { size }: Grid, { base, axes }: IndexMap, sigmas: Vec3): [from: Vec3, to: Vec3] {
  const reach = (axis: 0 | 1 | 2, side: 1 | -1) =>
    axes.reduce((sum, a, n) => sum + side * Math.max(0, side * a[axis] * (target.size[n]! - 1)), base[axis])
  const radius = (axis: 0 | 1 | 2) => Math.ceil(3 * sigmas[axis]) + 1
  const first = (axis: 0 | 1 | 2) => Math.max(0, Math.floor(reach(axis, -1)) - radius(axis))
  const end = (axis: 0 | 1 | 2) => Math.min(size[axis], Math.ceil(reach(axis, 1)) + radius(axis) + 1)
  return [
    [first(0), first(1), first(2)],
    [end(0), end(1), end(2)],
  ]
}

/** A copy of the voxels [from, to) of each axis. */
export function cut({ grid, data }: Volume<Float32Array>, from: Vec3, to: Vec3): Volume<Float32Array> {
  const part = subGrid(grid, from, to)
  const [nx, ny, nz] = part.size
  const out = new Float32Array(voxelCount(part))
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const row = from[0] + grid.size[0] * (from[1] + j + grid.size[1] * (from[2] + k))
      out.set(data.subarray(row, row + nx), nx * (j + ny * k))
    }
  return { grid: part, data: out }
}

/** Gaussian of `sigma` mm along every axis, sampled to 3 sigma, edges repeated. */
export function smoothed({ grid, data }: Volume<Float32Array>, sigma: number): Volume<Float32Array> {
  const [x, y, z] = grid.spacing
  return smooth({ grid, data: data.slice() }, [sigma / x, sigma / y, sigma / z])
}

/** Sampled Gaussian of radius ceil(3 sigma), sum 1. */
export function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma)
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2))
  const sum = kernel.reduce((a, b) => a + b, 0)
  return kernel.map((value) => value / sum)
}

/** Convolves in place along one axis with a symmetric kernel; memory is read row by row along x, whatever the axis. */
function smoothAxis(data: Float32Array, size: Vec3, axis: 0 | 1 | 2, kernel: Float64Array): void {
  const [nx, ny, nz] = size
  const radius = (kernel.length - 1) / 2
  const half = kernel.slice(radius)
  if (axis === 0) {
    const line = new Float32Array(nx + 2 * radius)
    for (let start = 0; start < data.length; start += nx) {
      line.fill(data[start]!, 0, radius)
      line.set(data.subarray(start, start + nx), radius)
      line.fill(data[start + nx - 1]!, radius + nx)
      smoothRow(data, start, nx, line, radius, 1, half)
    }
    return
  }
  const [count, stride, planes, planeStride] = axis === 1 ? [ny, nx, nz, nx * ny] : [nz, nx * ny, ny, nx]
  const plane = new Float32Array((count + 2 * radius) * nx)
  for (let p = 0; p < planes; p++) {
    const base = p * planeStride
    for (let n = -radius; n < count + radius; n++) {
      const from = base + Math.min(count - 1, Math.max(0, n)) * stride
      plane.set(data.subarray(from, from + nx), (n + radius) * nx)
    }
    for (let n = 0; n < count; n++) smoothRow(data, base + n * stride, nx, plane, (n + radius) * nx, nx, half)
  }
}

/** Writes `count` outputs starting at `to`; taps lie `step` apart on both sides of `from`. `half` is the kernel from its middle to its end. */
function smoothRow(
  out: Float32Array,
  to: number,
  count: number,
  input: Float32Array,
  from: number,
  step: number,
  half: Float64Array,
): void {
  const middle = half[0]!
  const taps = half.length
  for (let i = 0; i < count; i++) {
    const at = from + i
    let sum = middle * input[at]!
    for (let t = 1; t < taps; t++) sum += half[t]! * (input[at - t * step]! + input[at + t * step]!)
    out[to + i] = sum
  }
}

/** Linear interpolation without a filter; see resample. */
export function interpolate(
  source: Volume<Float32Array>,
  target: Grid,
  transform: Rigid = IDENTITY,
): Volume<Float32Array> {
  const out = new Float32Array(voxelCount(target))
  const { base, axes } = indexMap(target, source.grid, transform)
  const [nx, ny, nz] = source.grid.size
  const [tx, ty, tz] = target.size
  const { data } = source
  const [ax, ay, az] = axes[0]
  for (let k = 0; k < tz; k++) {
    for (let j = 0; j < ty; j++) {
      const at = (axis: 0 | 1 | 2) => base[axis] + j * axes[1][axis] + k * axes[2][axis]
      const sx = at(0)
      const sy = at(1)
      const sz = at(2)
      const [from, to] = insideRange([sx, sy, sz], axes[0], source.grid.size, tx)
      const row = tx * (j + ty * k)
      for (let i = from; i < to; i++) {
        out[row + i] = trilinear(data, nx, ny, nz, sx + i * ax, sy + i * ay, sz + i * az)
      }
    }
  }
  return { grid: target, data: out }
}
