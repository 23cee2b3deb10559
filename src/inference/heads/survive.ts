// A survival head on one patient: survival at the horizons with intervals, risk group and its Kaplan-Meier reference (Cox 1972, Breslow 1974).
import type { Head, Prediction, RiskGroup } from '../../domain/finding.ts'
import type { SurvivalHead } from '../bundle/heads.ts'
import { interval95 } from '../volumes/quantile.ts'
import { joinErrors, survivalBounds, wilson } from './bounds.ts'
import { explain, type RunRows } from './explain.ts'
import { BROKEN, outlineReason } from './reasons.ts'
import { concatenated, type Rows } from './rows.ts'

/**
 * The intervals show how much the ensemble's members differ over the samples of the segmentation, and the uncertainty due to
 * the size of the risk group; not how much survival varies between patients of equal risk. Indeterminate if samples lead to
 * different groups.
 */
export async function survive(
  name: Head,
  head: SurvivalHead,
  { row, samples, unanswered }: Rows,
  run: RunRows,
  isExplained: boolean,
): Promise<Prediction> {
  const count = 1 + samples.length
  const { output, members } = await run(concatenated([row, ...samples]), count, true)
  const isWhole = output.length === count
  if (!members || members.length === 0 || !isWhole || ![...output, ...members].every(Number.isFinite))
    return { head: name, status: 'not-evaluable', ...BROKEN }
  const logRisk = output[0]!
  const group = riskGroup(head, logRisk)
  const [least, most] = survivalBounds(group)
  const probabilities: Record<string, number> = {}
  const intervals: Record<string, readonly [number, number]> = {}
  for (const month of head.horizons_months) {
    const p = Math.min(most, Math.max(least, survivalAt(head, month, logRisk)))
    const spread = interval95(members.map((member) => survivalAt(head, month, member)))
    probabilities[month] = p
    intervals[month] = joinErrors(p, spread, wilson(p, group.n), [least, most])
  }
  const differing = [...output.slice(1)].filter((other) => riskGroup(head, other).name !== group.name).length
  const isSplit = differing + unanswered > 0
  const why = isExplained ? await explain(head, row, run, (all, n) => all[n]!) : undefined
  return {
    head: name,
    status: isSplit ? 'indeterminate' : 'evaluable',
    ...(isSplit &&
      outlineReason({
        head: name,
        label: group.name,
        samples: samples.length + unanswered,
        differing: differing + unanswered,
      })),
    probabilities,
    intervals,
    explanation: why?.contributions ?? [],
    ...(why
      ? { explained: { of: 'risk of death', scale: 'log-risk', reference: why.reference, value: why.value } }
      : {}),
    survival: { logRisk, logRiskInterval: interval95(members), group },
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
