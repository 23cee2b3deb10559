// A classification head on one patient: probabilities with intervals, the conformal set, the call or none, contributions.
import type { Head, Prediction } from '../../domain/finding.ts'
import type { TabularHead } from '../bundle/heads.ts'
import { interval95 } from '../volumes/quantile.ts'
import { explain, logOdds, type RunRows } from './explain.ts'
import { BROKEN } from './reasons.ts'

/** The row has passed the head's guards. Exactly one possible class is a call; anything else is indeterminate. */
export async function classify(
  name: Head,
  head: TabularHead,
  row: Float32Array,
  run: RunRows,
  explained: boolean,
): Promise<Prediction> {
  const { classes, conformal } = head
  const { output, members } = await run(row, 1, true)
  if (!members || !areProbabilities(output, classes.length) || !areProbabilities(members, classes.length))
    return { head: name, status: 'not-evaluable', reason: BROKEN }

  const probabilities = Object.fromEntries(classes.map((label, k) => [label, output[k]!]))
  const intervals = Object.fromEntries(
    classes.map((label, k) => [label, interval95(members.filter((_, n) => n % classes.length === k))]),
  )
  const remaining = possibleClasses(head, probabilities)
  const call = remaining.length === 1 ? remaining[0] : undefined
  const of = call ?? mostProbable(classes, probabilities)
  const k = classes.indexOf(of)
  const why = explained ? await explain(head, row, run, (all, n) => logOdds(all[n * classes.length + k]!)) : undefined
  return {
    head: name,
    status: call === undefined ? 'indeterminate' : 'evaluable',
    probabilities,
    intervals,
    ...(call === undefined ? { remaining } : { call }),
    errorRate: conformal.error_rate,
    explanation: why?.contributions ?? [],
    ...(why ? { explained: { of, scale: 'log-odds', reference: why.reference, value: why.value } } : {}),
  }
}

type Probabilities = Readonly<Record<string, number>>

/**
 * The conformal set, and with it the most probable class: limits differ between classes, and a rare class that reaches its low
 * limit must not be called against a likelier one that misses its high limit. Empty when no class reaches its limit.
 */
function possibleClasses({ classes, conformal }: TabularHead, probabilities: Probabilities): string[] {
  const reached = classes.filter((label) => probabilities[label]! >= conformal.limits[label]!)
  const likeliest = mostProbable(classes, probabilities)
  return reached.length === 0 ? [] : classes.filter((label) => reached.includes(label) || label === likeliest)
}

function mostProbable(classes: readonly string[], probabilities: Probabilities): string {
  return classes.reduce((best, label) => (probabilities[label]! > probabilities[best]! ? label : best))
}

/** Rows of `classes` probabilities, up to what float32 and a sum of few numbers lose. */
function areProbabilities(values: Float32Array, classes: number): boolean {
  if (values.length === 0 || values.length % classes !== 0) return false
  for (let from = 0; from < values.length; from += classes) {
    let sum = 0
    for (let k = 0; k < classes; k++) {
      const p = values[from + k]!
      if (!(p >= -1e-4 && p <= 1 + 1e-4)) return false
      sum += p
    }
    if (Math.abs(sum - 1) > 1e-3) return false
  }
  return true
}
