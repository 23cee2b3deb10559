// What a tumour board reads on the first page, as strings: the impression, the volumes and their change, the calls.
import type { BoardContent } from '../domain/board.ts'
import type { Prediction, ReportableResult } from '../domain/finding.ts'
import { tissueOf } from '../domain/tissue.ts'
import { type CourseLine, courseLines, linesSince } from '../domain/volume-course.ts'
import type { Words } from '../wording/report-words.ts'
import { capital } from '../wording/sentences.ts'
import { overlayOf } from './colours.ts'

const REGIONS = ['WT', 'TC', 'ET', 'ED']

export function boardContent(result: ReportableResult, words: Words): BoardContent {
  const { patient, study, measurements, segments, comparison, predictions, tissueResults, noFinding } = result
  const born = words.readDate(patient.patientBirthDate)
  const imaged = words.readDate(study.studyDate)
  const identity = [
    ...(born === '' ? [] : [words.bornOn(born)]),
    words.sexes[patient.patientSex] ?? '',
    patient.patientId,
    imaged === '' ? '' : words.imagingOf(imaged),
  ]
  const shown = noFinding ? [] : measurements.filter(({ region }) => REGIONS.includes(region))
  return {
    identity: identity.filter((part) => part !== '').join(' · '),
    record: recordLines(result, words),
    impression: words.impressionLines(result),
    volumes: shown.map(({ region, name, value, standardDeviation }) => {
      const index = segments.findIndex(({ key }) => key === region)
      const of = comparison?.volumes.find((one) => one.region === region)
      return {
        name: capital(words.labelName(region, name)),
        text: `${words.volume(value)}${standardDeviation === undefined ? '' : ` ± ${words.millilitres(standardDeviation)}`}`,
        change:
          of && comparison
            ? words.changeSince(words.volumeChange(of).change, words.readDate(comparison.prior.studyDate))
            : '',
        ...(index < 0 ? {} : { colour: overlayOf(region, index).colour }),
      }
    }),
    calls: predictions.flatMap((prediction) => {
      const name = words.heads[prediction.head]
      const [tissue] = tissueOf(tissueResults, prediction.head)
      if (tissue) return [{ name, text: words.tissueCall(tissue.value), budget: '', shortBudget: '' }]
      return prediction.head === 'survival' ? [] : [{ name, ...call(prediction, words) }]
    }),
  }
}

function recordLines(result: ReportableResult, words: Words): string[] {
  const { question, decision } = result.boardRecord ?? {}
  const { board, named } = words
  const since = decision ? linesSince(courseLines(result), decision.date) : []
  return [
    ...(question ? [named(board.question, question.text)] : []),
    ...(decision ? [named(board.decided(words.isoDate(decision.date)), decision.text)] : []),
    ...sinceDecision(since, words),
  ]
}

/** Of the regions that a board follows, those that say most in one line. */
const LEADING: readonly string[] = ['WT', 'ET']

function sinceDecision(lines: readonly CourseLine[], words: Words): string[] {
  const shown = lines.filter(({ region }) => LEADING.includes(region))
  const [first] = shown
  if (!first) return []
  const changes = shown.map(({ region, name, points }) => {
    const [before, now] = points.map(({ value }) => words.millilitres(value))
    return `${words.impression.regions[region as 'WT' | 'ET'] ?? name} ${before} → ${now} mL`
  })
  return [words.named(words.board.since(words.readDate(first.points[0]!.studyDate)), changes.join(', '))]
}

function call(
  prediction: Prediction,
  words: Words,
): Pick<BoardContent['calls'][number], 'text' | 'budget' | 'shortBudget'> {
  if (prediction.status === 'not-evaluable') return { text: words.notEvaluable, budget: '', shortBudget: '' }
  if (prediction.call === undefined) return { text: words.indeterminate, budget: '', shortBudget: '' }
  return {
    text: words.callWords(prediction, words.className(prediction.head, prediction.call)),
    budget: words.budgetSentence(prediction),
    shortBudget: words.shortBudget(prediction),
  }
}
