// What the pages show of an analysis: its sequences on one grid, with the labels, and where things lie on it.
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
  /** The window to begin with: what lies in the head from the 1st to the 99.5th percentile. */
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
  /** First axis to the patient's left, second to posterior, third to superior, as near as the series' own axes are. */
  grid: Grid
  images: ShownImage[]
  segments: ShownSegment[]
  /** Voxel to begin with: where the tumour is largest on an axial slice, else the middle. */
  start: Index
  /** By label: the middle of the segment on the axial slice on which it is largest. */
  largest: Readonly<Record<number, Index>>
  /** A reviewer corrected the outlines: theirs are shown. */
  isRedrawn?: true
  /** Of the earlier study beside it. */
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
  /** Axes of the grid behind u, v and the slice; v runs against the axis where `isFlipped`. */
  axes: readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2]
  isFlipped: boolean
  /** Letters of the patient's directions at the edges (PS3.3 C.7.6.1.1.1): "R", or "RA" where it lies between. */
  edges: { left: string; right: string; top: string; bottom: string }
}

/** Lines drawn on one slice, in voxel indices of the grid. */
export interface Mark {
  name: string
  plane: Plane
  index: number
  lines: (readonly [Index, Index])[]
  /** A reviewer stated other lengths: the place holds, the lines are not drawn. */
  isOverruled?: true
}
export type Index = readonly [number, number, number]

/** Closed polygons in pixels of the slice; pixel (u, v) has its centre at (u + 0.5, v + 0.5). */
export interface SliceOutline {
  label: number
  isPrior: boolean
  polygons: [number, number][][]
}
