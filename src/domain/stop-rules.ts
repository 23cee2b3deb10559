// Bounds that a site declares for a head: once one is exceeded, the head stays off until a person turns it on.
import type { Head } from './finding.ts'

/**
 * wrong-calls: calls that tissue contradicts. changed-calls: calls that a reviewer changed. not-evaluable: predictions without an
 * answer, for example because inputs are unlike the training data. calibration: difference between the mean probability of the
 * likeliest class and the share in which tissue agrees with it. holds: analyses held for a person.
 */
export const STOP_MEASURES = ['wrong-calls', 'changed-calls', 'not-evaluable', 'calibration', 'holds'] as const
export type StopMeasure = (typeof STOP_MEASURES)[number]

export interface StopRule {
  head: Head
  measure: StopMeasure
  /** A share, 0 to 1. */
  above: number
  /** With fewer cases nothing is concluded. */
  cases: number
}

/** The current measurement of a rule; `value` is absent if there are no cases. */
export interface Measured {
  value?: number
  cases: number
}

export interface RuleState {
  rule: StopRule
  /** ISO 8601: counting starts then; no earlier than when a person last turned the head on. */
  since: string
  measured: Measured
}

/** A head that is off. */
export interface HeadStop {
  head: Head
  /** ISO 8601 UTC */
  at: string
  reason: string
}

export function isBroken({ above, cases }: StopRule, { value, cases: seen }: Measured): boolean {
  return value !== undefined && seen >= cases && value > above
}
