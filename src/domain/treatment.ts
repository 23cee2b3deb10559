// Treatment in the record that affects how a follow-up is read, and what it says about a given day.
import { DAY_MS } from './durations.ts'

/** One entry of the record; dates are FHIR's, to the day. */
export interface TreatmentFact {
  /** In the record's words. */
  words: string
  from: string
  /** The last day; absent while treatment continues, or if the record does not say. */
  to?: string
  /** The record says that it continues. */
  isOngoing?: true
  /** For a steroid whose dose is stated in mg: the daily dose. */
  dailyMg?: number
  /** "Procedure/12" */
  reference: string
}

export const TREATMENTS = ['radiotherapy', 'bevacizumab', 'steroids'] as const
export type Treatment = (typeof TREATMENTS)[number]

/** Absent: not read, because the site configured no codes or the EHR did not answer. Empty: read, but the record has none. */
export type TreatmentHistory = Partial<Record<Treatment, TreatmentFact[]>>

export const daysBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)

/** Whether it was given on that day, or within `grace` days before; undefined if the record does not say when it ended. */
export function wasGiven({ from, to, isOngoing }: TreatmentFact, day: string, grace = 0): boolean | undefined {
  if (from > day) return false
  if (to !== undefined) return daysBetween(to, day) <= grace
  return isOngoing ? true : undefined
}

/** Days from the end of the last radiotherapy to `day`; "none" if there was none by then, undefined if its end is not known. */
export function daysSinceRadiotherapy(facts: readonly TreatmentFact[], day: string): number | 'none' | undefined {
  const begun = facts.filter(({ from }) => from <= day)
  if (begun.length === 0) return 'none'
  if (begun.some(({ to, isOngoing }) => isOngoing || (to !== undefined && to > day))) return 0
  const last = begun.reduce((latest, one) => (one.from > latest.from ? one : latest))
  return last.to === undefined ? undefined : daysBetween(last.to, day)
}

/** Whether the steroid dose is higher now than at the earlier study; undefined if days or doses leave it open. */
export function steroidsIncreased(facts: readonly TreatmentFact[], earlier: string, now: string): boolean | undefined {
  const given = (day: string) => facts.map((fact) => ({ fact, was: wasGiven(fact, day) }))
  const [then, today] = [given(earlier), given(now)]
  if ([...then, ...today].some(({ was }) => was === undefined)) return undefined
  const on = (list: typeof then) => list.flatMap(({ fact, was }) => (was ? [fact] : []))
  if (on(today).length === 0) return false
  if (on(then).length === 0) return true
  const dose = (list: TreatmentFact[]) =>
    list.some(({ dailyMg }) => dailyMg === undefined) ? undefined : list.reduce((sum, { dailyMg }) => sum + dailyMg!, 0)
  const [before, after] = [dose(on(then)), dose(on(today))]
  return before === undefined || after === undefined ? undefined : after > before
}
