// The same words about a prediction in every output: how likely a call is, what the data can show, how often calls were wrong.
import type { EvaluatedPrediction, Head } from '../domain/finding.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { ENGLISH_QUANTITIES, percent, type Quantities } from './quantities.ts'

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

/** Explains the hatched part of a bar. */
export const abstainSentence = (least: number) => `Hatched: below ${percent(least)} no class is called.`
export const leastCallSentence = (least: number) => `Below ${percent(least)} no class is called.`

export function predictionsIn(words: Wording, { percentBelow }: Pick<Quantities, 'percentBelow'>) {
  /** A class as people say it: months for survival, a grade for a bare number, else the bundle's own word or its translation. */
  function className(head: Head, label: string): string {
    if (head === 'survival') return words.months(label)
    return head === 'grade' && /^\d$/.test(label) ? words.grade(label) : (words.classes[label] ?? label)
  }

  /** The call, written as `name`, and how likely it is; without a call "uncertain", whatever the probabilities. */
  function callWords(
    prediction: Pick<EvaluatedPrediction, 'call' | 'probabilities'>,
    name: string | undefined = prediction.call,
  ): string {
    const likelihood = likelihoodOf(prediction)
    if (name === undefined) return words.uncertain
    return likelihood === undefined ? name : `${name} (${words.likelihood[likelihood]})`
  }

  /** The most that the data can show for the call, or for the likeliest class; empty if the bundle gives no bounds. */
  function boundSentence(prediction: EvaluatedPrediction): string {
    const { head, call, bounds, probabilities } = prediction
    if (!bounds) return ''
    const label = call ?? Object.entries(probabilities).reduce((best, one) => (one[1] > best[1] ? one : best))[0]
    const [n, most] = [bounds.patients[label], bounds.most[label]]
    return n === undefined || most === undefined ? '' : words.bound(n, className(head, label), percentBelow(most))
  }

  /** "Of 100 patients like this one in the measured data, 6 were called wrongly"; empty if nothing was measured. */
  function budgetSentence({ errorBudget }: Pick<EvaluatedPrediction, 'errorBudget'>): string {
    if (!errorBudget || errorBudget.n === 0) return ''
    const { n, wrong } = errorBudget
    return words.budget(Math.round((100 * wrong) / n), wrong, n)
  }

  return {
    className,
    callWords,
    boundSentence,
    budgetSentence,
    /** "5 of 190 such calls were wrong" */
    shortBudget: ({ errorBudget }: Pick<EvaluatedPrediction, 'errorBudget'>) =>
      errorBudget && errorBudget.n > 0 ? words.briefBudget(errorBudget.wrong, errorBudget.n) : '',
    /** Whichever of the two sentences apply. */
    evidenceSentences: (prediction: EvaluatedPrediction) =>
      [boundSentence(prediction), budgetSentence(prediction)].filter((sentence) => sentence !== ''),
  }
}

/** In English, as everywhere but in the PDF report. */
export const { className, callWords, boundSentence, budgetSentence, shortBudget, evidenceSentences } = predictionsIn(
  ENGLISH,
  ENGLISH_QUANTITIES,
)

/** Why a head with these remaining classes makes no call; `remaining` holds their readable names. */
export const undecidedSentence = ENGLISH.cannotTell
