// Grids in patient space: the bundle's working grid, a coarse grid of a series, and how indices of two grids relate.
import { type Grid, toIndex, toPatient, type Vec3, type Volume } from '../../domain/volume.ts'
import { applyRigid, type Rigid } from './rigid.ts'

/** index in the source = base + i * axes[0] + j * axes[1] + k * axes[2], for an index (i, j, k) of the target. */
export interface IndexMap {
  base: Vec3
  axes: readonly [Vec3, Vec3, Vec3]
}

/** Maps indices of `target` to indices of `source`; `transform` maps points of the target's space to the source's. */
export function indexMap(target: Grid, source: Grid, transform: Rigid): IndexMap {
  const at = (index: Vec3) => toIndex(source, applyRigid(transform, toPatient(target, index)))
  const base = at([0, 0, 0])
  const axis = (index: Vec3): Vec3 => {
    const p = at(index)
    return [p[0] - base[0], p[1] - base[1], p[2] - base[2]]
  }
  return { base, axes: [axis([1, 0, 0]), axis([0, 1, 0]), axis([0, 0, 1])] }
}

/**
 * Range [from, to), within [0, count), of i for which start + i * step lies in [0, size - 1] on all three axes.
 * A position up to a millionth of a voxel beyond the border, from rounding, counts as inside.
 */
export function insideRange(start: Vec3, step: Vec3, size: Vec3, count: number): [number, number] {
  const slack = 1e-6
  let from = 0
  let to = count - 1
  for (let axis = 0; axis < 3; axis++) {
    const low = -slack - start[axis]!
    const high = size[axis]! - 1 + slack - start[axis]!
    const d = step[axis]!
    if (Math.abs(d) < 1e-12) {
      if (low > 0 || high < 0) return [0, 0]
    } else {
      from = Math.max(from, Math.ceil(Math.min(low / d, high / d)))
      to = Math.min(to, Math.floor(Math.max(low / d, high / d)))
    }
  }
  return from > to ? [0, 0] : [from, to + 1]
}

/** LPS-aligned grid of `spacing` mm that covers the box of the source's voxel range [from, to) (whole voxels, edges aligned). */
export function alignedGrid(source: Grid, spacing: Vec3, from: Vec3 = [0, 0, 0], to: Vec3 = source.size): Grid {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let corner = 0; corner < 8; corner++) {
    const pick = (axis: 0 | 1 | 2) => ((corner >> axis) & 1 ? to[axis] : from[axis]) - 0.5
    const p = toPatient(source, [pick(0), pick(1), pick(2)])
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, p[axis]!)
      high[axis] = Math.max(high[axis]!, p[axis]!)
    }
  }
  const count = (axis: 0 | 1 | 2) => Math.max(1, Math.ceil((high[axis]! - low[axis]!) / spacing[axis] - 1e-6))
  const first = (axis: 0 | 1 | 2) => low[axis]! + spacing[axis] / 2
  return {
    size: [count(0), count(1), count(2)],
    spacing,
    origin: [first(0), first(1), first(2)],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  }
}

/** Grid with the source's directions and box, but `spacing` mm on every axis (for registration). */
export function coarseGrid(source: Grid, spacing: number): Grid {
  const count = (axis: 0 | 1 | 2) => Math.max(1, Math.round((source.size[axis] * source.spacing[axis]) / spacing))
  const first = (axis: 0 | 1 | 2) => (spacing / source.spacing[axis]) * 0.5 - 0.5
  return {
    size: [count(0), count(1), count(2)],
    spacing: [spacing, spacing, spacing],
    origin: toPatient(source, [first(0), first(1), first(2)]),
    direction: source.direction,
  }
}

/** Whether two grids agree to the last digit. */
export function isSameGrid(a: Grid, b: Grid): boolean {
  const numbers = (grid: Grid) => [...grid.size, ...grid.spacing, ...grid.origin, ...grid.direction]
  const others = numbers(b)
  return numbers(a).every((value, n) => value === others[n])
}

/** Part of a grid: voxels [from, to) of each axis. */
export function subGrid(grid: Grid, from: Vec3, to: Vec3): Grid {
  return { ...grid, size: [to[0] - from[0], to[1] - from[1], to[2] - from[2]], origin: toPatient(grid, from) }
}

/** The centre of a grid, LPS mm. */
export function centreOf(grid: Grid): Vec3 {
  return toPatient(grid, [(grid.size[0] - 1) / 2, (grid.size[1] - 1) / 2, (grid.size[2] - 1) / 2])
}

/**
 * Voxel range [from, to) of the head: the planes with at least `share` of the foreground voxels of the fullest plane, grown
 * by `margin` voxels. Noise in air exceeds the threshold here and there but never fills a plane; a head reaches 5 % of its
 * fullest plane 2 mm below the vertex.
 */
export function foregroundBox(
  volume: Volume,
  threshold: number,
  margin: number,
  share = 0.05,
): { from: Vec3; to: Vec3 } {
  const [nx, ny, nz] = volume.grid.size
  const counts = [new Float64Array(nx), new Float64Array(ny), new Float64Array(nz)] as const
  let at = 0
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        if (volume.data[at++]! <= threshold) continue
        counts[0][i]!++
        counts[1][j]!++
        counts[2][k]!++
      }
    }
  }
  const from = [0, 0, 0] as [number, number, number]
  const to = [nx, ny, nz] as [number, number, number]
  for (let axis = 0; axis < 3; axis++) {
    const profile = counts[axis as 0 | 1 | 2]
    const limit = share * profile.reduce((a, b) => Math.max(a, b), 0)
    if (limit === 0) continue
    from[axis] = Math.max(0, profile.findIndex((n) => n > limit) - margin)
    to[axis] = Math.min(profile.length, profile.findLastIndex((n) => n > limit) + 1 + margin)
  }
  return { from, to }
}
