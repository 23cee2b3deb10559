// The numbers that distinguish the images within a series, each with its unit and its source.
import type { Limit } from '../domain/limit.ts'

export const IMAGE_LIMITS = {
  /** Echo time above which a spin echo of long repetition time shows T2 rather than proton density. */
  t2Echo: {
    value: 60,
    unit: 'ms',
    source: 'chosen: near the T2 of tissue; proton density uses echo times up to 30 ms, T2 from 80 ms',
  },
  /** RepetitionTime above which tissue has recovered enough for either. */
  longRepetition: { value: 1800, unit: 'ms', source: 'chosen: twice the T1 of white matter at 1.5 T (884 ms)' },
  /** Cosine of the angle below which two slice normals count as one orientation. */
  sameNormal: {
    value: 0.995,
    unit: '1',
    source: 'chosen: six degrees, above the rounding of stored cosines and below any intended tilt of a second stack',
  },
} as const satisfies Record<string, Limit>

/** How far slices may lie from a regular grid and still make one. */
export const GRID_LIMITS = {
  /** Slices of a volume, at the least. */
  minSlices: {
    value: 3,
    unit: '1',
    source: 'chosen: the smallest number of slices that can be registered and resampled',
  },
  /** Two slices that are nearer than this along the normal are at one position, and so are a slice in the metadata and in the file along each axis. */
  samePosition: {
    value: 0.01,
    unit: 'mm',
    source: 'chosen: below any slice distance, above the rounding of stored positions',
  },
  /** Deviation of one slice distance from the median, as a share of it. */
  spacingShare: {
    value: 0.05,
    unit: '1',
    source: 'chosen: a twentieth, far below the full slice distance that a missing slice adds',
  },
  /** The same in mm, where that is more. */
  spacing: {
    value: 0.02,
    unit: 'mm',
    source: 'chosen: the error of two positions that are each rounded to a hundredth',
  },
  /** Distance of a slice from its place on the grid, as a share of the spacing. */
  place: {
    value: 0.1,
    unit: '1',
    source: 'chosen: small deviations must not add up to more than a tenth of the slice distance',
  },
  /** Shift of a slice in its plane against the normal through the first one, as a share of a pixel; more is gantry tilt. */
  shift: {
    value: 0.5,
    unit: '1',
    source: "chosen: no voxel ends up nearer to its neighbour's place than to its own",
  },
  /** Angle up to which two orientations are the same. */
  direction: { value: 0.1, unit: 'deg', source: 'chosen: a third of a millimetre across a head of 200 mm' },
  /** Difference of two pixel spacings, and of a direction cosine's length from 1, as a share. */
  length: { value: 1e-3, unit: '1', source: 'chosen: a quarter of a millimetre across a field of view of 250 mm' },
  /** Cosine between rows and columns up to which they are at right angles. */
  perpendicular: {
    value: 1e-3,
    unit: '1',
    source: 'chosen: a quarter of a millimetre across a field of view of 250 mm',
  },
} as const satisfies Record<string, Limit>

export type GridTolerances = Readonly<Record<keyof typeof GRID_LIMITS, number>>
