// One tabular head on one patient: first the guards, then the answer; a head that may not answer says why.
import type { Head, Prediction } from '../../domain/finding.ts'
import type { RunnableHead } from '../bundle/heads.ts'
import { classify } from './classify.ts'
import type { RunRows } from './explain.ts'
import type { Features } from './feature-values.ts'
import { checkGuard } from './guard.ts'
import { missingReason, outsideReason, type Reason } from './reasons.ts'
import type { Rows } from './rows.ts'
import { survive } from './survive.ts'

export interface EvaluateHeadOptions {
  /** The explanation, which takes most of the time. */
  isExplained?: boolean
  /** The same patient with other samples of the segmentation; undefined for a sample without a tumour. */
  samples?: readonly (Features | undefined)[]
  /** For measuring the head: includes the probabilities before the bounds, and reasons without this patient's numbers. */
  isMeasured?: boolean
}

/** `run` answers rows in the order of `head.features`. Its errors are passed on. */
export async function evaluateHead(
  name: Head,
  head: RunnableHead,
  features: Features,
  run: RunRows,
  { isExplained = true, samples = [], isMeasured = false }: EvaluateHeadOptions = {},
): Promise<Prediction> {
  const inputs = rowOf(head, features, isMeasured)
  if (!(inputs instanceof Float32Array)) return { head: name, status: 'not-evaluable', ...inputs }
  const others = samples.flatMap((sample) => {
    const row = sample && rowOf(head, sample, isMeasured)
    return row instanceof Float32Array ? [row] : []
  })
  const rows: Rows = { row: inputs, samples: others, unanswered: samples.length - others.length }
  return head.status === 'tabular'
    ? classify(name, head, rows, run, { isExplained, isMeasured })
    : survive(name, head, rows, run, isExplained)
}

/** The row of a patient for whom the head may answer; otherwise why it may not. */
function rowOf(head: RunnableHead, features: Features, isMeasured: boolean): Float32Array | Reason {
  const missing = head.required.filter((feature) => !isKnown(features[feature]))
  if (missing.length > 0) return missingReason(missing)
  const row = head.features.map((feature) => (isKnown(features[feature]) ? features[feature]! : Number.NaN))
  const { distance, within, farthest } = checkGuard(head, row)
  if (within) return Float32Array.from(row)
  return outsideReason(farthest, isMeasured ? undefined : { distance, limit: head.guard.limit })
}

const isKnown = (value: number | undefined) => value !== undefined && Number.isFinite(value)
