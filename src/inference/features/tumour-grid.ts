// The tumour and its images on a 1 mm grid along the patient's axes, whatever grid and slice thickness they come from.
import {
  type Grid,
  type LabelVolume,
  toIndex,
  toPatient,
  type Vec3,
  type Volume,
  voxelCount,
} from '../../domain/volume.ts'
import { distanceMap } from '../volumes/distance-map.ts'
import { alignedGrid, subGrid } from '../volumes/grids.ts'
import { resample } from '../volumes/resample.ts'
import { boundingBox } from './roi.ts'

const ONE_MM: Vec3 = [1, 1, 1]

/**
 * The voxels with one of these labels, on a 1 mm LPS grid over their box. The signed distance to the mask's border is
 * interpolated (Raya and Udupa 1990, shape-based interpolation): interpolating the mask itself would keep the steps of thick
 * slices, with a sphericity 8 % too low at 4 mm; this leaves 2 %. A grid that is already 1 mm and aligned does not change.
 * Undefined if there are no such voxels.
 */
export function tumourMask(labels: LabelVolume, members: readonly number[]): Volume<Uint8Array> | undefined {
  const isMember = new Uint8Array(256)
  for (const label of members) isMember[label] = 1
  const whole = { grid: labels.grid, data: new Uint8Array(labels.data.length) }
  // A call per voxel of a whole head, as `map` makes it, takes five times as long.
  for (let v = 0; v < whole.data.length; v++) whole.data[v] = isMember[labels.data[v]!]!
  const box = boundingBox(whole)
  if (!box) return undefined
  const beyond = (edge: Vec3, by: number): Vec3 => [edge[0] + by, edge[1] + by, edge[2] + by]
  const target = alignedGrid(labels.grid, ONE_MM, box.low, beyond(box.high, 1))
  const near = cropEdges(whole, beyond(box.low, -2), beyond(box.high, 3), 'zero')
  const depth = resample(signedDistance(near), target)
  return { grid: target, data: new Uint8Array(depth.data.map((mm) => (mm > 0 ? 1 : 0))) }
}

/** Distance in mm to the nearest voxel of the other kind; positive inside the mask, negative outside. */
function signedDistance({ grid, data }: Volume<Float32Array>): Volume<Float32Array> {
  const inside = new Uint8Array(data)
  const toInside = distanceMap(inside, grid.size, grid.spacing)
  const toOutside = distanceMap(
    inside.map((value) => 1 - value),
    grid.size,
    grid.spacing,
  )
  return { grid, data: data.map((value, n) => (value === 1 ? toOutside[n]! : -toInside[n]!)) }
}

/** An image in the same patient space, linearly interpolated on the tumour's grid; edge voxels are repeated where the grid extends beyond it. */
export function onTumourGrid(image: Volume<Float32Array>, target: Grid): Volume<Float32Array> {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let corner = 0; corner < 8; corner++) {
    const pick = (axis: 0 | 1 | 2) => ((corner >> axis) & 1 ? target.size[axis] - 1 : 0)
    const index = toIndex(image.grid, toPatient(target, [pick(0), pick(1), pick(2)]))
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, index[axis]!)
      high[axis] = Math.max(high[axis]!, index[axis]!)
    }
  }
  // Room for the Gaussian on images finer than 1 mm: 3 sigma are below 1.5 times the ratio of the spacings.
  const room = (axis: 0 | 1 | 2) => 2 + Math.ceil(1.5 / image.grid.spacing[axis])
  const from: Vec3 = [Math.floor(low[0]!) - room(0), Math.floor(low[1]!) - room(1), Math.floor(low[2]!) - room(2)]
  const to: Vec3 = [Math.ceil(high[0]!) + room(0), Math.ceil(high[1]!) + room(1), Math.ceil(high[2]!) + room(2)]
  return resample(cropEdges(image, from, to, 'edge'), target)
}

/** Voxels [from, to) of a volume as float32; beyond its edges 0, or the nearest voxel. */
function cropEdges(
  { grid, data }: Volume<ArrayLike<number>>,
  from: Vec3,
  to: Vec3,
  beyond: 'zero' | 'edge',
): Volume<Float32Array> {
  const cropped = subGrid(grid, from, to)
  const out = new Float32Array(voxelCount(cropped))
  const [nx, ny, nz] = grid.size
  const clamp = (n: number, size: number) => Math.min(size - 1, Math.max(0, n))
  let at = 0
  for (let k = from[2]; k < to[2]; k++) {
    for (let j = from[1]; j < to[1]; j++) {
      const row = nx * (clamp(j, ny) + ny * clamp(k, nz))
      const outside = j < 0 || j >= ny || k < 0 || k >= nz
      for (let i = from[0]; i < to[0]; i++, at++) {
        if (beyond === 'zero' && (outside || i < 0 || i >= nx)) continue
        out[at] = data[row + clamp(i, nx)]!
      }
    }
  }
  return { grid: cropped, data: out }
}
