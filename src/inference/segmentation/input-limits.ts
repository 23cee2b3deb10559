// The numbers that decide whether images and outlines are plausible, each with its unit and its source.
import type { Limit } from '../../domain/limit.ts'

export const PLAUSIBILITY_LIMITS = {
  /** Correlation above which two sequences show the same image. */
  sameImage: {
    value: 0.985,
    unit: '1',
    source:
      'measured: bench/same_image.py, figures in bench/results/same-image.md; a lower limit refuses whole heads whose T1 and FLAIR, or T1 and T1c, are much alike',
  },
  /** Smaller pieces of a brain outline are dropped. */
  brainPiece: {
    value: 100,
    unit: 'mL',
    source: 'chosen: more than a tenth of the smallest whole brain that is accepted',
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

/** How copies are distinguished from images of the same head. */
export const COPY_LIMITS = {
  /** Means of blocks of this size are compared. */
  block: {
    value: 8,
    unit: 'mm',
    source:
      'measured: bench/same_image.py; resampling, blur and noise change finer structures, another contrast changes coarser ones',
  },
  minBlocks: {
    value: 30,
    unit: '1',
    source: 'chosen: with fewer blocks, the standard error of a correlation is a fifth or more',
  },
  /** Of the way from the lowest value to the mean of what lies above it: where the head begins. */
  foregroundShare: { value: 0.25, unit: '1', source: 'chosen: above the noise of air, below the darkest tissue' },
} as const satisfies Record<string, Limit>

/** What preparation keeps around the head, and when it has something to note about a sequence. */
export const PREPARATION_LIMITS = {
  foregroundMargin: {
    value: 10,
    unit: 'mm',
    source: 'chosen: lets windows at the edge of the head see some background',
  },
  thickSlices: {
    value: 4,
    unit: 'mm',
    source: 'chosen: a lesion of 10 mm, the measurable size in RANO, then lies on two or three slices',
  },
  moved: {
    value: 5,
    unit: 'mm',
    source: 'chosen: more than the slice thickness of most series, so that a reader would notice it',
  },
  turned: {
    value: 5,
    unit: 'deg',
    source: 'chosen: moves the surface of a head by about 7 mm, close to `moved`',
  },
} as const satisfies Record<string, Limit>
