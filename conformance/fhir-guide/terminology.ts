// CodeSystems and ValueSets (FHIR R4) of what is measured in MR images and predicted from them.
import type { CodeSystem, CodeSystemConcept, ValueSet } from '@medplum/fhirtypes'
import {
  CHANGES,
  DEVICE_VERSION_SYSTEM,
  DEVICE_VERSION_TYPES,
  DIAMETERS,
  DIAMETERS_DEFINITION,
  diametersCode,
  MEASUREMENT_SYSTEM,
  PREDICTION_SYSTEM,
  REGION_NAMES,
  VALUE_SYSTEM,
} from '../../src/fhir/resources/codes.ts'
import { HEAD_NAMES } from '../../src/wording/names.ts'
import { canonical, machineName, PUBLICATION } from './canonical.ts'

const NOT_TISSUE =
  'These are statements of software about images. They are not results of a test of tissue: codes of laboratory tests (LOINC "in Tissue by Molecular genetics method", "by FISH", histologic grades) must not be used for them, nor put beside them in one CodeableConcept, since an EHR would file the statement as a laboratory result.'

/** The classes named in the service's bundle contract; a bundle may name others, so the system is a fragment. */
const CLASSES: Record<string, [code: string, definition: string][]> = {
  idh: [
    ['IDH-mutant', 'The software takes the tumour for one with a mutation of IDH1 or IDH2.'],
    ['IDH-wildtype', 'The software takes the tumour for one without a mutation of IDH1 and IDH2.'],
  ],
  '1p19q': [
    ['codeleted', 'The software takes the tumour for one with codeletion of 1p and 19q.'],
    ['intact', 'The software takes the tumour for one without codeletion of 1p and 19q.'],
  ],
  mgmt: [
    ['methylated', 'The software takes the MGMT promoter for methylated.'],
    ['unmethylated', 'The software takes the MGMT promoter for unmethylated.'],
  ],
  grade: ['2', '3', '4'].map((grade) => [
    grade,
    `The software expects WHO CNS grade ${grade}. A WHO grade itself can only be assigned by pathology.`,
  ]),
  survival: ['6', '12', '24'].map((months) => [
    `alive-after-${months}-months`,
    `The patient is alive ${months} months after the imaging study.`,
  ]),
}

function codeSystem(url: string, title: string, description: string, content: CodeSystem['content']) {
  return (concept: CodeSystemConcept[]): CodeSystem => {
    const id = url.split('/').at(-1)!
    return {
      resourceType: 'CodeSystem',
      id,
      url,
      name: machineName(id),
      title,
      ...PUBLICATION,
      description,
      caseSensitive: true,
      valueSet: canonical('ValueSet', id),
      content,
      count: concept.length,
      concept,
    }
  }
}

export const predictions = codeSystem(
  PREDICTION_SYSTEM,
  'Predictions from images',
  `What software predicts from MR images of the brain. ${NOT_TISSUE}`,
  'complete',
)(
  Object.entries(HEAD_NAMES).map(([head, name]) => ({
    code: `predicted-${head}`,
    display: `Predicted ${name}`,
    definition: `${name.charAt(0).toUpperCase()}${name.slice(1)} as software predicts it from MR images; not a test of tissue.`,
  })),
)

export const predictionValues = codeSystem(
  VALUE_SYSTEM,
  'Values of predictions from images',
  `Classes between which a prediction from images chooses. A model bundle may name classes of its own, with the name as code. ${NOT_TISSUE}`,
  'fragment',
)(
  Object.values(CLASSES)
    .flat()
    .map(([code, definition]) => ({ code, display: code.replace(/^(alive)-(after)-(\d+)-/, '$1 $2 $3 '), definition })),
)

export const measurements = codeSystem(
  MEASUREMENT_SYSTEM,
  'Measurements in images of glioma',
  'Volumes of the regions that software outlines in MR images of the brain, and diameters of lesions, and their change since an earlier study. A model bundle may name regions of its own. Observations of volumes carry the SNOMED CT code of the kind of quantity beside these.',
  'fragment',
)([
  ...Object.entries(REGION_NAMES).map(([region, { name, definition }]) => ({
    code: `volume-${region}`,
    display: `Volume of ${name}`,
    definition,
  })),
  { code: DIAMETERS, display: diametersCode(1).coding![0]!.display!, definition: DIAMETERS_DEFINITION },
  ...Object.entries(CHANGES).map(([code, [display, definition]]) => ({ code, display, definition })),
])

export const deviceVersionTypes = codeSystem(
  DEVICE_VERSION_SYSTEM,
  'Kinds of version of a model bundle',
  'What a Device.version that is not the version for people states: digests by which the very files can be told.',
  'complete',
)(Object.entries(DEVICE_VERSION_TYPES).map(([code, display]) => ({ code, display, definition: `${display}.` })))

export const CODE_SYSTEMS: readonly CodeSystem[] = [predictions, predictionValues, measurements, deviceVersionTypes]

/** One ValueSet per CodeSystem, of all its codes. */
export const VALUE_SETS: readonly ValueSet[] = CODE_SYSTEMS.map((system) => ({
  resourceType: 'ValueSet',
  id: system.id!,
  url: canonical('ValueSet', system.id!),
  name: system.name!,
  title: system.title!,
  ...PUBLICATION,
  description: system.description!,
  compose: { include: [{ system: system.url! }] },
}))
