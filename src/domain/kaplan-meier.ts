// A Kaplan-Meier curve as the report and the page draw it: its extent, its corners and its shares.
import type { RiskGroup } from './finding.ts'

export const TICK_MONTHS = 12
const MAX_MONTHS = 60

/** Months shown: whole years that cover the patient's horizons and the group's curve, five at most. */
export function monthsShown(months: readonly number[], horizons: readonly number[]): number {
  const covered = Math.min(MAX_MONTHS, Math.max(TICK_MONTHS, ...horizons, months.at(-1) ?? 0))
  return TICK_MONTHS * Math.ceil(covered / TICK_MONTHS)
}

/** The share of the group that is alive after so many months. */
export function shareAlive({ months, survival }: Pick<RiskGroup['kaplanMeier'], 'months' | 'survival'>, month: number) {
  return survival[months.findLastIndex((at) => at <= month)] ?? 1
}

/** Corners of the step function from (0, 1): it keeps its share until the month of the next step, and ends where the data end. */
export function stepCorners(months: readonly number[], shares: readonly number[], last: number): [number, number][] {
  const corners: [number, number][] = [[0, 1]]
  let share = 1
  months.forEach((month, n) => {
    if (month > last) return
    corners.push([month, share], [month, shares[n]!])
    share = shares[n]!
  })
  // The curve continues beyond the plot.
  if ((months.at(-1) ?? 0) > last) corners.push([last, share])
  return corners
}
