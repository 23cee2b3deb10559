// The rows of the prediction table: the call and how likely it is, each probability with its interval, and why there is no call.

import type { EvaluatedPrediction, Prediction, TissueResult } from '../domain/finding.ts'
import { likelihoodOf } from '../wording/predictions.ts'
import type { Words } from '../wording/report-words.ts'

export interface PredictionRow {
  name: string
  status: 'evaluable' | 'indeterminate' | 'not-evaluable'
  /** Whether the result comes from a tissue test. */
  isTissue?: boolean
  /** The call, "indeterminate" or "not evaluable". */
  result: string
  /** The classes that an indeterminate head cannot tell apart, or the risk group; empty if neither applies. */
  detail: string
  /** Why there is no call, or what the data can show for it; printed below the probabilities, if any. */
  reason: string
  /** Most probable first; months in order. Of two classes only the first is listed, since the second is its complement. */
  lines: ProbabilityLine[]
}

export interface ProbabilityLine {
  /** The class; for the called one, how likely it is. */
  label: string
  /** "91 % (84–96)" */
  text: string
  probability: number
  interval?: readonly [number, number]
}

export function predictionRow(prediction: Prediction, words: Words): PredictionRow {
  const { head, status } = prediction
  const name = words.heads[head]
  if (prediction.status === 'not-evaluable') {
    return { name, status, result: words.notEvaluable, detail: '', reason: words.reasonText(prediction), lines: [] }
  }
  const { probabilities, intervals, call } = prediction
  const line = (key: string): ProbabilityLine => {
    const [probability, interval] = [probabilities[key]!, intervals[key]]
    const text = words.percentWithInterval(probability, interval)
    // The preceding column names the called class but has no room for how likely it is.
    const likelihood = key === call ? likelihoodOf(prediction) : undefined
    const label = likelihood === undefined ? words.className(head, key) : words.likelihood[likelihood]
    return { label, text, probability, ...(interval ? { interval } : {}) }
  }
  if (head === 'survival') {
    const months = Object.keys(probabilities).sort((a, b) => Number(a) - Number(b))
    const result = status === 'indeterminate' ? words.indeterminate : words.survivalResult
    const detail = prediction.survival ? words.riskGroupOf(words.riskGroupName(prediction.survival.group.name)) : ''
    return { name, status, result, detail, reason: words.reasonText(prediction), lines: months.map(line) }
  }
  const rank = (key: string) => (key === call ? Number.POSITIVE_INFINITY : probabilities[key]!)
  const keys = Object.keys(probabilities).sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))
  const first = keys[0] === undefined ? words.notStated : words.className(head, keys[0])
  const result = status === 'indeterminate' ? words.indeterminate : first
  const detail = call === undefined ? undecidedDetail(prediction, words) : ''
  const reason = words.reasonText(prediction) || (words.evidenceSentences(prediction).at(-1) ?? '')
  const lines = keys.slice(0, keys.length === 2 ? 1 : keys.length).map(line)
  return { name, status, result, detail, reason, lines }
}

/** With two classes, "indeterminate" says it all. */
function undecidedDetail({ head, remaining, probabilities }: EvaluatedPrediction, words: Words): string {
  const isPlain = remaining === undefined || (Object.keys(probabilities).length === 2 && remaining.length === 2)
  return isPlain ? '' : words.undecided(remaining.map((key) => words.className(head, key)))
}

/** The newest tissue test replaces the call; the quality notes quote all of them in full. */
export function withTissue(row: PredictionRow, tissue: TissueResult | undefined, words: Words): PredictionRow {
  if (!tissue) return row
  return { ...row, isTissue: true, result: words.tissueCall(tissue.value), detail: words.fromImages(row.result) }
}
