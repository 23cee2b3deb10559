// What a tumour board reads on the first page, as strings: the impression, the volumes and their change, the calls.
import type { BoardContent } from '../domain/board.ts'
import type { Prediction, ReportableResult } from '../domain/finding.ts'
import { tissueOf } from '../domain/tissue.ts'
import { impressionLines } from '../wording/impression.ts'
import { SEX_NAMES, SHORT_HEAD_NAMES } from '../wording/names.ts'
import { budgetSentence, callWords, className, shortBudget } from '../wording/predictions.ts'
import { millilitres, readDate, volume, volumeChange } from '../wording/quantities.ts'
import * as words from '../wording/report-page.ts'
import { capital } from '../wording/sentences.ts'
import { overlayOf } from './colours.ts'

const REGIONS = ['WT', 'TC', 'ET', 'ED']

export function boardContent(result: ReportableResult): BoardContent {
  const { patient, study, measurements, segments, comparison, predictions, tissueResults, noFinding } = result
  const born = readDate(patient.patientBirthDate)
  const identity = [
    ...(born === '' ? [] : [words.bornOn(born)]),
    SEX_NAMES[patient.patientSex] ?? '',
    patient.patientId,
    words.imagingOf(readDate(study.studyDate)),
  ]
  const shown = noFinding ? [] : measurements.filter(({ region }) => REGIONS.includes(region))
  return {
    identity: identity.filter((part) => part !== '').join(' · '),
    impression: impressionLines(result),
    volumes: shown.map(({ region, name, value, standardDeviation }) => {
      const index = segments.findIndex(({ key }) => key === region)
      const of = comparison?.volumes.find((one) => one.region === region)
      return {
        name: capital(name),
        text: `${volume(value)}${standardDeviation === undefined ? '' : ` ± ${millilitres(standardDeviation)}`}`,
        change:
          of && comparison ? words.changeSince(volumeChange(of).change, readDate(comparison.prior.studyDate)) : '',
        ...(index < 0 ? {} : { colour: overlayOf(region, index).colour }),
      }
    }),
    calls: predictions.flatMap((prediction) => {
      const name = SHORT_HEAD_NAMES[prediction.head]
      const [tissue] = tissueOf(tissueResults, prediction.head)
      if (tissue) return [{ name, text: words.tissueCall(tissue.value), budget: '', shortBudget: '' }]
      return prediction.head === 'survival' ? [] : [{ name, ...call(prediction) }]
    }),
  }
}

function call(prediction: Prediction): Pick<BoardContent['calls'][number], 'text' | 'budget' | 'shortBudget'> {
  if (prediction.status === 'not-evaluable') return { text: words.NOT_EVALUABLE, budget: '', shortBudget: '' }
  if (prediction.call === undefined) return { text: words.INDETERMINATE, budget: '', shortBudget: '' }
  return {
    text: callWords(prediction, className(prediction.head, prediction.call)),
    budget: budgetSentence(prediction),
    shortBudget: shortBudget(prediction),
  }
}
