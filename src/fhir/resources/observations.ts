// Observations (FHIR R4): one per measured volume, one per head of the bundle; a head that is not evaluable says why.

import type { Observation, ObservationComponent, Quantity } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import { type Bidimensional, type Measurement, numberOf, type Prediction } from '../../domain/finding.ts'
import { diametersTarget, measurementTarget, predictionTarget } from '../../domain/review.ts'
import { tissueOf } from '../../domain/tissue.ts'
import { rounded } from '../../wording/quantities.ts'
import {
  contributionLine,
  diametersLine,
  errorRateLine,
  NOT_A_TISSUE_TEST,
  predictionLine,
  probabilityLabel,
  probabilityName,
  tissueLine,
  volumeLine,
} from '../../wording/report-text.ts'
import { changeParts, uncertainQuantity } from './change.ts'
import {
  BRAIN,
  diametersCode,
  IMAGING,
  INDETERMINATE,
  LONG_AXIS,
  PERPENDICULAR_AXIS,
  predictionCode,
  RANO,
  UCUM,
  UNSUPPORTED,
  VOXEL_SUM,
  valueCode,
  volumeCode,
} from './codes.ts'
import { type BuildContext, metaOf, type ResourceSpec, refer } from './context.ts'
import { keyValue } from './identifiers.ts'
import { valueNarrative } from './report-narrative.ts'

/** Elements common to all our Observations. */
function base(context: BuildContext, identifier: { system: string; value: string }, lines: string[]) {
  const date = calendarDate(context.report.result.study.studyDate)
  return {
    resourceType: 'Observation' as const,
    meta: metaOf(),
    text: valueNarrative(lines, context.review),
    identifier: [identifier],
    status: 'preliminary' as const,
    category: [IMAGING],
    subject: refer<never>(context, 'patient'),
    ...(date && { effectiveDateTime: date }),
    issued: context.writtenAt,
    bodySite: BRAIN,
    device: refer<never>(context, 'device'),
    derivedFrom: [refer<never>(context, 'imagingStudy')],
  }
}

function volumeQuantity({ value, standardDeviation }: Measurement): Quantity {
  return uncertainQuantity(value, standardDeviation, 'mL')
}

export function volumeObservation(
  analysisSystem: string,
  analysisId: string,
  measurement: Measurement,
): ResourceSpec<Observation> {
  const value = keyValue(analysisId, 'volume', measurement.region)
  const key = { resourceType: 'Observation', param: 'identifier', system: analysisSystem, value } as const
  return {
    role: `observation.volume.${measurement.region}`,
    editTarget: measurementTarget(measurement.region),
    key,
    build: (context) => {
      const change = changeParts(context.report.result, measurement.region)
      return {
        ...base(context, { system: analysisSystem, value }, [volumeLine(measurement), ...change.lines]),
        code: volumeCode(measurement.region, measurement.name),
        valueQuantity: volumeQuantity(measurement),
        method: VOXEL_SUM,
        ...(change.component.length > 0 && { component: change.component }),
      }
    },
  }
}

/** One RANO lesion: its longest diameter and the longest one perpendicular to it, as components in mm. */
export function diametersObservation(
  analysisSystem: string,
  analysisId: string,
  lesion: Bidimensional,
  index: number,
): ResourceSpec<Observation> {
  const number = numberOf(lesion, index)
  const value = keyValue(analysisId, 'diameters', String(number))
  const key = { resourceType: 'Observation', param: 'identifier', system: analysisSystem, value } as const
  const length = (millimetres: number): Quantity => ({
    value: rounded(millimetres, 1),
    unit: 'mm',
    system: UCUM,
    code: 'mm',
  })
  return {
    role: `observation.diameters.${number}`,
    editTarget: diametersTarget(number),
    key,
    build: (context) => ({
      ...base(context, { system: analysisSystem, value }, [diametersLine(lesion, index)]),
      code: diametersCode(number),
      method: RANO,
      component: [
        { code: LONG_AXIS, valueQuantity: length(lesion.longestMm) },
        { code: PERPENDICULAR_AXIS, valueQuantity: length(lesion.perpendicularMm) },
      ],
    }),
  }
}

/** Probability as a quantity of unit 1; its 95 % interval, if known, as a second component. */
function probabilityComponents(prediction: Exclude<Prediction, { status: 'not-evaluable' }>): ObservationComponent[] {
  const one = { unit: '1', system: UCUM, code: '1' }
  return Object.entries(prediction.probabilities).flatMap(([key, probability]) => {
    const label = probabilityLabel(prediction.head, key)
    const name = probabilityName(prediction.head, key)
    const interval = prediction.intervals[key]
    const point: ObservationComponent = {
      code: { ...valueCode(label), text: `Probability: ${name}` },
      valueQuantity: { value: rounded(probability, 4), ...one },
    }
    if (!interval) return [point]
    const [low, high] = interval
    const range: ObservationComponent = {
      code: { ...valueCode(label), text: `95 % interval of the probability: ${name}` },
      valueRange: { low: { value: rounded(low, 4), ...one }, high: { value: rounded(high, 4), ...one } },
    }
    return [point, range]
  })
}

export function headObservation(
  analysisSystem: string,
  analysisId: string,
  prediction: Prediction,
): ResourceSpec<Observation> {
  const value = keyValue(analysisId, prediction.head)
  const key = { resourceType: 'Observation', param: 'identifier', system: analysisSystem, value } as const
  return {
    role: `observation.${prediction.head}`,
    editTarget: predictionTarget(prediction.head),
    key,
    build: (context) => {
      const { bundle, tissueResults } = context.report.result
      const tissue = tissueOf(tissueResults, prediction.head).map(tissueLine)
      const common = {
        ...base(context, { system: analysisSystem, value }, [
          ...tissue,
          `Predicted ${predictionLine(prediction)}`,
          NOT_A_TISSUE_TEST,
        ]),
        code: predictionCode(prediction.head),
        method: { text: `${bundle.name}, version ${bundle.version}, on MR images` },
      }
      if (prediction.status === 'not-evaluable') {
        return {
          ...common,
          dataAbsentReason: { coding: [UNSUPPORTED], text: prediction.reason },
          note: [...tissue, `Not evaluable: ${prediction.reason}`].map((text) => ({ text })),
        }
      }
      const notes = [...tissue, NOT_A_TISSUE_TEST, ...errorRateLine(prediction), ...contributionLine(prediction)]
      return {
        ...common,
        ...(prediction.status === 'evaluable' &&
          prediction.call !== undefined && { valueCodeableConcept: valueCode(prediction.call) }),
        ...(prediction.status === 'indeterminate' && { interpretation: [INDETERMINATE] }),
        component: probabilityComponents(prediction),
        note: notes.map((text) => ({ text })),
      }
    },
  }
}
