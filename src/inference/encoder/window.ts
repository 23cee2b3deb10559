// The encoder's input: a window of declared size cut out of the prepared channels, exactly as training/gliatrain/works/cohort.py cuts it.
import { type Grid, type Vec3, type Volume, voxelCount } from '../../domain/volume.ts'
import type { Encoder } from '../bundle/encoder.ts'
import { distanceMap } from '../volumes/distance-map.ts'

export interface ImageWindow {
  /** [channels, Z, Y, X] */
  data: Float32Array
  /** X, Y, Z */
  size: Vec3
  /** Voxel of the working grid at which it begins; may lie outside the grid. */
  start: Vec3
  /** The channels that the study has; the others are zero. */
  present: boolean[]
}

/** Undefined if it is to be centred on the tumour and there is none. `labels` are on the channels' grid. */
export function cutWindow(
  channels: readonly (Volume<Float32Array> | null)[],
  grid: Grid,
  labels: Uint8Array,
  encoder: Pick<Encoder, 'size' | 'centre' | 'tumour_margin_mm'>,
): ImageWindow | undefined {
  const middle = encoder.centre === 'head' ? (grid.size.map((n) => n / 2) as unknown as Vec3) : middleOf(labels, grid)
  if (!middle) return undefined
  const [z, y, x] = encoder.size
  const size: Vec3 = [x, y, z]
  const first = (axis: 0 | 1 | 2) => Math.floor(middle[axis] - size[axis] / 2)
  const start: Vec3 = [first(0), first(1), first(2)]
  const seen = encoder.tumour_margin_mm === undefined ? undefined : nearTumour(labels, grid, encoder.tumour_margin_mm)
  const count = x * y * z
  const data = new Float32Array(channels.length * count)
  for (const [c, channel] of channels.entries())
    if (channel) copyWindow(channel.data, grid.size, data.subarray(c * count, (c + 1) * count), size, start, seen)
  return { data, size, start, present: channels.map((channel) => channel !== null) }
}

/** 1 where a voxel lies within `marginMm` of the tumour. */
export function nearTumour(labels: Uint8Array, grid: Grid, marginMm: number): Uint8Array {
  return Uint8Array.from(distanceMap(labels, grid.size, grid.spacing), (mm) => (mm <= marginMm ? 1 : 0))
}

function copyWindow(
  from: Float32Array,
  [nx, ny, nz]: Vec3,
  to: Float32Array,
  size: Vec3,
  start: Vec3,
  seen: Uint8Array | undefined,
): void {
  to.fill(from.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY))
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++) {
        const [x, y, z] = [i + start[0], j + start[1], k + start[2]]
        if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue
        const v = x + nx * (y + ny * z)
        if (seen === undefined || seen[v] === 1) to[i + size[0] * (j + size[1] * k)] = from[v]!
      }
    }
  }
}

/** Centre of mass in voxels, counted from the first voxel's outer face. */
function middleOf(labels: Uint8Array, grid: Grid): Vec3 | undefined {
  const [nx, ny] = grid.size
  const sum = [0, 0, 0] as [number, number, number]
  let count = 0
  for (let v = 0; v < voxelCount(grid); v++) {
    if (labels[v] === 0) continue
    sum[0] += v % nx
    sum[1] += Math.floor(v / nx) % ny
    sum[2] += Math.floor(v / (nx * ny))
    count++
  }
  return count === 0 ? undefined : [sum[0] / count + 0.5, sum[1] / count + 0.5, sum[2] / count + 0.5]
}
