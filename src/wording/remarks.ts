// The sentences that a result keeps: written in English, with what they state, so that the PDF report can say them in its own language.
import type { Comparison } from '../domain/comparison.ts'
import type { Prediction, QualityNote } from '../domain/finding.ts'
import type { Said } from '../domain/said.ts'
import { comparisonIn } from './comparison.ts'
import { featuresIn } from './feature-names.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import type { Speech } from './languages/speech.ts'
import { predictionsIn } from './predictions.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'

type Remarks = Wording['remarks']
export type Remark = { text: string; said: Said }

export function speechIn(wording: Wording, quantities: Quantities): Speech {
  return {
    ...quantities,
    heads: wording.heads,
    sequences: wording.sequences,
    regionName: (key, name) => wording.regions[key] ?? name.toLowerCase(),
    riskGroupName: (name) => wording.riskGroups[name] ?? name,
    ...featuresIn(wording, quantities),
    ...predictionsIn(wording, quantities),
  }
}

const english = speechIn(ENGLISH, ENGLISH_QUANTITIES)

/** The sentence in English, and what it states. */
export function remark<S extends keyof Remarks & string>(
  sentence: S,
  ...[values = {}]: Parameters<Remarks[S]> extends [infer V, ...unknown[]] ? [values: V & Said['values']] : []
): Remark {
  return { text: say(ENGLISH.remarks, { sentence, values }, english)!, said: { sentence, values } }
}

/** Undefined if this version has no such sentence. The values are those that `remark` took. */
function say(remarks: Remarks, { sentence, values }: Said, speech: Speech): string | undefined {
  if (!Object.hasOwn(remarks, sentence)) return undefined
  const sentenceOf = remarks[sentence as keyof Remarks] as (values: Said['values'], speech: Speech) => string
  return sentenceOf(values, speech)
}

export function remarksIn(wording: Wording, quantities: Quantities) {
  const speech = speechIn(wording, quantities)
  const { comparedSentence } = comparisonIn(wording, quantities)
  const again = (said: Said | undefined, text: string) =>
    (said && say(wording.remarks, said, speech)) ?? wording.quoted(text)
  return {
    /** A note in this language, or quoted in English if it is known in English alone. */
    noteText: ({ code, text, said }: QualityNote, { comparison }: { comparison?: Comparison }) =>
      code === 'prior-compared' && comparison ? comparedSentence(comparison) : again(said, text),
    /** Why a head does not answer, in the same way; empty if there is no reason. */
    reasonText: ({ reason, said }: Pick<Prediction, 'reason' | 'said'>) =>
      reason === undefined || reason === '' ? '' : again(said, reason),
  }
}
