// The numbers that decide whether images and outlines are plausible, each with its unit and its source.
import type { Limit } from '../../domain/limit.ts'

export const PLAUSIBILITY_LIMITS = {
  /** Correlation from which two sequences show the same image. */
  sameImage: {
    value: 0.99,
    unit: '1',
    source:
      'measured: sequences of one patient came to 0.952 at most (T1 before and after contrast; 13 whole cases, 34 clinical heads), resampled copies to 0.96 to 0.99, which are let through, lest a study without enhancement is held',
  },
  /** Smaller pieces of a brain outline are dropped. */
  brainPiece: {
    value: 100,
    unit: 'mL',
    source: 'chosen: a tenth of the smallest whole brain that is accepted, and more',
  },
  brainAtLeast: {
    value: 700,
    unit: 'mL',
    source: 'chosen: below the smallest adult brain after resection, with room to spare',
  },
  brainAtMost: {
    value: 2200,
    unit: 'mL',
    source: 'chosen: above the largest adult brain with a tumour, with room to spare',
  },
} as const satisfies Record<string, Limit>
