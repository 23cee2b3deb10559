// A worksheet for a follow-up: the questions of a published rule with answers and limits, and the resulting category; a person decides.

import type { Comparison, VolumeChange } from './comparison.ts'
import { HALF_95 } from './finding.ts'
import type { Limit } from './limit.ts'
import type { TreatmentFact } from './treatment.ts'

export const WORKSHEET_LIMITS = {
  /** Days after the end of radiotherapy within which worsening is attributed to treatment. */
  radiationDays: {
    value: 90,
    unit: 'd',
    source: 'BT-RADS, btrads.com (Weinberg et al., J Am Coll Radiol 2018;15:767-771)',
  },
  /** Increase in volume from which worsening is highly suspicious. */
  muchWorse: {
    value: 0.4,
    unit: '1',
    source:
      'BT-RADS has 25 % of the product of diameters (from memory); 40 % of a volume is the same change (RANO 2.0, from memory; public implementations of BT-RADS by volume)',
  },
  /** Change in volume that is "appreciable", if it also exceeds its own error. */
  appreciable: {
    value: 0.1,
    unit: '1',
    source: 'chosen: BT-RADS states none; public implementations that go by volume use 10 %',
  },
  /** A new lesion counts from this volume on. */
  newLesion: {
    value: 0.5,
    unit: 'mL',
    source: 'chosen: a ball of 10 mm in diameter, the smallest measurable lesion of RANO 2.0',
  },
  /** How long a dose of bevacizumab is assumed to act. */
  bevacizumabDays: { value: 42, unit: 'd', source: 'chosen: two cycles of three weeks' },
  /** Days after the end of radiotherapy within which progression by size must be confirmed. */
  confirmDays: {
    value: 84,
    unit: 'd',
    source: 'Wen et al., J Clin Oncol 2023;41:5187-5199 (RANO 2.0), 12 weeks; from memory',
  },
} as const satisfies Record<string, Limit>

export type Direction = 'better' | 'same' | 'worse'
export type Missing =
  | 'volumes'
  | 'error'
  | 'mixed'
  | 'radiotherapy'
  | 'end-of-radiotherapy'
  | 'bevacizumab'
  | 'steroids'
  | 'study-before'
  | 'size'

export interface Step {
  question:
    | 'prior'
    | 'enhancing'
    | 'flair'
    | 'new-lesion'
    | 'bevacizumab'
    | 'steroids'
    | 'radiotherapy'
    | 'which-worse'
    | 'how-much'
    | 'progressive'
    | 'size'
    | 'confirmation'
  answer: string
  /** Of a measured change, in percent with one standard deviation. */
  percent?: number
  deviation?: number
  days?: number
  limit?: keyof typeof WORKSHEET_LIMITS
  /** The entries of the record that it is based on: "Procedure/12". */
  facts?: readonly TreatmentFact[]
}

export interface Worksheet<C extends string> {
  steps: Step[]
  /** Absent if an input is missing. */
  category?: C
  missing?: Missing
  /** Categories left open by what is missing, or by the error of the change. */
  possible?: C[]
}

/** Better or worse if the change is appreciable and exceeds its own 95 % error; undefined if the error is not known. */
export function directionOf(change: VolumeChange): Direction | undefined {
  const { percent, percentDeviation, earlier, now } = change
  // There is no percentage of zero: something new is judged by its volume.
  if (earlier === 0) return now >= WORKSHEET_LIMITS.newLesion.value ? 'worse' : 'same'
  if (percent === undefined || percentDeviation === undefined) return undefined
  const isReal =
    Math.abs(percent) >= 100 * WORKSHEET_LIMITS.appreciable.value && Math.abs(percent) > HALF_95 * percentDeviation
  if (!isReal) return 'same'
  return percent > 0 ? 'worse' : 'better'
}

/** Whether the increase is above `share`; both answers if its 95 % range straddles it. */
export function isAbove(
  { percent = Number.POSITIVE_INFINITY, percentDeviation = 0 }: VolumeChange,
  share: number,
): boolean[] {
  const [low, high] = [percent - HALF_95 * percentDeviation, percent + HALF_95 * percentDeviation]
  const limit = 100 * share
  if (low > limit) return [true]
  return high <= limit ? [false] : percent > limit ? [true, false] : [false, true]
}

export const hasNewLesion = ({ lesions }: Pick<Comparison, 'lesions'>) =>
  lesions.some(({ fate, now = 0 }) => fate === 'new' && now >= WORKSHEET_LIMITS.newLesion.value)
