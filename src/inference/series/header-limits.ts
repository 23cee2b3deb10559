// The numbers by which the headers of a series are judged, each with its unit and its source.
import type { Limit } from '../../domain/limit.ts'

const TISSUE = 'Stanisz et al., Magn Reson Med 2005;54:507-512 (T1 of white matter 884 ms at 1.5 T)'

/** Between T1, proton density and T2 lie wide gaps that belong to none of them, so the limits hold from 0.3 T to 7 T. */
export const TIMING_LIMITS = {
  flairInversion: {
    value: 1200,
    unit: 'ms',
    source:
      'chosen: fluid (T1 of 4 s or more) is nulled at 1.4 s with the shortest TR in use, and later with longer ones',
  },
  flairEcho: { value: 60, unit: 'ms', source: 'chosen: as for T2; a shorter echo adds T1 weighting' },
  flairRepetition: {
    value: 3500,
    unit: 'ms',
    source: 'chosen: with a shorter TR, fluid is nulled only together with grey and white matter',
  },
  /** If InversionTime is absent, TR and TE alone must rule out everything else. */
  untimedFlairRepetition: {
    value: 6000,
    unit: 'ms',
    source: 'chosen: short-tau and T1 inversion recovery use a shorter TR',
  },
  untimedFlairEcho: {
    value: 75,
    unit: 'ms',
    source: 'chosen: longer than the echo times of short-tau inversion recovery',
  },
  shortTauInversion: {
    value: 350,
    unit: 'ms',
    source: 'chosen: fat (T1 of 250 to 400 ms) is nulled before 280 ms; the rest is a margin',
  },
  shortTauRepetition: {
    value: 1500,
    unit: 'ms',
    source: 'chosen: T1 inversion recovery with such a short inversion time has a shorter TR',
  },
  shortTauEcho: {
    value: 15,
    unit: 'ms',
    source: 'chosen: MPRAGE with such a short inversion time has an echo time of a few ms',
  },
  minT1Inversion: {
    value: 250,
    unit: 'ms',
    source: 'chosen: below the 400 ms used for T1 inversion recovery at 0.3 T',
  },
  maxT1Inversion: {
    value: 1400,
    unit: 'ms',
    source: 'chosen: above the 1,200 ms of MPRAGE at 7 T, and before fluid is nulled',
  },
  maxT1InversionEcho: { value: 50, unit: 'ms', source: 'chosen: a longer echo adds T2 to the contrast' },
  maxT1Repetition: { value: 1400, unit: 'ms', source: 'chosen: grey matter (T1 of 1.1 s at 1.5 T) has not recovered' },
  maxT1Echo: { value: 40, unit: 'ms', source: 'chosen: well below the T2 of tissue, 70 ms and more' },
  steadyStateAngle: {
    value: 30,
    unit: 'deg',
    source: 'chosen: balanced sequences use 30 to 70 degrees, spoiled ones with such a short TR less',
  },
  steadyStateRepetition: { value: 20, unit: 'ms', source: 'chosen: balanced sequences have a TR of 5 to 15 ms' },
  t2StarEcho: {
    value: 13,
    unit: 'ms',
    source: 'chosen: T1 gradient echoes have echo times up to 10 ms, T2* and susceptibility imaging from 15 ms',
  },
  lowAngle: { value: 5, unit: 'deg', source: 'chosen: used by field maps and scouts; T1 uses at least 8 degrees' },
  lowAngleRepetition: {
    value: 50,
    unit: 'ms',
    source: 'chosen: with a longer TR, even a small angle may belong to another kind of sequence',
  },
  /** Used if FlipAngle is absent. */
  absentAngle: { value: 90, unit: 'deg', source: 'chosen: an angle that is not stated must not count as a small one' },
  /** T1 from which the Ernst angle of a sequence is calculated. */
  tissueT1: { value: 900, unit: 'ms', source: TISSUE },
  /** As a share of the Ernst angle. */
  densityAngle: {
    value: 0.6,
    unit: '1',
    source: 'chosen: at the Ernst angle T1 and proton density weigh equally; far below it, proton density alone',
  },
  minFlowRepetition: {
    value: 18,
    unit: 'ms',
    source: 'chosen: time of flight uses 20 to 40 ms, T1 of a single slab less',
  },
  maxFlowRepetition: { value: 45, unit: 'ms', source: 'chosen: time of flight uses 20 to 40 ms' },
  /** Smallest backward step of the clock that means an examination passed midnight. */
  pastMidnight: { value: 12, unit: 'h', source: 'chosen: no examination of a head lasts half a day' },
  maxFlowAngle: {
    value: 25,
    unit: 'deg',
    source: 'chosen: time of flight uses 15 to 25 degrees, T1 with that TR more',
  },
} as const satisfies Record<string, Limit>

/** What counts as one stack of images covering a whole head. */
export const STACK_LIMITS = {
  minPositions: {
    value: 10,
    unit: '1',
    source: 'chosen: ten slices at the widest accepted distance span 8 cm',
  },
  maxSpacing: {
    value: 8,
    unit: 'mm',
    source: 'chosen: slices of 5 mm with a gap of 50 %, the coarsest in routine imaging',
  },
  minCoverage: {
    value: 80,
    unit: 'mm',
    source: 'chosen: a brain is at least 90 mm high; a few slices at its ends may be missing',
  },
  minFieldOfView: { value: 120, unit: 'mm', source: 'chosen: the narrowest width of an adult brain, without skull' },
  /** Positions are rounded when they are written. */
  rounding: { value: 0.05, unit: 'mm', source: 'chosen: half of the last digit of positions written with one decimal' },
  samePosition: { value: 0.02, unit: 'mm', source: 'chosen: positions of the same slice differ only by rounding' },
  /** Images per position from which the series is a time series. */
  imagesPerPosition: {
    value: 2,
    unit: '1',
    source: 'chosen: a second image of every slice is another point in time or another echo',
  },
  /** Ratio of the last echo time to the first above which the images differ in contrast. */
  echoRatio: { value: 1.5, unit: '1', source: 'chosen: echo times that a scanner states for one image differ by less' },
  /** Images per position from which a series can show the first pass of a contrast agent. */
  bolusPhases: {
    value: 15,
    unit: '1',
    source: 'chosen: a first pass takes at least 15 s, imaged at least once a second',
  },
} as const satisfies Record<string, Limit>

/** Differences up to these do not make one series better than another. */
export const PREFERENCE_LIMITS = {
  /** Coverage from which the whole brain is included, in any plane. */
  wholeBrain: { value: 130, unit: 'mm', source: 'chosen: the height and the width of an adult brain' },
  alikeExtent: { value: 20, unit: 'mm', source: 'chosen: a few more slices at either end' },
  alikeSpacing: {
    value: 0.5,
    unit: 'mm',
    source: 'chosen: 1.0 and 1.2 mm, or 5.0 and 5.5 mm, are equally good to read',
  },
  alikeCoverage: { value: 10, unit: 'mm', source: 'chosen: one or two thick slices' },
  alikePixels: {
    value: 0.15,
    unit: 'mm',
    source: 'chosen: 0.43 and 0.5 mm are equally good to read, 0.5 and 0.9 mm are not',
  },
} as const satisfies Record<string, Limit>

/** What counts as a word about contrast agent. */
export const WORD_LIMITS = {
  minDenial: {
    value: 3,
    unit: '1',
    source: 'chosen: one or two letters on their own ("o", "s") abbreviate many other things as well',
  },
} as const satisfies Record<string, Limit>
