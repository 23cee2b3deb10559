// Words of stop rules: what is bounded, what was measured, and that a head is off.
import type { HeadStop, Measured, RuleState, StopMeasure, StopRule } from '../domain/stop-rules.ts'
import { HEAD_NAMES } from './names.ts'
import { partPercent } from './quantities.ts'
import { capital } from './sentences.ts'

export const STOP_RULES = {
  title: 'Stop rules',
  lead: 'Beyond a bound the head is turned off, until a person turns it on.',
  head: 'Head',
  measure: 'Measure',
  bound: 'Bound',
  now: 'Now',
  since: 'Counted since',
  state: 'State',
  on: 'on',
  off: 'OFF',
  turnOn: 'Turn on',
  by: 'Turned on by',
  reason: 'What was found, and why it may answer again',
  more: 'Why, and how it is turned on',
} as const

const MEASURES: Readonly<Record<StopMeasure, string>> = {
  'wrong-calls': 'calls that tissue contradicts',
  'changed-calls': 'calls that a reviewer changed',
  'not-evaluable': 'predictions without an answer',
  calibration: 'distance of the mean probability from the share that is right',
  holds: 'analyses that stopped for a person',
}

export const measureName = (measure: StopMeasure) => MEASURES[measure]

/** "at most 20 %, from 30 on" */
export const boundWords = ({ above, cases }: StopRule) => `at most ${partPercent(above)}, from ${cases} cases on`

/** "27 % of 41" */
export const measuredNow = ({ value, cases }: Measured) =>
  value === undefined ? 'nothing yet' : `${partPercent(value)} of ${cases}`

/** Why a rule turned a head off; names no patient. */
export function stopReason({ rule, measured }: Pick<RuleState, 'rule' | 'measured'>): string {
  return `${capital(measureName(rule.measure))}: ${measuredNow(measured)}; the site's rule allows ${partPercent(rule.above)}`
}

/** What stands instead of a prediction. */
export const stoppedReason = ({ at, reason }: HeadStop) =>
  `Turned off at this site since ${at.slice(0, 10)} by a stop rule, until a person turns it on. ${reason}.`

/** Over the worklist and the figures. */
export const stoppedTitle = ({ head, at }: HeadStop) =>
  `${capital(HEAD_NAMES[head])} is turned off since ${at.slice(0, 16).replace('T', ' ')} UTC`
