// The numbers that decide whether images and outlines are plausible, each with its unit and its source.
import type { Limit } from '../../domain/limit.ts'

export const PLAUSIBILITY_LIMITS = {
  /** Correlation from which two sequences show the same image. */
  sameImage: {
    value: 0.985,
    unit: '1',
    source: 'measured: bench/same_image.py, figures in bench/results/same-image.md',
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
