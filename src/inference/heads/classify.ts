// A classification head on one patient: probabilities with intervals, the conformal set, the call or why there is none, contributions.

import type { EvaluatedPrediction, Head, Prediction } from '../../domain/finding.ts'
import type { TabularHead } from '../bundle/heads.ts'
import { interval95 } from '../volumes/quantile.ts'
import { type Bounds, bounded, boundsOf, errorBudget, joinErrors, patientsBehind, wilson } from './bounds.ts'
import { explain, logOdds, type RunRows } from './explain.ts'
import { BROKEN, boundReason, outlineReason, undecidedReason, unlikelyReason } from './reasons.ts'
import { concatenated, type Rows } from './rows.ts'

type Probabilities = Readonly<Record<string, number>>

/**
 * The row has passed the head's guards. A class is called if it alone is in the conformal set, its probability reaches what a
 * call needs, and no sample of the segmentation leads to another class; anything else is indeterminate, with the reason.
 * Intervals cover the spread of models and samples and the sampling error of the calibration data.
 */
export async function classify(
  name: Head,
  head: TabularHead,
  { row, samples, unanswered }: Rows,
  run: RunRows,
  { isExplained, isMeasured }: { isExplained: boolean; isMeasured: boolean },
): Promise<Prediction> {
  const { classes, conformal } = head
  const count = 1 + samples.length
  const { output, members } = await run(concatenated([row, ...samples]), count, true)
  const isWhole = output.length === count * classes.length
  if (!members || !isWhole || !areProbabilities(output, classes.length) || !areProbabilities(members, classes.length))
    return { head: name, status: 'not-evaluable', ...BROKEN }

  const answers = Array.from({ length: count }, (_, n) =>
    Object.fromEntries(classes.map((label, k) => [label, output[n * classes.length + k]!])),
  )
  const scores = answers[0]!
  const bounds = boundsOf(head)
  const probabilities = bounded(scores, bounds.most)
  const decision = decide(name, head, bounds, answers, unanswered)
  const of = decision.call ?? mostProbable(classes, scores)
  const k = classes.indexOf(of)
  const why = isExplained ? await explain(head, row, run, (all, n) => logOdds(all[n * classes.length + k]!)) : undefined
  const { patients, most } = bounds
  const budget = decision.call === undefined ? undefined : errorBudget(bounds.bins, probabilities[decision.call]!)
  return {
    head: name,
    status: decision.call === undefined ? 'indeterminate' : 'evaluable',
    probabilities,
    intervals: intervalsOf(probabilities, members, bounds),
    ...decision,
    bounds: { patients: { ...patients }, most: { ...most } },
    ...(budget && { errorBudget: { n: budget.n, wrong: budget.wrong } }),
    leastCall: bounds.minCall,
    errorRate: conformal.error_rate,
    ...(isMeasured && { scores }),
    explanation: why?.contributions ?? [],
    ...(why ? { explained: { of, scale: 'log-odds', reference: why.reference, value: why.value } } : {}),
  }
}

type Decision = Pick<EvaluatedPrediction, 'call' | 'remaining' | 'reason' | 'said'>

/** `answers` are for the outline, then for its samples. */
function decide(
  name: Head,
  head: TabularHead,
  bounds: Bounds,
  answers: readonly Probabilities[],
  unanswered: number,
): Decision {
  const { classes } = head
  const scores = answers[0]!
  const remaining = possibleClasses(head, scores)
  const call = remaining[0]
  if (call === undefined || remaining.length > 1) return { remaining, ...undecidedReason(name, remaining) }
  const { minCall, most, patients } = bounds
  const of = { head: name, label: call }
  const probability = bounded(scores, most)[call]!
  if (probability < minCall) {
    const reason =
      scores[call]! >= minCall
        ? boundReason({ ...of, patients: patients[call]!, most: most[call]!, least: minCall })
        : unlikelyReason({ ...of, probability, least: minCall })
    return { remaining: leading(classes, scores, minCall), ...reason }
  }
  const samples = answers.slice(1)
  const others = samples.map((one) => mostProbable(classes, one)).filter((label) => label !== call)
  const mean = answers.reduce((sum, one) => sum + bounded(one, most)[call]!, 0) / answers.length
  if (others.length === 0 && unanswered === 0 && mean >= minCall) return { call }
  const possible = new Set([call, ...others, ...leading(classes, scores, 1).slice(0, 2)])
  return {
    remaining: classes.filter((label) => possible.has(label)),
    ...outlineReason({ ...of, samples: samples.length + unanswered, differing: others.length + unanswered }),
  }
}

/**
 * The conformal set, always with the most probable class: limits differ between classes, and a rare class that reaches its low
 * limit must not be called over a likelier one that misses its high limit. Empty if no class reaches its limit.
 */
function possibleClasses({ classes, conformal }: TabularHead, probabilities: Probabilities): string[] {
  const reached = classes.filter((label) => probabilities[label]! >= conformal.limits[label]!)
  const likeliest = mostProbable(classes, probabilities)
  return reached.length === 0 ? [] : classes.filter((label) => reached.includes(label) || label === likeliest)
}

/** The most probable classes that together reach `enough`, most probable first; at least two. */
function leading(classes: readonly string[], probabilities: Probabilities, enough: number): string[] {
  const ordered = classes.toSorted((a, b) => probabilities[b]! - probabilities[a]!)
  let sum = 0
  return ordered.filter((label, n) => {
    const isNeeded = n < 2 || sum < enough
    sum += probabilities[label]!
    return isNeeded
  })
}

function mostProbable(classes: readonly string[], probabilities: Probabilities): string {
  return classes.reduce((best, label) => (probabilities[label]! > probabilities[best]! ? label : best))
}

/** `members` holds the answers of every model for every sample, rows of `classes` probabilities. */
function intervalsOf(probabilities: Probabilities, members: Float32Array, bounds: Bounds) {
  const classes = Object.keys(probabilities)
  const n = patientsBehind(bounds, Math.max(...Object.values(probabilities)))
  return Object.fromEntries(
    classes.map((label, k) => {
      const spread = interval95(members.filter((_, at) => at % classes.length === k))
      const p = probabilities[label]!
      // With two classes, an upper bound on one is a lower bound on the other.
      const other = classes.length === 2 ? classes[1 - k] : undefined
      const least = other === undefined ? 0 : 1 - bounds.most[other]!
      return [label, joinErrors(p, spread, wilson(p, n), [least, bounds.most[label]!])]
    }),
  )
}

/** Rows of `classes` probabilities, within what float32 and a short sum lose. */
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
