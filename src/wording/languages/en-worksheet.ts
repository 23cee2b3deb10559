// The follow-up worksheet in English.
import type { BtRads } from '../../domain/bt-rads.ts'
import type { Missing, Step, WORKSHEET_LIMITS } from '../../domain/worksheet.ts'

const BT_RADS: Readonly<Record<BtRads, string>> = {
  '0': 'not scored: no suitable earlier study',
  '1a': 'improvement',
  '1b': 'improvement, medication effect possible',
  '2': 'no appreciable change',
  '3a': 'worse, treatment effect favoured',
  '3b': 'worse, indeterminate',
  '3c': 'worse, tumour progression favoured',
  '4': 'worse, highly suspicious for tumour progression',
}

const MISSING: Readonly<Record<Missing, string>> = {
  volumes: 'enhancing and whole tumour were not both measured at both times',
  error: 'the error of a change is not known',
  mixed: 'one part is better and another worse, which the rule does not cover',
  radiotherapy: 'radiotherapy was not read from the record',
  'end-of-radiotherapy': 'the record does not say when radiotherapy ended',
  bevacizumab: 'it is not known whether bevacizumab still acts',
  steroids: 'it is not known whether steroids were increased',
  'study-before': 'it is not known whether it was already worse on the previous study',
  size: 'the change by diameters is not evaluable',
}

const QUESTIONS: Readonly<Record<Step['question'], string>> = {
  prior: 'Suitable earlier study?',
  enhancing: 'Enhancing tumour, by volume',
  flair: 'Whole tumour (FLAIR), by volume',
  'new-lesion': 'New lesion?',
  bevacizumab: 'Bevacizumab?',
  steroids: 'Steroids?',
  radiotherapy: 'Time since radiotherapy',
  'which-worse': 'What is worse?',
  'how-much': 'How much worse?',
  progressive: 'Already worse on the previous study?',
  size: 'Enhancing lesions, by products of diameters',
  confirmation: 'Confirmed by a study four weeks later?',
}

/** The answers of the steps; one that is none of these is a category by size. */
const ANSWERS = {
  yes: 'yes',
  no: 'no',
  unknown: 'not known',
  better: 'better',
  same: 'no appreciable change',
  worse: 'worse',
  first: 'first study on it',
  sustained: 'on it at the earlier study too',
  increased: 'more than at the earlier study',
  'not-increased': 'no more than at the earlier study',
  none: 'none on record',
  soon: 'within the limit',
  later: 'beyond the limit',
  one: 'enhancing tumour or FLAIR',
  both: 'enhancing tumour and FLAIR',
  much: 'beyond the limit',
  little: 'within the limit',
  needed: 'to be awaited',
}

const LIMITS = {
  radiationDays: (days) => `${days} days`,
  muchWorse: (share) => `${share} of a volume`,
  appreciable: (share) => `${share} and its own 95 % error`,
  newLesion: (ml) => `${ml} mL`,
  bevacizumabDays: (days) => `within ${days} days of a dose`,
  confirmDays: (days) => `${days} days`,
} satisfies Record<keyof typeof WORKSHEET_LIMITS, (value: string) => string>

export const WORKSHEET = {
  title: 'Worksheet for this follow-up',
  titleOf: (rule: string) => `Worksheet for this follow-up: ${rule}`,
  caveat:
    'A proposal based on measurements and on what the record states, not an assessment. Compare it with the images and the patient; a person decides.',
  question: 'Question',
  answer: 'Answer',
  limit: 'Limit',
  basis: 'Based on',
  basedOn: (fact: string) => `Based on: ${fact}`,
  btRads: BT_RADS,
  preliminaryPd: 'preliminary-PD',
  preliminary: 'progressed by size soon after radiotherapy: to be confirmed by a further study',
  missing: MISSING,
  questions: QUESTIONS,
  answers: ANSWERS,
  limits: LIMITS,
  days: (count: number) => (count === 1 ? '1 day' : `${count} days`),
  errorNotKnown: '(error not known)',
  proposed: (category: string, alsoPossible: readonly string[]) =>
    `Proposed: ${category}${alsoPossible.length > 0 ? `; also possible: ${alsoPossible.join('; ')}` : ''}.`,
  notProposed: (why: string, open: readonly string[]) =>
    `Nothing is proposed: ${why}${open.length > 0 ? `; open: ${open.join('; ')}` : ''}.`,
  goesOn: 'goes on',
  endNotStated: 'end not stated',
  /** A treatment of several days. */
  period: (from: string, to: string) => `${from} to ${to}`,
  aDay: (mg: string) => `${mg} mg a day`,
}
