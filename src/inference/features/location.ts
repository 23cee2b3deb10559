// Where in the brain the tumour lies, relative to the brain's bounding box in patient axes (PS3.3 C.7.6.2.1.1); see features.py in training.
import { type Grid, toPatient, type Vec3, type Volume } from '../../domain/volume.ts'
import type { Mask } from './roi.ts'

export const LOCATION_FEATURES = ['midline_distance', 'midline_crossing', 'depth', 'height'] as const

/** LPS mm. */
export interface PatientBox {
  /** Outer faces of the outermost voxels. */
  low: Vec3
  high: Vec3
  /** Mean of the voxel centres. */
  centre: Vec3
}

/** Box and centre of the non-zero voxels along the patient's axes, for oblique grids too; undefined if there are none. */
export function patientBox({ grid, data }: Mask): PatientBox | undefined {
  const [nx, ny, nz] = grid.size
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  const sum = [0, 0, 0]
  let count = 0
  const reach = (index: Vec3) => {
    const p = toPatient(grid, index)
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, p[axis]!)
      high[axis] = Math.max(high[axis]!, p[axis]!)
    }
  }
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let first = -1
      let last = -1
      for (let i = 0; i < nx; i++, at++) {
        if (data[at] === 0) continue
        if (first < 0) first = i
        last = i
        count++
        sum[0]! += i
        sum[1]! += j
        sum[2]! += k
      }
      if (first < 0) continue
      // Within a row the outermost voxels are the extremes on every axis.
      reach([first, j, k])
      reach([last, j, k])
    }
  }
  if (count === 0) return undefined
  const half = halfVoxel(grid)
  return {
    low: [low[0]! - half[0], low[1]! - half[1], low[2]! - half[2]],
    high: [high[0]! + half[0], high[1]! + half[1], high[2]! + half[2]],
    centre: toPatient(grid, [sum[0]! / count, sum[1]! / count, sum[2]! / count]),
  }
}

/** How far a voxel reaches from its centre along each patient axis. */
function halfVoxel({ spacing, direction }: Grid): Vec3 {
  const along = (row: number) =>
    [0, 1, 2].reduce((sum, column) => sum + (Math.abs(direction[3 * row + column]!) * spacing[column]!) / 2, 0)
  return [along(0), along(1), along(2)]
}

/**
 * midline_distance: |x of the centre - middle| / half width; midline_crossing: how far the tumour extends across the middle, in
 * half widths, negative if it does not; depth: 0 front to 1 back; height: 0 bottom to 1 top.
 */
export function locationFeatures(
  tumour: PatientBox,
  brain: PatientBox,
): Record<(typeof LOCATION_FEATURES)[number], number> {
  const middle = (brain.low[0] + brain.high[0]) / 2
  const half = (brain.high[0] - brain.low[0]) / 2
  const along = (axis: 1 | 2) => (tumour.centre[axis] - brain.low[axis]) / (brain.high[axis] - brain.low[axis])
  return {
    midline_distance: Math.abs(tumour.centre[0] - middle) / half,
    midline_crossing: Math.min(middle - tumour.low[0], tumour.high[0] - middle) / half,
    depth: along(1),
    height: along(2),
  }
}

/** Volume range in litres of the foreground of a skull-stripped image; a head with skull and scalp has more. */
const BRAIN_LITRES = [0.7, 2.2] as const

/** The brain in an image known to be skull-stripped: its voxels above 0. Undefined if they are too few or too many to be a brain. */
export function strippedBrain({ grid, data }: Volume<Float32Array>): Volume<Uint8Array> | undefined {
  const mask = new Uint8Array(data.length)
  let voxels = 0
  for (let n = 0; n < data.length; n++) {
    if (!(data[n]! > 0)) continue
    mask[n] = 1
    voxels++
  }
  const litres = (voxels * grid.spacing[0] * grid.spacing[1] * grid.spacing[2]) / 1e6
  return litres >= BRAIN_LITRES[0] && litres <= BRAIN_LITRES[1] ? { grid, data: mask } : undefined
}
