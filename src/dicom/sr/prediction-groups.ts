// Predictions as evaluation groups (TID 1501): the call, each class's probability with its interval, or why there is none.

import type { EvaluatedPrediction, Prediction, ReportableResult } from '../../domain/finding.ts'
import type { DicomJson } from '../../domain/study.ts'
import { evidenceSentences, likelihoodOf, undecidedSentence } from '../../wording/predictions.ts'
import { percent } from '../../wording/quantities.ts'
import { predictionKey } from '../tracking.ts'
import {
  COMMENT,
  classCode,
  INDETERMINATE,
  LOWER_UNCERTAINTY,
  MEASUREMENT_GROUP,
  NEOPLASM,
  NO_UNITS,
  NOT_EVALUATED,
  PROBABILITY,
  predictionCode,
  UPPER_UNCERTAINTY,
} from './concepts.ts'
import { codeItem, container, numItem, textItem } from './content-item.ts'
import { groupHeader } from './measurement-groups.ts'

export function predictionGroup(result: ReportableResult, prediction: Prediction): DicomJson {
  const header = groupHeader(result, predictionKey(prediction.head), NEOPLASM)
  const name = predictionCode(prediction.head)
  if (prediction.status === 'not-evaluable') {
    const why = [codeItem('CONTAINS', name, NOT_EVALUATED), textItem('CONTAINS', COMMENT, prediction.reason)]
    return container(MEASUREMENT_GROUP, [...header, ...why], '1501')
  }
  const probabilities = Object.keys(prediction.probabilities).map((key) => probabilityItem(prediction, key))
  return container(MEASUREMENT_GROUP, [...header, ...probabilities, ...callItems(prediction)], '1501')
}

function probabilityItem({ head, probabilities, intervals }: EvaluatedPrediction, key: string): DicomJson {
  const value = probabilities[key]!
  const interval = intervals[key]
  const uncertainty =
    interval === undefined
      ? []
      : [
          numItem('HAS PROPERTIES', LOWER_UNCERTAINTY, value - interval[0], NO_UNITS),
          numItem('HAS PROPERTIES', UPPER_UNCERTAINTY, interval[1] - value, NO_UNITS),
        ]
  const of = codeItem('HAS CONCEPT MOD', predictionCode(head), classCode(head, key))
  return numItem('CONTAINS', PROBABILITY, value, NO_UNITS, [of, ...uncertainty])
}

function callItems(prediction: EvaluatedPrediction): DicomJson[] {
  const { head, status, call, remaining, reason, errorRate, survival } = prediction
  const name = predictionCode(head)
  const likelihood = likelihoodOf(prediction)
  const comments = [
    ...(likelihood === undefined ? [] : [likelihood === 'likely' ? 'Likely.' : 'Very likely.']),
    ...(reason === undefined && remaining !== undefined && remaining.length > 0 ? [undecidedSentence(remaining)] : []),
    ...(reason === undefined ? [] : [reason]),
    ...evidenceSentences(prediction),
    ...(errorRate === undefined ? [] : [`The true class may be missed in ${percent(errorRate)} of patients.`]),
    ...(survival === undefined ? [] : [`Risk group of the training data: ${survival.group.name}.`]),
  ]
  return [
    ...(status === 'indeterminate' ? [codeItem('CONTAINS', name, INDETERMINATE)] : []),
    ...(call === undefined ? [] : [codeItem('CONTAINS', name, classCode(head, call))]),
    ...(comments.length === 0 ? [] : [textItem('CONTAINS', COMMENT, comments.join(' '))]),
  ]
}
