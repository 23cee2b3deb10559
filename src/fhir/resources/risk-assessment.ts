// RiskAssessment (FHIR R4) of an evaluable survival head; probabilityDecimal is a percentage (0-100) in R4.

import type { Range, RiskAssessment } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import { AppError } from '../../domain/errors.ts'
import type { EvaluatedPrediction } from '../../domain/finding.ts'
import { percent, rounded } from '../../wording/quantities.ts'
import {
  contributionLine,
  groupSurvivalLine,
  NOT_A_TISSUE_TEST,
  predictionLine,
  riskGroupLine,
} from '../../wording/report-text.ts'
import { PROBABILITY_INTERVAL, predictionCode, UCUM } from './codes.ts'
import { metaOf, type ResourceSpec, refer } from './context.ts'
import { addMonths } from './dates.ts'
import { keyValue } from './identifiers.ts'
import { valueNarrative } from './report-narrative.ts'

/** Risk group, its reference, and what the interval does not cover. */
function groupLines({ survival, probabilities }: EvaluatedPrediction): string[] {
  if (!survival) return []
  return [
    `Predicted ${riskGroupLine(survival)}.`,
    groupSurvivalLine(survival, Object.keys(probabilities).map(Number)),
    'The intervals show how far models and outlines differ and what the size of the risk group leaves open; patients of one risk group live for very different times.',
  ]
}

function percentRange([low, high]: readonly [number, number]): Range {
  const quantity = (probability: number) => ({
    value: rounded(probability * 100, 2),
    unit: '%',
    system: UCUM,
    code: '%',
  })
  return { low: quantity(low), high: quantity(high) }
}

/** `basis` names the roles of the Observations it is based on. One prediction per horizon, in months after the study date. */
export function survivalAssessment(
  analysisSystem: string,
  analysisId: string,
  prediction: EvaluatedPrediction,
  basis: string[],
): ResourceSpec<RiskAssessment> {
  const value = keyValue(analysisId, prediction.head)
  return {
    role: 'riskAssessment',
    key: { resourceType: 'RiskAssessment', param: 'identifier', system: analysisSystem, value },
    build: (context) => {
      const { bundle, study } = context.report.result
      const date = calendarDate(study.studyDate)
      return {
        resourceType: 'RiskAssessment',
        meta: metaOf(),
        text: valueNarrative([`Predicted ${predictionLine(prediction)}`, NOT_A_TISSUE_TEST], context.review),
        identifier: [{ system: analysisSystem, value }],
        status: 'preliminary',
        method: { text: `${bundle.name}, version ${bundle.version}, on MR images` },
        code: predictionCode(prediction.head),
        subject: refer(context, 'patient'),
        ...(date && { occurrenceDateTime: date }),
        performer: refer(context, 'device'),
        basis: [refer(context, 'imagingStudy'), ...basis.map((role) => refer<never>(context, role))],
        prediction: Object.entries(prediction.probabilities).map(([key, probability]) => {
          const months = Number(key)
          if (!Number.isInteger(months) || months <= 0) {
            throw new AppError('BUNDLE_INVALID', 'the survival head must name its horizons in whole months')
          }
          const interval = prediction.intervals[key]
          return {
            ...(interval && { extension: [{ url: PROBABILITY_INTERVAL, valueRange: percentRange(interval) }] }),
            outcome: { text: `Alive ${months} months after the imaging study` },
            probabilityDecimal: rounded(probability * 100, 2),
            ...(date && { whenPeriod: { start: date, end: addMonths(date, months) } }),
            ...(interval && { rationale: `95 % interval ${percent(interval[0])} to ${percent(interval[1])}` }),
          }
        }),
        note: [NOT_A_TISSUE_TEST, ...groupLines(prediction), ...contributionLine(prediction)].map((text) => ({ text })),
      }
    },
  }
}
