// Where a voxel of the grid lies on a canvas, and back; the only place that knows how a slice is turned. Pure.
import type { Index, Plane, PlaneView } from '../../domain/shown-images.ts'
import type { Grid, Vec3 } from '../../domain/volume.ts'

export interface Box {
  width: number
  height: number
}

export interface Sight {
  /** 1 shows the whole slice. */
  zoom: number
  /** What lies in the middle, in mm from the middle of the slice. */
  pan: readonly [number, number]
}

/** One zoom for all planes, and for each plane what lies in the middle. */
export interface PlacedSight {
  zoom: number
  pans: Partial<Record<Plane, Sight['pan']>>
}

/** Pixels of a slice → pixels of a canvas: x = left + u * across, y = top + v * down. */
export interface Placing {
  left: number
  top: number
  across: number
  down: number
  /** Canvas pixels per millimetre. */
  perMm: number
}

/** Canvas pixels per millimetre at which the whole slice just fits. */
export function fitOf({ width, height, pixel }: PlaneView, box: Box): number {
  return Math.min(box.width / (width * pixel[0]), box.height / (height * pixel[1]))
}

export function place(view: PlaneView, box: Box, { zoom, pan }: Sight, fit = fitOf(view, box)): Placing {
  const { width, height, pixel } = view
  const [wide, high] = [width * pixel[0], height * pixel[1]]
  const perMm = fit * zoom
  return {
    left: box.width / 2 - (wide / 2 + pan[0]) * perMm,
    top: box.height / 2 - (high / 2 + pan[1]) * perMm,
    across: pixel[0] * perMm,
    down: pixel[1] * perMm,
    perMm,
  }
}

/** Column and row of a voxel's centre, in pixels of the slice. */
export function onSlice({ axes, isFlipped, height }: PlaneView, index: Index): [number, number] {
  const v = index[axes[1]] + 0.5
  return [index[axes[0]] + 0.5, isFlipped ? height - v : v]
}

/** The voxel under a point of the slice, on slice `index`. */
export function voxelAt(view: PlaneView, [u, v]: readonly [number, number], index: number): Index {
  const within = (value: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(value)))
  const row = within(v, view.height)
  const voxel: [number, number, number] = [0, 0, 0]
  voxel[view.axes[0]] = within(u, view.width)
  voxel[view.axes[1]] = view.isFlipped ? view.height - 1 - row : row
  voxel[view.axes[2]] = within(index, view.count)
  return voxel
}

export function onCanvas({ left, top, across, down }: Placing, [u, v]: readonly [number, number]): [number, number] {
  return [left + u * across, top + v * down]
}

export function fromCanvas({ left, top, across, down }: Placing, x: number, y: number): [number, number] {
  return [(x - left) / across, (y - top) / down]
}

/** Length in mm between two points of a slice. */
export function lengthMm({ pixel }: PlaneView, a: readonly [number, number], b: readonly [number, number]): number {
  return Math.hypot((a[0] - b[0]) * pixel[0], (a[1] - b[1]) * pixel[1])
}

/** The LPS position in mm of a point of a slice. */
export function patientPoint(grid: Grid, view: PlaneView, [u, v]: readonly [number, number], index: number): Vec3 {
  const at: [number, number, number] = [0, 0, 0]
  at[view.axes[0]] = u - 0.5
  at[view.axes[1]] = view.isFlipped ? view.height - v - 0.5 : v - 0.5
  at[view.axes[2]] = index
  const { origin, spacing, direction } = grid
  const mm = at.map((n, axis) => n * spacing[axis as 0 | 1 | 2])
  const along = (row: 0 | 1 | 2) =>
    origin[row] + direction[3 * row]! * mm[0]! + direction[3 * row + 1]! * mm[1]! + direction[3 * row + 2]! * mm[2]!
  return [along(0), along(1), along(2)]
}

/** The point of the slice below a position in the patient, and how far that position is from the slice, in mm. */
export function slicePoint(
  { origin, spacing, direction }: Grid,
  view: PlaneView,
  point: Vec3,
  index: number,
): { at: [number, number]; beyondMm: number } {
  const from = [point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]] as const
  const along = (axis: 0 | 1 | 2) =>
    (direction[axis]! * from[0] + direction[3 + axis]! * from[1] + direction[6 + axis]! * from[2]) / spacing[axis]
  const [u, v, across] = view.axes
  const row = along(v) + 0.5
  return {
    at: [along(u) + 0.5, view.isFlipped ? view.height - row : row],
    beyondMm: Math.abs(along(across) - index) * spacing[across],
  }
}

/** Unit vector (LPS) across the slices of a plane. */
export function acrossOf({ direction }: Grid, { axes }: PlaneView): Vec3 {
  return [direction[axes[2]]!, direction[3 + axes[2]]!, direction[6 + axes[2]]!]
}
