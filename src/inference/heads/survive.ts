// A survival head on one patient: survival at the horizons with intervals, risk group and its Kaplan-Meier reference (Cox 1972, Breslow 1974).
import type { Head, Prediction, RiskGroup } from '../../domain/finding.ts'
import type { SurvivalHead } from '../bundle/heads.ts'
import { interval95 } from '../volumes/quantile.ts'
import { explain, type RunRows } from './explain.ts'
import { BROKEN } from './reasons.ts'

/** The intervals show how far the ensemble's members differ, not how differently patients of equal risk live. */
export async function survive(
  name: Head,
  head: SurvivalHead,
  row: Float32Array,
  run: RunRows,
  explained: boolean,
): Promise<Prediction> {
  const { output, members } = await run(row, 1, true)
  const logRisk = output[0] ?? Number.NaN
  if (!members || members.length === 0 || ![logRisk, ...members].every(Number.isFinite))
    return { head: name, status: 'not-evaluable', reason: BROKEN }
  const probabilities: Record<string, number> = {}
  const intervals: Record<string, readonly [number, number]> = {}
  for (const month of head.horizons_months) {
    probabilities[month] = survivalAt(head, month, logRisk)
    intervals[month] = interval95(members.map((member) => survivalAt(head, month, member)))
  }
  const why = explained ? await explain(head, row, run, (all, n) => all[n]!) : undefined
  return {
    head: name,
    status: 'evaluable',
    probabilities,
    intervals,
    explanation: why?.contributions ?? [],
    ...(why
      ? { explained: { of: 'risk of death', scale: 'log-risk', reference: why.reference, value: why.value } }
      : {}),
    survival: { logRisk, logRiskInterval: interval95(members), group: riskGroup(head, logRisk) },
  }
}

/** S(t|x) = exp(-H0(t) exp(log risk)); H0 is a step function that is 0 before its first month. */
export function survivalAt({ baseline }: Pick<SurvivalHead, 'baseline'>, month: number, logRisk: number): number {
  const step = baseline.months.findLastIndex((at) => at <= month)
  return Math.exp(-(baseline.cumulative_hazard[step] ?? 0) * Math.exp(logRisk))
}

/** The first group whose upper limit the risk does not exceed. */
export function riskGroup({ risk_groups: groups }: Pick<SurvivalHead, 'risk_groups'>, logRisk: number): RiskGroup {
  const { name, n, events, kaplan_meier } = groups.find(
    ({ upper_log_risk: upper }) => upper === null || logRisk <= upper,
  )!
  return { name, n, events, kaplanMeier: kaplan_meier }
}
