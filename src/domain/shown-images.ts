// What the pages show of an analysis: its sequences on one grid, the labels, and where findings lie on it.
import type { Sequence } from './study.ts'
import type { Grid } from './volume.ts'

export const PLANES = ['axial', 'coronal', 'sagittal'] as const
export type Plane = (typeof PLANES)[number]

export type ImageName = Sequence | `prior-${Sequence}`

/** Stored values, 0 to 4095: black at the first and white at the second. */
export type Window = readonly [number, number]

export interface ShownImage {
  name: ImageName
  sequence: Sequence
  /** Of the patient's earlier study, resampled to the same grid. */
  isPrior: boolean
  /** The initial window: from the 1st to the 99.5th percentile of the values in the head. */
  window: Window
  /** Value of the source = stored value * slope + intercept. */
  slope: number
  intercept: number
}

export interface ShownSegment {
  label: number
  key: string
  name: string
  /** "#rrggbb" */
  colour: string
}

/** What is kept of an analysis for the pages; JSON-serialisable, without the patient. */
export interface ShownImages {
  /** The first axis runs to the patient's left, the second to posterior, the third to superior, as closely as the series' own axes do. */
  grid: Grid
  images: ShownImage[]
  segments: ShownSegment[]
  /** Initial voxel: on the axial slice where the tumour is largest, otherwise the centre. */
  start: Index
  /** By label: the centre of the segment on the axial slice where it is largest. */
  largest: Readonly<Record<number, Index>>
  /** A reviewer corrected the outlines, and those are shown. */
  isRedrawn?: true
  /** The earlier study shown beside it. */
  prior?: { analysisId: string; studyDate: string; hasLabels: boolean }
  /** ISO 8601 UTC. */
  keptAt: string
}

/** One plane of the grid as it is shown: column u from left to right, row v from top to bottom. */
export interface PlaneView {
  plane: Plane
  /** Pixels across and down, and how many slices. */
  width: number
  height: number
  count: number
  /** mm of a pixel across and down, and between slices. */
  pixel: readonly [number, number]
  spacing: number
  /** Axes of the grid for u, v and the slice; v runs against its axis if `isFlipped`. */
  axes: readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2]
  isFlipped: boolean
  /** Patient directions at the edges (PS3.3 C.7.6.1.1.1): "R", or "RA" if it lies between two. */
  edges: { left: string; right: string; top: string; bottom: string }
}

/** Lines drawn on one slice, in voxel indices of the grid. */
export interface Mark {
  name: string
  plane: Plane
  index: number
  lines: (readonly [Index, Index])[]
  /** A reviewer stated other lengths: the position is still valid, but the lines are not drawn. */
  isOverruled?: true
}
export type Index = readonly [number, number, number]

/** Closed polygons in pixels of the slice; pixel (u, v) has its centre at (u + 0.5, v + 0.5). */
export interface SliceOutline {
  label: number
  isPrior: boolean
  polygons: [number, number][][]
}
