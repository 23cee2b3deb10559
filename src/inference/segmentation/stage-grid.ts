// The grids of a graph's stages, and how values get from one to another. All are aligned with LPS.
import { type Grid, toIndex, toPatient, type Vec3, type Volume, voxelCount } from '../../domain/volume.ts'
import { alignedGrid, subGrid } from '../volumes/grids.ts'
import { interpolate } from '../volumes/resample.ts'
import { boundsOf, maskAbove } from './mask-transforms.ts'

/** The box of a mask plus a margin: voxels [from, to) of the mask's grid, clipped to it; undefined for an empty mask. */
export function boxOf(mask: Volume<Uint8Array>, marginMm: number): { from: Vec3; to: Vec3 } | undefined {
  const bounds = boundsOf(mask.data, mask.grid.size)
  if (!bounds) return undefined
  const { size, spacing } = mask.grid
  const margin = (axis: 0 | 1 | 2) => Math.ceil(marginMm / spacing[axis] - 1e-6)
  const first = (axis: 0 | 1 | 2) => Math.max(0, bounds.from[axis] - margin(axis))
  const end = (axis: 0 | 1 | 2) => Math.min(size[axis], bounds.to[axis] + margin(axis))
  return { from: [first(0), first(1), first(2)], to: [end(0), end(1), end(2)] }
}

/** Voxels of `spacing` mm that cover the box of another grid, with edges aligned at its low side. */
export function ownGrid(of: Grid, spacing: Vec3, box?: { from: Vec3; to: Vec3 }): Grid {
  return alignedGrid(of, spacing, box?.from, box?.to)
}

/** The voxels of `base` that meet the box of another grid; at least one on each axis. */
export function cutGrid(base: Grid, of: Grid, box: { from: Vec3; to: Vec3 }): Grid {
  const low = toIndex(base, toPatient(of, [box.from[0] - 0.5, box.from[1] - 0.5, box.from[2] - 0.5]))
  const high = toIndex(base, toPatient(of, [box.to[0] - 0.5, box.to[1] - 0.5, box.to[2] - 0.5]))
  const first = (axis: 0 | 1 | 2) => Math.max(0, Math.min(base.size[axis] - 1, Math.floor(low[axis] + 0.5 + 1e-6)))
  const end = (axis: 0 | 1 | 2) =>
    Math.max(first(axis) + 1, Math.min(base.size[axis], Math.ceil(high[axis] + 0.5 - 1e-6)))
  return subGrid(base, [first(0), first(1), first(2)], [end(0), end(1), end(2)])
}

/** Offset in voxels of `to` within `from`, if their voxels coincide. */
function offsetBetween(from: Grid, to: Grid): Vec3 | undefined {
  if (from.spacing.some((mm, axis) => Math.abs(mm - to.spacing[axis]!) > 1e-6)) return undefined
  const at = toIndex(from, to.origin)
  const whole = at.map(Math.round) as unknown as Vec3
  return at.every((value, axis) => Math.abs(value - whole[axis]!) < 1e-4) ? whole : undefined
}

/** The values on another grid: copied where the voxels coincide, otherwise interpolated linearly; 0 beyond their own grid. */
export function onGrid(source: Volume<Float32Array>, target: Grid): Float32Array {
  const offset = offsetBetween(source.grid, target)
  if (!offset) return interpolate(source, target).data
  return copied(source.data, source.grid, target, offset, new Float32Array(voxelCount(target)))
}

/** The same for bytes that must not be mixed: the nearest voxel's value. */
export function bytesOnGrid(source: Volume<Uint8Array>, target: Grid): Uint8Array {
  const out = new Uint8Array(voxelCount(target))
  const offset = offsetBetween(source.grid, target)
  if (offset) return copied(source.data, source.grid, target, offset, out)
  const [nx, ny, nz] = source.grid.size
  let v = 0
  for (let k = 0; k < target.size[2]; k++)
    for (let j = 0; j < target.size[1]; j++)
      for (let i = 0; i < target.size[0]; i++, v++) {
        const [x, y, z] = toIndex(source.grid, toPatient(target, [i, j, k])).map(Math.round) as unknown as Vec3
        if (x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz) out[v] = source.data[x + nx * (y + ny * z)]!
      }
  return out
}

/** A mask on another grid: inside where the linear interpolation exceeds one half. */
export function maskOnGrid(mask: Volume<Uint8Array>, target: Grid): Uint8Array {
  return maskAbove(onGrid({ grid: mask.grid, data: new Float32Array(mask.data) }, target), 0.5)
}

function copied<T extends Float32Array | Uint8Array>(data: T, from: Grid, to: Grid, offset: Vec3, out: T): T {
  const [nx, ny, nz] = from.size
  const first = Math.max(0, -offset[0])
  const end = Math.min(to.size[0], nx - offset[0])
  if (end <= first) return out
  for (let k = 0; k < to.size[2]; k++) {
    for (let j = 0; j < to.size[1]; j++) {
      const [y, z] = [j + offset[1], k + offset[2]]
      if (y < 0 || z < 0 || y >= ny || z >= nz) continue
      const row = offset[0] + nx * (y + ny * z)
      out.set(data.subarray(row + first, row + end), first + to.size[0] * (j + to.size[1] * k))
    }
  }
  return out
}
