// Profiles of the kinds of Observation that we post: a measured volume, the diameters of a lesion, a prediction.
import {
  DIAMETERS,
  MEASUREMENT_SYSTEM,
  RANO,
  UCUM,
  VALUE_SYSTEM,
  VOXEL_SUM,
} from '../../../src/fhir/resources/codes.ts'
import { canonical } from '../canonical.ts'
import { invariant, type Profile } from '../profile.ts'
import { ASSERTED_BY_AI, IMAGING_CATEGORY, NO_LABORATORY_CODE, observationRules } from './common.ts'

const UNCERTAINTY = 'http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty'

export const volumeObservation: Profile = {
  id: 'gliabridge-volume-observation',
  type: 'Observation',
  title: 'Volume of a region in MR images of the brain',
  description:
    'One volume that software measured as the sum of segmented voxels, in mL. One standard deviation stands in iso21090-uncertainty where the bundle has measured it; the narrative says so where it has not.',
  invariants: [
    ASSERTED_BY_AI,
    IMAGING_CATEGORY,
    NO_LABORATORY_CODE,
    invariant(
      'gb-volume-1',
      'Coded by region (own code) and by kind of quantity (SNOMED CT Volume)',
      `code.coding.where(system = '${MEASUREMENT_SYSTEM}').exists() and code.coding.where(system = 'http://snomed.info/sct' and code = '118565006').exists()`,
    ),
    invariant(
      'gb-volume-2',
      'The uncertainty is a number, with its type, or the narrative says that it is not estimated',
      `value.extension.where(url = '${UNCERTAINTY}').exists() xor text.\`div\`.contains('uncertainty not estimated')`,
    ),
    invariant('gb-volume-3', 'No volume is negative', 'value.value >= 0'),
  ],
  rules: observationRules([
    {
      path: 'Observation.value[x]',
      min: 1,
      type: [{ code: 'Quantity' }],
      patternQuantity: { unit: 'mL', system: UCUM, code: 'mL' },
    },
    { path: 'Observation.method', min: 1, patternCodeableConcept: VOXEL_SUM },
  ]),
}

const LENGTH = (code: string) =>
  `component.where(code.coding.where(system = 'http://snomed.info/sct' and code = '${code}').exists() and value.ofType(Quantity).value > 0 and value.ofType(Quantity).system = '${UCUM}' and value.ofType(Quantity).code = 'mm')`

export const diametersObservation: Profile = {
  id: 'gliabridge-diameters-observation',
  type: 'Observation',
  title: 'Diameters of a lesion in MR images of the brain',
  description:
    'The longest diameter of one enhancing lesion on an axial plane and the longest at right angles to it there, as RANO has them, in mm. At most three lesions; the narrative says of one that is too small to be followed.',
  invariants: [
    ASSERTED_BY_AI,
    IMAGING_CATEGORY,
    NO_LABORATORY_CODE,
    invariant(
      'gb-diameters-1',
      'Coded as diameters of a lesion',
      `code.coding.where(system = '${MEASUREMENT_SYSTEM}' and code = '${DIAMETERS}').exists()`,
    ),
    invariant(
      'gb-diameters-2',
      'One length along the long axis and one at right angles to it, both in mm',
      `${LENGTH('103339001')}.count() = 1 and ${LENGTH('131189007')}.count() = 1`,
    ),
    invariant('gb-diameters-3', 'The components are the value', 'value.empty() and dataAbsentReason.empty()'),
  ],
  rules: observationRules([
    { path: 'Observation.method', min: 1, patternCodeableConcept: RANO },
    {
      path: 'Observation.component',
      min: 2,
      max: '2',
      short: 'Long axis (SNOMED CT 103339001), perpendicular axis (131189007)',
    },
  ]),
}

const PROBABILITY = `(value.ofType(Quantity).value >= 0 and value.ofType(Quantity).value <= 1 and value.ofType(Quantity).code = '1' and value.ofType(Quantity).system = '${UCUM}')`
const INTERVAL =
  '(value.ofType(Range).low.value >= 0 and value.ofType(Range).high.value <= 1 and value.ofType(Range).low.value <= value.ofType(Range).high.value)'

export const predictionObservation: Profile = {
  id: 'gliabridge-prediction-observation',
  type: 'Observation',
  title: 'Prediction from MR images of the brain',
  description:
    'What one head of the model says: a class (value), or that it cannot tell the classes apart (interpretation IND), or that it cannot answer (dataAbsentReason). Probabilities are components with a Quantity of unit 1, their 95 % intervals components of the same code with a Range. Not a test of tissue, and never coded like one.',
  invariants: [
    ASSERTED_BY_AI,
    IMAGING_CATEGORY,
    NO_LABORATORY_CODE,
    invariant(
      'gb-prediction-1',
      'Exactly one of: a class, indeterminate, a reason why there is no answer',
      "(iif(value.exists(), 1, 0) + iif(interpretation.coding.where(code = 'IND').exists(), 1, 0) + iif(dataAbsentReason.exists(), 1, 0)) = 1",
    ),
    invariant(
      'gb-prediction-2',
      'An answer has its probabilities, a missing answer has none',
      'dataAbsentReason.exists() xor component.value.ofType(Quantity).exists()',
    ),
    invariant(
      'gb-prediction-3',
      'Each component is a probability between 0 and 1, or an interval of one',
      `component.all(${PROBABILITY} or ${INTERVAL})`,
    ),
    invariant(
      'gb-prediction-4',
      'Each interval belongs to a probability of the same code',
      'component.where(value.ofType(Range).exists()).all(code.coding.code in %resource.component.where(value.ofType(Quantity).exists()).code.coding.code)',
    ),
    invariant(
      'gb-prediction-5',
      'A reason is given in words',
      'dataAbsentReason.exists() implies dataAbsentReason.text.exists()',
    ),
    invariant(
      'gb-prediction-6',
      'Says that it is no test of tissue',
      "dataAbsentReason.exists() or note.text.where(contains('not a tissue test')).exists()",
    ),
  ],
  rules: observationRules([
    {
      path: 'Observation.code',
      binding: { strength: 'required', valueSet: canonical('ValueSet', 'imaging-prediction') },
    },
    {
      path: 'Observation.value[x]',
      type: [{ code: 'CodeableConcept' }],
      binding: {
        strength: 'preferred',
        valueSet: canonical('ValueSet', 'imaging-prediction-value'),
        description: `Codes of ${VALUE_SYSTEM}`,
      },
    },
    { path: 'Observation.dataAbsentReason', short: 'Not evaluable, and why' },
    { path: 'Observation.interpretation', short: 'IND where no class can be called at the stated error rate' },
    { path: 'Observation.note', min: 1, short: 'No test of tissue; error rate; contributions of the features' },
    { path: 'Observation.component', short: 'Probability (Quantity) or its 95 % interval (Range), by class' },
  ]),
}
