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
