// The follow-up worksheet in sentences: each question with its answer, its limit and its basis, and what is proposed, or why nothing is.
import { btRads } from '../domain/bt-rads.ts'
import { calendarDate } from '../domain/dicom-date.ts'
import type { ReportableResult } from '../domain/finding.ts'
import { type Rano, ranoWorksheet } from '../domain/rano-worksheet.ts'
import type { TreatmentFact } from '../domain/treatment.ts'
import { type Step, WORKSHEET_LIMITS, type Worksheet } from '../domain/worksheet.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'

export const WORKSHEET = ENGLISH.worksheet

export interface WorksheetText {
  title: string
  /** "Proposed: 3a – worse, treatment effect favoured", or why nothing is proposed. */
  proposal: string
  rows: { question: string; answer: string; limit: string; facts: readonly TreatmentFact[] }[]
}

type Told = Pick<ReportableResult, 'comparison' | 'treatment' | 'study'>

export function worksheetsIn(
  { worksheet: said, categories }: Pick<Wording, 'worksheet' | 'categories'>,
  q: Quantities,
) {
  const rano: Readonly<Record<Rano, string>> = { ...categories, 'preliminary-PD': said.preliminary }
  const limits: Readonly<Record<keyof typeof WORKSHEET_LIMITS, string>> = {
    radiationDays: said.limits.radiationDays(String(WORKSHEET_LIMITS.radiationDays.value)),
    muchWorse: said.limits.muchWorse(q.partPercent(WORKSHEET_LIMITS.muchWorse.value)),
    appreciable: said.limits.appreciable(q.partPercent(WORKSHEET_LIMITS.appreciable.value)),
    newLesion: said.limits.newLesion(q.short(WORKSHEET_LIMITS.newLesion.value, 1)),
    bevacizumabDays: said.limits.bevacizumabDays(String(WORKSHEET_LIMITS.bevacizumabDays.value)),
    confirmDays: said.limits.confirmDays(String(WORKSHEET_LIMITS.confirmDays.value)),
  }

  function textOf<C extends string>(
    title: string,
    { steps, category, missing, possible = [] }: Worksheet<C>,
    names: Readonly<Record<C, string>>,
  ): WorksheetText {
    const named = (one: C) => `${one === 'preliminary-PD' ? said.preliminaryPd : one} – ${names[one]}`
    const others = possible.filter((one) => one !== category).map(named)
    const proposal = category
      ? said.proposed(named(category), others)
      : said.notProposed(missing ? said.missing[missing] : '', others)
    return { title, proposal, rows: steps.map(rowOf) }
  }

  function rowOf({
    question,
    answer,
    percent,
    deviation,
    days,
    limit,
    facts = [],
  }: Step): WorksheetText['rows'][number] {
    const measured =
      percent === undefined
        ? days === undefined
          ? []
          : [said.days(days)]
        : [`${q.signed(percent, 0)} % ${deviation === undefined ? said.errorNotKnown : `± ${deviation.toFixed(0)}`}`]
    const words: Readonly<Record<string, string>> = question === 'size' ? categories : said.answers
    return {
      question: said.questions[question],
      answer: [...measured, words[answer] ?? said.answers.unknown].join(', '),
      limit: limit ? limits[limit] : question === 'size' ? '−50 %, +25 %' : '',
      facts,
    }
  }

  return {
    /** Empty for a first study, which has nothing to be compared with. */
    worksheets({ comparison, treatment = {}, study }: Told): WorksheetText[] {
      const [earlier, now] = [calendarDate(comparison?.prior.studyDate ?? ''), calendarDate(study.studyDate)]
      if (!comparison || !earlier || !now) return []
      const input = { comparison, earlier, now, treatment }
      return [textOf('BT-RADS', btRads(input), said.btRads), textOf('RANO 2.0', ranoWorksheet(input), rano)]
    },

    /** "Dexamethasone, 2026-01-02 to 2026-02-01, 8 mg a day" */
    factSentence({ words, from, to, isOngoing, dailyMg }: TreatmentFact): string {
      const since = q.isoDate(from)
      const when =
        to === undefined
          ? [since, isOngoing ? said.goesOn : said.endNotStated]
          : [to === from || since === '' ? since : said.period(since, q.isoDate(to))]
      const dose = dailyMg === undefined ? [] : [said.aDay(q.short(dailyMg, 1))]
      return [words, ...when, ...dose].filter((part) => part !== '').join(', ')
    },
  }
}

export const { worksheets, factSentence } = worksheetsIn(ENGLISH, ENGLISH_QUANTITIES)
