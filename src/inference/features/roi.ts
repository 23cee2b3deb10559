// A region of interest cut out to its bounding box with a border of empty voxels, the input of all feature families.
import type { Vec3, Volume } from '../../domain/volume.ts'

export type Mask = Volume<ArrayLike<number>>
export type Image = Volume<ArrayLike<number>>

/** Feature name without its family's prefix → value. */
export type Features = Record<string, number>

/** Voxel (x, y, z) of the box, border included, has index x + size[0] * (y + size[1] * z). */
export interface Roi {
  /** Voxels of the padded box. */
  size: Vec3
  /** mm */
  spacing: Vec3
  /** Position in the whole grid of the padded box's first voxel; -border if the region touches the grid's edge. */
  start: Vec3
  /** 1 inside, 0 outside and in the border. */
  inside: Uint8Array
  /** Indices into the padded box of the voxels inside, ascending. */
  voxels: Int32Array
}

/** Cuts out the non-zero voxels of a mask with `border` empty voxels on each side; undefined if there are none. */
export function cutRoi(mask: Mask, border = 1): Roi | undefined {
  const box = boundingBox(mask)
  if (!box) return undefined
  const { low, high, count } = box
  const extent = (axis: 0 | 1 | 2) => high[axis] - low[axis] + 1 + 2 * border
  const size: Vec3 = [extent(0), extent(1), extent(2)]
  const inside = new Uint8Array(size[0] * size[1] * size[2])
  const voxels = new Int32Array(count)
  const [nx, ny] = mask.grid.size
  let placed = 0
  for (let k = low[2]; k <= high[2]; k++) {
    for (let j = low[1]; j <= high[1]; j++) {
      const from = nx * (j + ny * k)
      const to = border - low[0] + size[0] * (j - low[1] + border + size[1] * (k - low[2] + border))
      for (let i = low[0]; i <= high[0]; i++) {
        if (mask.data[from + i] === 0) continue
        inside[to + i] = 1
        voxels[placed++] = to + i
      }
    }
  }
  return {
    size,
    spacing: mask.grid.spacing,
    start: [low[0] - border, low[1] - border, low[2] - border],
    inside,
    voxels,
  }
}

/** Values of an image at the voxels of a region cut from a mask on the same grid. */
export function valuesInside(image: Image, roi: Roi): Float64Array {
  const [nx, ny] = image.grid.size
  const [sx, sy] = roi.size
  const values = new Float64Array(roi.voxels.length)
  for (let n = 0; n < values.length; n++) {
    const at = roi.voxels[n]!
    const row = Math.floor(at / sx)
    const i = (at % sx) + roi.start[0]
    const j = (row % sy) + roi.start[1]
    const k = Math.floor(row / sy) + roi.start[2]
    values[n] = image.data[i + nx * (j + ny * k)]!
  }
  return values
}

export interface Box {
  /** First and last voxel on each axis, and the number of non-zero voxels. */
  low: Vec3
  high: Vec3
  count: number
}

/** Bounding box of the non-zero voxels; undefined when there are none. */
export function boundingBox({ grid, data }: Mask): Box | undefined {
  const [nx, ny, nz] = grid.size
  const low = [nx, ny, nz] as [number, number, number]
  const high = [-1, -1, -1] as [number, number, number]
  let count = 0
  let at = 0
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let first = -1
      let last = -1
      for (let i = 0; i < nx; i++) {
        if (data[at++] === 0) continue
        count++
        if (first < 0) first = i
        last = i
      }
      if (first < 0) continue
      low[0] = Math.min(low[0], first)
      high[0] = Math.max(high[0], last)
      low[1] = Math.min(low[1], j)
      high[1] = Math.max(high[1], j)
      low[2] = Math.min(low[2], k)
      high[2] = k
    }
  }
  return count === 0 ? undefined : { low, high, count }
}

/** Throws an error that names both sizes unless image and mask share one grid. */
export function requireSameGrid(image: Image, mask: Mask): void {
  const a = image.grid.size
  const b = mask.grid.size
  if (a.some((n, axis) => n !== b[axis]))
    throw new RangeError(`the image has ${a.join(' x ')} voxels, its mask ${b.join(' x ')}`)
}
