// Bounds that a site declares for a head: beyond one the head is turned off until a person turns it on.
import type { Head } from './finding.ts'

/**
 * wrong-calls: calls that tissue contradicts. changed-calls: calls that a reviewer changed. not-evaluable: predictions without an answer, as of inputs unlike the
 * training's. calibration: how far the mean probability of the likeliest class is from the share in which tissue agrees with it. holds: analyses that stopped for a person.
 */
export const STOP_MEASURES = ['wrong-calls', 'changed-calls', 'not-evaluable', 'calibration', 'holds'] as const
export type StopMeasure = (typeof STOP_MEASURES)[number]

export interface StopRule {
  head: Head
  measure: StopMeasure
  /** A share, 0 to 1. */
  above: number
  /** Of fewer nothing is concluded. */
  cases: number
}

/** What a rule looks at now; `value` is absent of nobody. */
export interface Measured {
  value?: number
  cases: number
}

export interface RuleState {
  rule: StopRule
  /** ISO 8601: what is counted began then, or when a person turned the head on. */
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
