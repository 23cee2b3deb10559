// A candidate beside the active bundle: one study compared, and all of them set against the limits of its change control; pure.
import type { BundleRef, ChangeLimit, ChangeLimitState, ShadowCase } from '../domain/bundles.ts'
import { HEADS, type ReportableResult } from '../domain/finding.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { quantile } from '../inference/volumes/quantile.ts'
import { dice } from './dice.ts'
import { labelsOnto } from './onto-grid.ts'
import { mean } from './statistics.ts'

type Regions = Readonly<Record<string, readonly number[]>>

/** What one bundle made of a study. */
export interface OneResult {
  result: Pick<ReportableResult, 'measurements' | 'predictions' | 'execution'>
  /** As in the DICOM SEG, in the labels of this bundle. */
  labels: LabelVolume
  regions: Regions
}

/** Regions that one of them withheld, for want of a sequence, are not compared. */
export function compareResults(active: OneResult, shadow: OneResult): Omit<ShadowCase, 'analysisId' | 'comparedAt'> {
  const onActive = labelsOnto(shadow.labels, active.labels.grid)
  const volumeOf = ({ result }: OneResult, region: string) =>
    result.measurements.find((one) => one.region === region)?.value
  const regions = Object.keys(active.regions).flatMap((region) => {
    const [activeMl, shadowMl] = [volumeOf(active, region), volumeOf(shadow, region)]
    if (activeMl === undefined || shadowMl === undefined || !shadow.regions[region]) return []
    const overlap = dice(
      maskOf(active.labels.data, active.regions[region]!),
      maskOf(onActive.data, shadow.regions[region]),
    )
    return [{ region, dice: overlap, activeMl, shadowMl }]
  })
  const seconds = { active: active.result.execution.seconds, shadow: shadow.result.execution.seconds }
  return { seconds, regions, calls: callsOf(active, shadow) }
}

function callsOf(active: OneResult, shadow: OneResult): ShadowCase['calls'] {
  const callOf = ({ result }: OneResult, head: string) => {
    const prediction = result.predictions.find((one) => one.head === head)
    return prediction?.status === 'evaluable' ? prediction.call : undefined
  }
  return HEADS.flatMap((head) => {
    // It makes no calls.
    if (head === 'survival') return []
    const [before, after] = [callOf(active, head), callOf(shadow, head)]
    return [{ head, ...(before !== undefined && { active: before }), ...(after !== undefined && { shadow: after }) }]
  })
}

function maskOf(labels: Uint8Array, members: readonly number[]): Uint8Array {
  const isMember = new Uint8Array(256)
  for (const label of members) isMember[label] = 1
  return labels.map((label) => isMember[label]!)
}

/** What could not be measured is not met. */
export function limitStates(
  limits: readonly ChangeLimit[],
  all: readonly ShadowCase[],
  active: Pick<BundleRef, 'id'>,
): ChangeLimitState[] {
  const cases = all.filter(({ leftOut }) => leftOut === undefined)
  return limits.map((limit) => {
    if (limit.measure === 'replaces') return { limit, cases: cases.length, isMet: limit.ids.includes(active.id) }
    const { measured, cases: seen } = measureOf(limit, cases)
    const isMet = measured !== undefined && ('atLeast' in limit ? measured >= limit.atLeast : measured <= limit.atMost)
    return { limit, ...(measured !== undefined && { measured }), cases: seen, isMet }
  })
}

function measureOf(
  limit: Exclude<ChangeLimit, { measure: 'replaces' }>,
  cases: readonly ShadowCase[],
): { measured: number | undefined; cases: number } {
  const over = (values: readonly number[], measure: (values: readonly number[]) => number) => ({
    measured: values.length === 0 ? undefined : measure(values),
    cases: values.length,
  })
  switch (limit.measure) {
    case 'cases':
      return { measured: cases.length, cases: cases.length }
    case 'failures':
      return over(
        cases.map(({ failure }) => Number(failure !== undefined)),
        mean,
      )
    case 'dice':
      return over(
        regionsIn(cases, limit.region).map((one) => one.dice),
        mean,
      )
    case 'volume-difference':
      return over(
        regionsIn(cases, limit.region).flatMap(({ activeMl, shadowMl }) =>
          activeMl > 0 ? [Math.abs(shadowMl - activeMl) / activeMl] : [],
        ),
        (values) => quantile(values, 0.5),
      )
    case 'changed-calls':
      return over(
        cases.flatMap(({ calls }) =>
          calls.filter(({ head }) => head === limit.head).map(({ active, shadow }) => Number(active !== shadow)),
        ),
        mean,
      )
  }
}

const regionsIn = (cases: readonly ShadowCase[], region: string) =>
  cases.flatMap(({ regions }) => regions.filter((one) => one.region === region))
