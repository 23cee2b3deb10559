// Chooses the axial plane to show, and samples a volume on it, in patient space (LPS mm; PS3.3 C.7.6.2.1.1).
import { trilinear } from '../domain/trilinear.ts'
import { type Grid, type LabelVolume, toIndex, toPatient, type Vec3, type Volume } from '../domain/volume.ts'

/**
 * An axial picture in radiological convention: column u grows towards the patient's left (+x), row v towards posterior (+y).
 * Pixel (u, v) is at (x + u * pixel, y + v * pixel, z), all in mm.
 */
export interface AxialPlane {
  x: number
  y: number
  z: number
  pixel: number
  width: number
  height: number
}

/** Extent along one axis of patient space, mm. */
export interface Extent {
  min: Vec3
  max: Vec3
}

/** The weight of a segment's voxels: a plane through the core says more than one through the widest oedema. */
export const planeWeight = (key: string | undefined) => (key === 'ED' ? 1 : 3)

/** Share of the 99th percentile above which a voxel belongs to the head rather than to the air around it. */
export const FOREGROUND_SHARE = 0.15

/** LPS bounding box of a grid's voxel centres. */
export function extentOf(grid: Grid): Extent {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
    toPatient(grid, [
      (bits & 1) * (grid.size[0] - 1),
      ((bits >> 1) & 1) * (grid.size[1] - 1),
      ((bits >> 2) & 1) * (grid.size[2] - 1),
    ]),
  )
  const along = (axis: 0 | 1 | 2, pick: (...values: number[]) => number) => pick(...corners.map((c) => c[axis]))
  return {
    min: [along(0, Math.min), along(1, Math.min), along(2, Math.min)],
    max: [along(0, Math.max), along(1, Math.max), along(2, Math.max)],
  }
}

/** LPS bounding box of the voxels for which `inside` holds; undefined if there are none. */
export function extentWhere<T extends ArrayLike<number>>(
  volume: Volume<T>,
  inside: (value: number) => boolean,
): Extent | undefined {
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  const [nx, ny, nz] = volume.grid.size
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        if (!inside(volume.data[at]!)) continue
        const p = toPatient(volume.grid, [i, j, k])
        for (const axis of [0, 1, 2] as const) {
          if (p[axis] < min[axis]) min[axis] = p[axis]
          if (p[axis] > max[axis]) max[axis] = p[axis]
        }
      }
    }
  }
  return min[0] === Infinity ? undefined : { min, max }
}

/**
 * Axial positions at which the grid has data of its own: they start at its first voxel, so that they hit the planes of an axial
 * series exactly, and are at most 1 mm apart. Their number per slice is odd, so that none lies midway between two slices.
 */
function candidatePositions(grid: Grid, from: number, to: number): number[] {
  const axis = [0, 1, 2].reduce(
    (best, a) => (Math.abs(grid.direction[6 + a]!) > Math.abs(grid.direction[6 + best]!) ? a : best),
    0,
  )
  const spacing = grid.spacing[axis as 0 | 1 | 2]
  const step = spacing / (Math.ceil(spacing - 1e-6) | 1)
  const positions: number[] = []
  for (let n = Math.ceil((from - grid.origin[2]) / step - 1e-6); grid.origin[2] + n * step <= to + 1e-6; n++) {
    positions.push(grid.origin[2] + n * step)
  }
  return positions
}

/**
 * The axial plane with the largest labelled area, each label counted with its weight; the middle one of several equal planes.
 * `areaMm2` is the unweighted area. Undefined without labels.
 */
export function largestLabelPlane(
  labels: LabelVolume,
  weightOf: (label: number) => number = () => 1,
): { z: number; areaMm2: number } | undefined {
  const extent = extentWhere(labels, (value) => value > 0)
  if (!extent) return undefined
  const half = 0.5 * Math.max(...labels.grid.spacing)
  const positions = candidatePositions(labels.grid, extent.min[2] - half, extent.max[2] + half)
  const weights = Float64Array.from({ length: 256 }, (_, label) => (label === 0 ? 0 : weightOf(label)))
  const start = [extent.min[0] - half, extent.min[1] - half] as const
  const columns = Math.floor(extent.max[0] + half - start[0]) + 1
  const rows = Math.floor(extent.max[1] + half - start[1]) + 1
  const areas = positions.map((z) => {
    let plain = 0
    let weighted = 0
    for (const label of labelsOnPlane(labels, [start[0], start[1], z], columns, rows)) {
      if (label === 0) continue
      plain++
      weighted += weights[label]!
    }
    return { plain, weighted }
  })
  const largest = Math.max(...areas.map((area) => area.weighted))
  const first = areas.findIndex((area) => area.weighted === largest)
  let last = first
  while (areas[last + 1]?.weighted === largest) last++
  const middle = (first + last) >> 1
  const z = positions[middle]
  return z === undefined ? undefined : { z, areaMm2: areas[middle]!.plain }
}

/**
 * Where to look if there is no tumour: 75 mm below the top of the head, about the level of an adult's lateral ventricles, or
 * half way down the imaged part if that is less.
 */
export function midBrainPlane(image: Volume<Float32Array>, threshold: number): number {
  const extent = extentWhere(image, (value) => value > threshold) ?? extentOf(image.grid)
  const height = extent.max[2] - Math.min(75, (extent.max[2] - extent.min[2]) / 2)
  const positions = candidatePositions(image.grid, extent.min[2], extent.max[2])
  return positions.reduce(
    (best, z) => (Math.abs(z - height) < Math.abs(best - height) ? z : best),
    positions[0] ?? height,
  )
}

/** The nearest voxels' labels on an axial plane, every millimetre from `start` (LPS), row by row; 0 outside the volume. */
function labelsOnPlane({ grid, data }: LabelVolume, start: Vec3, columns: number, rows: number): Uint8Array {
  const [nx, ny, nz] = grid.size
  const first = toIndex(grid, start)
  const across = difference(toIndex(grid, [start[0] + 1, start[1], start[2]]), first)
  const down = difference(toIndex(grid, [start[0], start[1] + 1, start[2]]), first)
  const out = new Uint8Array(columns * rows)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const i = Math.round(first[0] + column * across[0] + row * down[0])
      const j = Math.round(first[1] + column * across[1] + row * down[1])
      const k = Math.round(first[2] + column * across[2] + row * down[2])
      if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) continue
      out[at] = data[i + nx * (j + ny * k)]!
    }
  }
  return out
}

/**
 * Samples a volume on the plane by trilinear interpolation, row by row; 0 outside. Half a voxel beyond the outermost centres
 * still counts as inside, since the voxel reaches that far. With `label`, samples the mask of that label instead.
 */
export function samplePlane(
  volume: Volume<Float32Array> | LabelVolume,
  plane: AxialPlane,
  label?: number,
): Float32Array {
  const { data, grid } = volume
  const [nx, ny, nz] = grid.size
  const out = new Float32Array(plane.width * plane.height)
  const origin = toIndex(grid, [plane.x, plane.y, plane.z])
  const du = difference(toIndex(grid, [plane.x + plane.pixel, plane.y, plane.z]), origin)
  const dv = difference(toIndex(grid, [plane.x, plane.y + plane.pixel, plane.z]), origin)
  const values = label === undefined ? data : maskOf(data, label)
  for (let v = 0, pixel = 0; v < plane.height; v++) {
    for (let u = 0; u < plane.width; u++, pixel++) {
      const a = origin[0] + u * du[0] + v * dv[0]
      const b = origin[1] + u * du[1] + v * dv[1]
      const c = origin[2] + u * du[2] + v * dv[2]
      if (a < -0.5 || b < -0.5 || c < -0.5 || a > nx - 0.5 || b > ny - 0.5 || c > nz - 0.5) continue
      out[pixel] = trilinear(values, nx, ny, nz, a, b, c)
    }
  }
  return out
}

/** A plain loop: `Uint8Array.from` with a function takes a second for the ten million voxels of a study, for each label and picture. */
function maskOf(data: ArrayLike<number>, label: number): Uint8Array {
  const mask = new Uint8Array(data.length)
  for (let v = 0; v < mask.length; v++) if (data[v] === label) mask[v] = 1
  return mask
}

const difference = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
