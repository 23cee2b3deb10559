// Extension definitions (FHIR R4): uncertainty where R4 has no element for it.
import type { StructureDefinition } from '@medplum/fhirtypes'
import { PROBABILITY_INTERVAL } from '../../src/fhir/resources/codes.ts'
import { FHIR_VERSION, machineName, PUBLICATION } from './canonical.ts'

const id = 'probability-interval'

/** RiskAssessment.prediction has one number only; R5 has none for this either. */
export const probabilityInterval: StructureDefinition = {
  resourceType: 'StructureDefinition',
  id,
  url: PROBABILITY_INTERVAL,
  name: machineName(id),
  title: '95 % interval of a predicted probability',
  ...PUBLICATION,
  description:
    'The interval that holds the probability in 95 of 100 repetitions of the training (2.5th to 97.5th percentile of the ensemble), in percent, as RiskAssessment.prediction.probabilityDecimal is in R4. It says how sure the model is of its number, not how long a single patient lives.',
  fhirVersion: FHIR_VERSION,
  kind: 'complex-type',
  abstract: false,
  context: [{ type: 'element', expression: 'RiskAssessment.prediction' }],
  type: 'Extension',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
  derivation: 'constraint',
  differential: {
    element: [
      { id: 'Extension', path: 'Extension', short: '95 % interval of the probability', min: 0, max: '1' },
      { id: 'Extension.extension', path: 'Extension.extension', max: '0' },
      { id: 'Extension.url', path: 'Extension.url', fixedUri: PROBABILITY_INTERVAL },
      {
        id: 'Extension.value[x]',
        path: 'Extension.value[x]',
        min: 1,
        type: [{ code: 'Range' }],
        constraint: [
          {
            key: 'gb-interval-1',
            severity: 'error',
            human: 'Both ends are there, in percent, the lower one first',
            expression:
              "low.exists() and high.exists() and low.value >= 0 and high.value <= 100 and low.value <= high.value and low.code = '%' and high.code = '%'",
          },
        ],
      },
    ],
  },
}
