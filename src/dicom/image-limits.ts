// The numbers that distinguish the images within a series, each with its unit and its source.
import type { Limit } from '../domain/limit.ts'

export const IMAGE_LIMITS = {
  /** Echo time above which a spin echo of long repetition time shows T2 rather than proton density. */
  t2Echo: {
    value: 60,
    unit: 'ms',
    source: 'chosen: near the T2 of tissue; proton density is read within 30 ms, T2 from 80 ms on',
  },
  /** RepetitionTime above which tissue has recovered enough for either. */
  longRepetition: { value: 1800, unit: 'ms', source: 'chosen: twice the T1 of white matter at 1.5 T (884 ms)' },
  /** Cosine of the angle below which two slice normals count as one orientation. */
  sameNormal: {
    value: 0.995,
    unit: '1',
    source: 'chosen: six degrees, above the jitter of written cosines and below any planned tilt of a second stack',
  },
} as const satisfies Record<string, Limit>

/** How far slices may lie from a regular grid and still make one. */
export const GRID_LIMITS = {
  /** Slices of a volume, at the least. */
  minSlices: { value: 3, unit: '1', source: 'chosen: the fewest that a volume can be registered and resampled from' },
  /** Along the normal: two slices that are nearer than this are at one position. */
  samePosition: {
    value: 0.01,
    unit: 'mm',
    source: 'chosen: below any slice distance, above the rounding of positions',
  },
  /** Deviation of one slice distance from the median, as a share of it. */
  spacingShare: { value: 0.05, unit: '1', source: 'chosen: a twentieth, far below the whole distance that a gap adds' },
  /** The same in mm, where that is more. */
  spacing: { value: 0.02, unit: 'mm', source: 'chosen: two positions that are each rounded to a hundredth' },
  /** Distance of a slice from its place on the grid, as a share of the spacing. */
  place: { value: 0.1, unit: '1', source: 'chosen: small deviations must not add up to more than a tenth of a slice' },
  /** Shift of a slice in its plane against the normal through the first one, as a share of a pixel; more is gantry tilt. */
  shift: {
    value: 0.5,
    unit: '1',
    source: 'chosen: no voxel comes to lie nearer to its neighbour than to its own place',
  },
  /** Angle up to which two orientations are the same. */
  direction: { value: 0.1, unit: 'deg', source: 'chosen: a third of a millimetre over a head of 200 mm' },
  /** Difference of two pixel spacings, and of a direction cosine's length from 1, as a share. */
  length: { value: 1e-3, unit: '1', source: 'chosen: a quarter of a millimetre over a field of view of 250 mm' },
  /** Cosine between rows and columns up to which they are at right angles. */
  perpendicular: { value: 1e-3, unit: '1', source: 'chosen: a quarter of a millimetre over a field of view of 250 mm' },
} as const satisfies Record<string, Limit>

export type GridTolerances = Readonly<Record<keyof typeof GRID_LIMITS, number>>
