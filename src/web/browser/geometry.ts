// Where a voxel of the grid lies on a canvas, and back; the one place that knows how a slice is turned. Pure.
import type { Index, PlaneView } from '../../domain/shown-images.ts'

export interface Box {
  width: number
  height: number
}

export interface Sight {
  /** 1 shows the whole slice. */
  zoom: number
  /** What lies in the middle, in mm from the slice's middle. */
  pan: readonly [number, number]
}

/** Pixels of a slice → pixels of a canvas: x = left + u * across, y = top + v * down. */
export interface Placing {
  left: number
  top: number
  across: number
  down: number
  /** Canvas pixels to a millimetre. */
  perMm: number
}

export function place({ width, height, pixel }: PlaneView, box: Box, { zoom, pan }: Sight): Placing {
  const [wide, high] = [width * pixel[0], height * pixel[1]]
  const perMm = Math.min(box.width / wide, box.height / high) * zoom
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

/** A length in mm between two points of a slice. */
export function lengthMm({ pixel }: PlaneView, a: readonly [number, number], b: readonly [number, number]): number {
  return Math.hypot((a[0] - b[0]) * pixel[0], (a[1] - b[1]) * pixel[1])
}
