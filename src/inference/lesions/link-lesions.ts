// Lesions at two times: connected components, carried from one grid to another, and which continue which.

import {
  type Grid,
  type LabelVolume,
  toPatient,
  type Vec3,
  type Volume,
  voxelCount,
  voxelMillilitres,
} from '../../domain/volume.ts'
import { componentsOf } from '../volumes/components.ts'
import { indexMap, insideRange } from '../volumes/grids.ts'
import { applyRigid, type Rigid } from '../volumes/rigid.ts'
import { LESION_LIMITS } from './lesion-limits.ts'

const SHARED = LESION_LIMITS.shared.value
const NEAR_MM = LESION_LIMITS.near.value

export interface Lesion {
  millilitres: number
  /** Centre of gravity, LPS mm. */
  centre: Vec3
  voxels: readonly number[]
}

/** `map` holds 0, or n + 1 where `lesions[n]` lies. */
export interface LesionMap {
  map: Volume<Uint16Array>
  lesions: Lesion[]
}

/** The fate of lesions: indices into the lists of both times. */
export interface LesionLinks {
  /** For each present lesion, the earlier ones that it continues, largest overlap first. */
  predecessors: number[][]
  /** For each earlier lesion, the present one with the largest overlap; undefined if it is gone. */
  heirs: (number | undefined)[]
}

/** The given components on their grid, in the given order. */
export function lesionMap(grid: Grid, components: readonly (readonly number[])[]): LesionMap {
  const map = { grid, data: new Uint16Array(voxelCount(grid)) }
  for (const [n, voxels] of components.entries()) for (const at of voxels) map.data[at] = n + 1
  return { map, lesions: components.map((voxels) => lesionOf(grid, voxels)) }
}

/** The parts of a tumour as lesions, largest first; of equally large parts, the one with the first voxel. */
export function wholeLesions(labels: LabelVolume, members: readonly number[]): number[][] {
  return [...componentsOf(labels, members)].sort((a, b) => b.length - a.length || a[0]! - b[0]!)
}

/** Its volume, and where it lies. */
export function lesionOf(grid: Grid, voxels: readonly number[]): Lesion {
  const [nx, ny] = grid.size
  let [x, y, z] = [0, 0, 0]
  for (const at of voxels) {
    x += at % nx
    y += Math.floor(at / nx) % ny
    z += Math.floor(at / (nx * ny))
  }
  const count = voxels.length
  const centre = toPatient(grid, [x / count, y / count, z / count])
  return { voxels, millilitres: count * voxelMillilitres(grid), centre }
}

/** Labels or lesion numbers of another grid on `target`, by the nearest voxel; `transform` maps points of the target to the source. */
export function carry<T extends Uint8Array | Uint16Array>(
  source: Volume<T>,
  target: Grid,
  transform: Rigid,
  empty: (length: number) => T,
): Volume<T> {
  const data = empty(voxelCount(target))
  const { base, axes } = indexMap(target, source.grid, transform)
  const [nx, ny, nz] = source.grid.size
  const [tx, ty, tz] = target.size
  // Half a voxel beyond the outermost centres still belongs to the outermost voxels.
  const reach: Vec3 = [nx + 1 - 1e-5, ny + 1 - 1e-5, nz + 1 - 1e-5]
  for (let k = 0; k < tz; k++) {
    for (let j = 0; j < ty; j++) {
      const at = (axis: 0 | 1 | 2) => base[axis] + j * axes[1][axis] + k * axes[2][axis]
      const start: Vec3 = [at(0), at(1), at(2)]
      const [from, to] = insideRange([start[0] + 0.5, start[1] + 0.5, start[2] + 0.5], axes[0], reach, tx)
      const row = tx * (j + ty * k)
      for (let i = from; i < to; i++) {
        const x = clamp(start[0] + i * axes[0][0], nx)
        const y = clamp(start[1] + i * axes[0][1], ny)
        const z = clamp(start[2] + i * axes[0][2], nz)
        data[row + i] = source.data[x + nx * (y + ny * z)]!
      }
    }
  }
  return { grid: target, data }
}

function clamp(position: number, size: number): number {
  return Math.max(0, Math.min(size - 1, Math.round(position)))
}

/** Links by overlap, then by distance; `presentToPrior` maps points of the present space to the earlier one. */
export function linkLesions(now: LesionMap, earlier: LesionMap, presentToPrior: Rigid): LesionLinks {
  const carried = carry(earlier.map, now.map.grid, presentToPrior, (length) => new Uint16Array(length))
  const millilitres = voxelMillilitres(now.map.grid)
  const shared = now.lesions.map(({ voxels }) => {
    const counts = new Map<number, number>()
    for (const at of voxels) {
      const other = carried.data[at]!
      if (other > 0) counts.set(other - 1, (counts.get(other - 1) ?? 0) + 1)
    }
    return counts
  })
  const common = (n: number, p: number) => (shared[n]!.get(p) ?? 0) * millilitres
  const predecessors = now.lesions.map((lesion, n) =>
    [...shared[n]!.keys()]
      .filter((p) => common(n, p) >= SHARED * Math.min(lesion.millilitres, earlier.lesions[p]!.millilitres))
      .sort((a, b) => common(n, b) - common(n, a) || a - b),
  )
  linkNearest(predecessors, now, earlier, presentToPrior)
  const heirs = earlier.lesions.map((_, p) => {
    const successors = predecessors.flatMap((list, n) => (list.includes(p) ? [n] : []))
    return successors.sort((a, b) => common(b, p) - common(a, p) || a - b)[0]
  })
  return { predecessors, heirs }
}

/** Pairs the remaining lesions one to one, nearest first. */
function linkNearest(predecessors: number[][], now: LesionMap, earlier: LesionMap, presentToPrior: Rigid): void {
  const pairs = now.lesions.flatMap((lesion, n) => {
    if (predecessors[n]!.length > 0) return []
    const centre = applyRigid(presentToPrior, lesion.centre)
    return earlier.lesions.flatMap((other, p) => {
      const distance = Math.hypot(...centre.map((value, axis) => value - other.centre[axis]!))
      return distance <= NEAR_MM ? [{ n, p, distance }] : []
    })
  })
  for (const { n, p } of pairs.sort((a, b) => a.distance - b.distance)) {
    if (predecessors[n]!.length === 0 && !predecessors.some((list) => list.includes(p))) predecessors[n]!.push(p)
  }
}

/** Share of the lesions' volume outside another field of view; `transform` maps their points into its space. */
export function shareOutside({ map, lesions }: LesionMap, view: Grid, transform: Rigid): number {
  const { base, axes } = indexMap(map.grid, view, transform)
  const [nx, ny] = map.grid.size
  let [all, outside] = [0, 0]
  for (const { voxels } of lesions) {
    for (const at of voxels) {
      const index = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]
      all++
      const within = ([0, 1, 2] as const).every((axis) => {
        const position = base[axis] + index[0]! * axes[0][axis] + index[1]! * axes[1][axis] + index[2]! * axes[2][axis]
        return position >= -0.5 && position <= view.size[axis] - 0.5
      })
      if (!within) outside++
    }
  }
  return all === 0 ? 0 : outside / all
}
