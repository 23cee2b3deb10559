// The same words about a prediction in every output: how likely a call is, what the data can show, how often calls were wrong.
import type { EvaluatedPrediction, Head } from '../domain/finding.ts'
import { percent } from './quantities.ts'

/** At or above this probability a call is "very likely" (Mastrandrea 2010, IPCC guidance on uncertainty). */
const VERY_LIKELY = 0.9

/** Undefined without a call, and when a person made the call and the probabilities contradict it. */
export function likelihoodOf({
  call,
  probabilities,
}: Pick<EvaluatedPrediction, 'call' | 'probabilities'>): 'very likely' | 'likely' | undefined {
  const probability = call === undefined ? 0 : (probabilities[call] ?? 0)
  return probability >= VERY_LIKELY ? 'very likely' : probability > 0.5 ? 'likely' : undefined
}

/** The call, written as `name`, and how likely it is; without a call "uncertain", whatever the probabilities. */
export function callWords(
  prediction: Pick<EvaluatedPrediction, 'call' | 'probabilities'>,
  name = prediction.call,
): string {
  const likelihood = likelihoodOf(prediction)
  return name === undefined ? 'uncertain' : likelihood === undefined ? name : `${name} (${likelihood})`
}

/** A class as people say it: months for survival, a grade for a bare number, else the bundle's own word. */
export const className = (head: Head, label: string) =>
  head === 'survival' ? `${label} months` : head === 'grade' && /^\d$/.test(label) ? `grade ${label}` : label

/** Why a head with these remaining classes makes no call; `remaining` holds their readable names. */
export const undecidedSentence = (remaining: readonly string[]) =>
  remaining.length === 0 ? 'No class is likely enough.' : `Cannot be told apart: ${remaining.join(', ')}.`

/** Rounded down to whole percent: an upper bound must not be rounded up. */
export const percentBelow = (share: number) => `${Math.floor(100 * share + 1e-9)} %`

/** The most that the data can show for the call, or for the likeliest class; empty if the bundle gives no bounds. */
export function boundSentence(prediction: EvaluatedPrediction): string {
  const { head, call, bounds, probabilities } = prediction
  if (!bounds) return ''
  const label = call ?? Object.entries(probabilities).reduce((best, one) => (one[1] > best[1] ? one : best))[0]
  const [n, most] = [bounds.patients[label], bounds.most[label]]
  if (n === undefined || most === undefined) return ''
  return `Data from ${n} patients with ${className(head, label)} can show no more than ${percentBelow(most)}.`
}

/** "Of 100 patients like this one in the measured data, 6 were called wrongly"; empty if nothing was measured. */
export function budgetSentence({ errorBudget }: Pick<EvaluatedPrediction, 'errorBudget'>): string {
  if (!errorBudget || errorBudget.n === 0) return ''
  const { n, wrong } = errorBudget
  return `Of 100 patients like this one in the measured data, ${Math.round((100 * wrong) / n)} were called wrongly (${wrong} of ${n}).`
}

/** "5 of 190 such calls were wrong" */
export function shortBudget({ errorBudget }: Pick<EvaluatedPrediction, 'errorBudget'>): string {
  return errorBudget && errorBudget.n > 0 ? `${errorBudget.wrong} of ${errorBudget.n} such calls were wrong` : ''
}

/** Explains the hatched part of a bar. */
export const abstainSentence = (least: number) => `Hatched: below ${percent(least)} no class is called.`

/** Whichever of the two sentences apply. */
export const evidenceSentences = (prediction: EvaluatedPrediction) =>
  [boundSentence(prediction), budgetSentence(prediction)].filter((sentence) => sentence !== '')
