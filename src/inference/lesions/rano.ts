// The response category by size alone: products of diameters as in RANO (Wen 2010; RANO 2.0, Wen 2023).
import type { ChangeCategory, SizeResponse } from '../../domain/comparison.ts'
import { HALF_95 } from '../../domain/finding.ts'
import { type MeasuredLesion, productOf } from './diameters.ts'
import { LESION_LIMITS } from './lesion-limits.ts'

const PROGRESSION = LESION_LIMITS.progression.value
const RESPONSE = LESION_LIMITS.response.value
const GROWN_MM = LESION_LIMITS.grown.value
/** Rounding of a product must not push a change across a limit. */
const SLACK = 1e-9

export interface EnhancingChange {
  /** Every enhancing lesion at both times, largest product first. */
  earlier: readonly MeasuredLesion[]
  now: readonly MeasuredLesion[]
  /** For each present lesion, the earlier ones that it continues. */
  predecessors: readonly (readonly number[])[]
  /** Standard deviation of the enhancing volume as a share of it; undefined if unknown. */
  deviationThen: number | undefined
  deviationNow: number | undefined
}

/**
 * Targets are the measurable lesions of the earlier study, at most three; whatever continues them now is summed, measurable or
 * not. A new lesion counts if it is measurable. The earlier study is used as baseline and nadir, which are not known here.
 */
export function sizeResponse(change: EnhancingChange): SizeResponse {
  const { earlier, now, predecessors } = change
  const targets = earlier
    .flatMap(({ diameters }, p) => (diameters.measurable ? [p] : []))
    .slice(0, LESION_LIMITS.targets.value)
  const sum = (lesions: readonly MeasuredLesion[]) => lesions.reduce((all, one) => all + productOf(one.diameters), 0)
  const productThen = sum(targets.map((p) => earlier[p]!))
  const productNow = sum(now.filter((_, n) => predecessors[n]!.some((p) => targets.includes(p))))
  const share = productThen > 0 ? productNow / productThen - 1 : undefined
  const deviation = share === undefined ? undefined : deviationOf(productNow / productThen, change)
  const fresh = now.filter((_, n) => predecessors[n]!.length === 0)
  const grown = now.filter((lesion, n) =>
    hasGrown(
      lesion,
      predecessors[n]!.map((p) => earlier[p]!),
    ),
  )
  const small = fresh.filter(({ diameters }) => !diameters.measurable).length
  const notCounted =
    small === 0
      ? []
      : [`${count(small, 'new enhancing lesion')} too small to measure (below 10 mm by 10 mm) not counted.`]
  const response = (
    category: ChangeCategory | undefined,
    reason: string,
    possible?: ChangeCategory[],
  ): SizeResponse => ({
    ...(category && { category }),
    productThen,
    productNow,
    ...(share !== undefined && { percent: 100 * share }),
    ...(deviation !== undefined && { percentDeviation: 100 * deviation }),
    ...(possible && { possible }),
    reasons: [reason, ...notCounted],
  })

  if (now.length === 0) {
    if (earlier.length === 0) return response(undefined, 'There is no enhancing tumour at either time.')
    return response('CR', 'No enhancing tumour is found any more.')
  }
  const measurable = fresh.filter(({ diameters }) => diameters.measurable).length
  if (measurable > 0) return response('PD', `${count(measurable, 'new measurable enhancing lesion')}.`)
  if (grown.length > 0)
    return response('PD', `${count(grown.length, 'enhancing lesion')} grew from too small to measure to measurable.`)
  if (share === undefined)
    return response(undefined, 'No enhancing lesion of the earlier study was measurable (10 mm by 10 mm).')
  const reach = deviation === undefined ? undefined : reached(share - HALF_95 * deviation, share + HALF_95 * deviation)
  return response(categoryOf(share), 'From the sum of products of diameters of the measurable lesions.', reach)
}

function categoryOf(share: number): ChangeCategory {
  if (share >= PROGRESSION - SLACK) return 'PD'
  return share <= RESPONSE + SLACK ? 'PR' : 'SD'
}

function reached(low: number, high: number): ChangeCategory[] {
  return [
    ...(low <= RESPONSE + SLACK ? (['PR'] as const) : []),
    ...(high > RESPONSE + SLACK && low < PROGRESSION - SLACK ? (['SD'] as const) : []),
    ...(high >= PROGRESSION - SLACK ? (['PD'] as const) : []),
  ]
}

/** One standard deviation of a ratio of two products with independent errors. */
function deviationOf(ratio: number, { deviationThen, deviationNow }: EnhancingChange): number | undefined {
  if (deviationThen === undefined || deviationNow === undefined) return undefined
  return LESION_LIMITS.volumeToProduct.value * ratio * Math.hypot(deviationThen, deviationNow)
}

function hasGrown({ diameters }: MeasuredLesion, before: readonly MeasuredLesion[]): boolean {
  if (!diameters.measurable || before.length === 0 || before.some((one) => one.diameters.measurable)) return false
  return before.every(
    (one) =>
      diameters.longestMm - one.diameters.longestMm >= GROWN_MM &&
      diameters.perpendicularMm - one.diameters.perpendicularMm >= GROWN_MM,
  )
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
