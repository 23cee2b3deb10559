// One tabular head on one patient: guards first, then the answer; a head that may not answer says why.
import type { Head, Prediction } from '../../domain/finding.ts'
import type { RunnableHead } from '../bundle/heads.ts'
import { classify } from './classify.ts'
import type { RunRows } from './explain.ts'
import type { Features } from './feature-values.ts'
import { checkGuard } from './guard.ts'
import { missingReason, outsideReason } from './reasons.ts'
import { survive } from './survive.ts'

/** `run` answers rows in the order of `head.features`. What it throws is passed on. Contributions may be left out to save time. */
export async function evaluateHead(
  name: Head,
  head: RunnableHead,
  features: Features,
  run: RunRows,
  contributions: 'with contributions' | 'without contributions' = 'with contributions',
): Promise<Prediction> {
  const missing = head.required.filter((feature) => !isKnown(features[feature]))
  if (missing.length > 0) return { head: name, status: 'not-evaluable', reason: missingReason(missing) }
  const row = head.features.map((feature) => (isKnown(features[feature]) ? features[feature]! : Number.NaN))
  const { distance, within, farthest } = checkGuard(head, row)
  if (!within) {
    return { head: name, status: 'not-evaluable', reason: outsideReason(distance, head.guard.limit, farthest) }
  }
  const input = Float32Array.from(row)
  const explained = contributions === 'with contributions'
  return head.status === 'tabular'
    ? classify(name, head, input, run, explained)
    : survive(name, head, input, run, explained)
}

const isKnown = (value: number | undefined) => value !== undefined && Number.isFinite(value)
