// A change of a leg, of an analysis or a review: the values for its statement, and its entry in the history.
import type { LegRecord } from '../domain/delivery.ts'
import { jsonOrNull } from './history.ts'

/** State, attempts, last error, completion time and receipt, in the order of the statements that update a leg. */
export function legValues({ state, attempts, lastError, doneAt, receipt }: LegRecord, at: string): unknown[] {
  return [state, attempts, jsonOrNull(lastError), state === 'done' ? (doneAt ?? at) : null, jsonOrNull(receipt)]
}

/** `failedWith`: the error that this change brought, if any. */
export function legNews({ leg, state }: LegRecord, failedWith: LegRecord['lastError']) {
  const error = state === 'done' ? undefined : failedWith
  if (!error) return { text: `${leg}: ${state}` }
  return { text: `${leg}: ${error.code}: ${error.message}`, code: error.code }
}
