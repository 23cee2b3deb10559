// The follow-up worksheet in sentences: each question with its answer, its limit and its basis, and what is proposed, or why nothing is.
import { type BtRads, btRads } from '../domain/bt-rads.ts'
import { calendarDate } from '../domain/dicom-date.ts'
import type { ReportableResult } from '../domain/finding.ts'
import { type Rano, ranoWorksheet } from '../domain/rano-worksheet.ts'
import type { TreatmentFact } from '../domain/treatment.ts'
import { type Missing, type Step, WORKSHEET_LIMITS, type Worksheet } from '../domain/worksheet.ts'
import { CATEGORY_NAMES } from './comparison.ts'
import { partPercent, signed } from './quantities.ts'

export const WORKSHEET = {
  title: 'Worksheet for this follow-up',
  caveat:
    'A proposal based on measurements and on what the record states, not an assessment. Compare it with the images and the patient; a person decides.',
  question: 'Question',
  answer: 'Answer',
  limit: 'Limit',
  basis: 'Based on',
} as const

export interface WorksheetText {
  title: string
  /** "Proposed: 3a – worse, treatment effect favoured", or why nothing is proposed. */
  proposal: string
  rows: { question: string; answer: string; limit: string; facts: readonly TreatmentFact[] }[]
}

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

const RANO: Readonly<Record<Rano, string>> = {
  ...CATEGORY_NAMES,
  'preliminary-PD': 'progressed by size soon after radiotherapy: to be confirmed by a further study',
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

const ANSWERS: Readonly<Record<string, string>> = {
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

const LIMITS: Readonly<Record<keyof typeof WORKSHEET_LIMITS, string>> = {
  radiationDays: `${WORKSHEET_LIMITS.radiationDays.value} days`,
  muchWorse: `${partPercent(WORKSHEET_LIMITS.muchWorse.value)} of a volume`,
  appreciable: `${partPercent(WORKSHEET_LIMITS.appreciable.value)} and its own 95 % error`,
  newLesion: `${WORKSHEET_LIMITS.newLesion.value} mL`,
  bevacizumabDays: `within ${WORKSHEET_LIMITS.bevacizumabDays.value} days of a dose`,
  confirmDays: `${WORKSHEET_LIMITS.confirmDays.value} days`,
}

/** Empty for a first study, which has nothing to be compared with. */
export function worksheets(result: Pick<ReportableResult, 'comparison' | 'treatment' | 'study'>): WorksheetText[] {
  const { comparison, treatment = {}, study } = result
  const [earlier, now] = [calendarDate(comparison?.prior.studyDate ?? ''), calendarDate(study.studyDate)]
  if (!comparison || !earlier || !now) return []
  const input = { comparison, earlier, now, treatment }
  return [textOf('BT-RADS', btRads(input), BT_RADS), textOf('RANO 2.0', ranoWorksheet(input), RANO)]
}

function textOf<C extends string>(
  title: string,
  { steps, category, missing, possible = [] }: Worksheet<C>,
  names: Readonly<Record<C, string>>,
): WorksheetText {
  const named = (one: C) => `${one} – ${names[one]}`
  const others = possible.filter((one) => one !== category).map(named)
  const open = others.length > 0 ? `; ${category ? 'also possible' : 'open'}: ${others.join('; ')}` : ''
  const proposal = category
    ? `Proposed: ${named(category)}${open}.`
    : `Nothing is proposed: ${missing ? MISSING[missing] : ''}${open}.`
  return { title, proposal, rows: steps.map(rowOf) }
}

function rowOf({ question, answer, percent, deviation, days, limit, facts = [] }: Step): WorksheetText['rows'][number] {
  const measured =
    percent === undefined
      ? days === undefined
        ? []
        : [days === 1 ? '1 day' : `${days} days`]
      : [`${signed(percent, 0)} % ${deviation === undefined ? '(error not known)' : `± ${deviation.toFixed(0)}`}`]
  const said = question === 'size' ? (CATEGORY_NAMES as Record<string, string>)[answer] : ANSWERS[answer]
  return {
    question: QUESTIONS[question],
    answer: [...measured, said ?? ANSWERS.unknown!].join(', '),
    limit: limit ? LIMITS[limit] : question === 'size' ? '−50 %, +25 %' : '',
    facts,
  }
}

/** "Dexamethasone, 2026-01-02 to 2026-02-01, 8 mg a day" */
export function factSentence({ words, from, to, isOngoing, dailyMg }: TreatmentFact): string {
  const end = to === undefined ? (isOngoing ? 'goes on' : 'end not stated') : to === from ? '' : `to ${to}`
  const dose = dailyMg === undefined ? [] : [`${Number(dailyMg.toFixed(1))} mg a day`]
  return [words, [from, end].filter((part) => part !== '').join(to === undefined ? ', ' : ' '), ...dose]
    .filter((part) => part !== '')
    .join(', ')
}
