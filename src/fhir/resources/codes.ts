// The codes in our FHIR R4 resources, each with its system; where no standard code exists, from our own CodeSystem.
import type { CodeableConcept, Coding } from '@medplum/fhirtypes'
import type { Head } from '../../domain/finding.ts'
import { HEAD_NAMES } from '../../wording/names.ts'

const LOINC = 'http://loinc.org'
const SNOMED = 'http://snomed.info/sct'
export const DCM = 'http://dicom.nema.org/resources/ontology/DCM'
export const UCUM = 'http://unitsofmeasure.org'
export const DICOM_UID = 'urn:dicom:uid'
export const PREDICTION_SYSTEM = 'https://gliabridge.org/fhir/CodeSystem/imaging-prediction'
export const VALUE_SYSTEM = 'https://gliabridge.org/fhir/CodeSystem/imaging-prediction-value'
export const MEASUREMENT_SYSTEM = 'https://gliabridge.org/fhir/CodeSystem/imaging-measurement'
export const BUNDLE_SYSTEM = 'https://gliabridge.org/fhir/NamingSystem/bundle'
export const DEVICE_VERSION_SYSTEM = 'https://gliabridge.org/fhir/CodeSystem/device-version-type'
/** Extension on RiskAssessment.prediction: valueRange in percent. */
export const PROBABILITY_INTERVAL = 'https://gliabridge.org/fhir/StructureDefinition/probability-interval'

const coding = (system: string, code: string, display: string): Coding => ({ system, code, display })

/** Security label on everything we write: asserted by software, not by a person (v3-ObservationValue). */
export const AIAST = coding(
  'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  'AIAST',
  'Artificial Intelligence asserted',
)

export const MR = coding(DCM, 'MR', 'Magnetic Resonance')
/** Connection type of an Endpoint that serves images (FHIR R4 value set endpoint-connection-type). */
export const DICOM_WADO_RS = coding(
  'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
  'dicom-wado-rs',
  'DICOM WADO-RS',
)
export const IMAGE = coding('http://terminology.hl7.org/CodeSystem/media-type', 'image', 'Image')
export const MR_BRAIN = coding(LOINC, '24590-2', 'MR Brain')
export const MR_BRAIN_WO_W = coding(LOINC, '24587-8', 'MR Brain WO and W contrast IV')
export const DIAGNOSTIC_IMAGING_STUDY = coding(LOINC, '18748-4', 'Diagnostic imaging study')

export const RADIOLOGY: CodeableConcept[] = [
  { coding: [coding(LOINC, 'LP29684-5', 'Radiology')] },
  { coding: [coding('http://terminology.hl7.org/CodeSystem/v2-0074', 'RAD', 'Radiology')] },
]
export const CLINICAL_NOTE: CodeableConcept = {
  coding: [
    coding(
      'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category',
      'clinical-note',
      'Clinical Note',
    ),
  ],
}
export const IMAGING: CodeableConcept = {
  coding: [coding('http://terminology.hl7.org/CodeSystem/observation-category', 'imaging', 'Imaging')],
}

export const VOLUME = coding(SNOMED, '118565006', 'Volume')
export const BRAIN: CodeableConcept = { coding: [coding(SNOMED, '12738006', 'Brain structure')] }
export const SOFTWARE = coding(SNOMED, '706687001', 'Software')
export const VOXEL_SUM: CodeableConcept = { coding: [coding(DCM, '126030', 'Sum of segmented voxel volumes')] }

export const INDETERMINATE: CodeableConcept = {
  coding: [coding('http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', 'IND', 'Indeterminate')],
}
export const UNSUPPORTED = coding(
  'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  'unsupported',
  'Unsupported',
)

export const ACCESSION: CodeableConcept = {
  coding: [coding('http://terminology.hl7.org/CodeSystem/v2-0203', 'ACSN', 'Accession ID')],
}
const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'
export const AUTHOR: CodeableConcept = { coding: [coding(PARTICIPANT, 'author', 'Author')] }
export const ASSEMBLER: CodeableConcept = { coding: [coding(PARTICIPANT, 'assembler', 'Assembler')] }
export const VERIFIER: CodeableConcept = { coding: [coding(PARTICIPANT, 'verifier', 'Verifier')] }
export const UPDATE: CodeableConcept = {
  coding: [coding('http://terminology.hl7.org/CodeSystem/v3-DataOperation', 'UPDATE', 'revise')],
}
export const CREATE: CodeableConcept = {
  coding: [coding('http://terminology.hl7.org/CodeSystem/v3-DataOperation', 'CREATE', 'create')],
}

/** Code of a prediction: LOINC's molecular codes say "in tissue", so a prediction from images never gets one. */
export function predictionCode(head: Head): CodeableConcept {
  const display = `Predicted ${HEAD_NAMES[head]}`
  return { coding: [coding(PREDICTION_SYSTEM, `predicted-${head}`, display)], text: `${display} (from MR images)` }
}

/** Regions and labels in our CodeSystem; a bundle may have others, under its own names. */
export const REGION_NAMES: Readonly<Record<string, { name: string; definition: string }>> = {
  WT: { name: 'whole tumour', definition: 'All that is outlined: necrosis, oedema or infiltration, enhancing tumour.' },
  TC: { name: 'tumour core', definition: 'What is outlined without oedema and infiltration.' },
  ET: { name: 'enhancing tumour', definition: 'What takes up contrast medium.' },
  NCR: {
    name: 'necrotic core',
    definition: 'Necrosis and other parts of the core that do not take up contrast medium.',
  },
  ED: { name: 'oedema', definition: 'Oedema and infiltrated brain around the core.' },
}

/** Code of the volume of a segment or region: our own for which volume, SNOMED CT for the kind of quantity (DICOM CID 7472). */
export function volumeCode(region: string, name: string): CodeableConcept {
  const display = `Volume of ${REGION_NAMES[region]?.name ?? name}`
  return { coding: [coding(MEASUREMENT_SYSTEM, `volume-${region}`, display), VOLUME], text: `Volume: ${name}` }
}

/** Code of a lesion's two diameters: our own, since there is none for RANO's product. */
export function diametersCode(lesion: number): CodeableConcept {
  const display = `Diameters of a lesion of ${REGION_NAMES.ET!.name}`
  return { coding: [coding(MEASUREMENT_SYSTEM, DIAMETERS, display)], text: `Diameters: enhancing lesion ${lesion}` }
}
export const DIAMETERS = 'diameters-ET'
export const DIAMETERS_DEFINITION =
  'The longest diameter of a lesion that takes up contrast medium, on one axial plane, and the longest at right angles to it there (RANO).'
/** Codes for the change since an earlier study: our own, since RANO's mean a clinician's assessment. */
export const CHANGES = {
  'volume-change': ['Change of volume', 'The volume less that of the earlier study.'],
  'volume-change-pc': ['Change of volume in percent', 'The change as a share of the earlier volume.'],
  'change-category': [
    'Imaging change category',
    'What the change of the lesions that take up contrast medium is called by the products of their diameters alone, against one earlier study; clinical state, steroids, treatment and nadir are not considered.',
  ],
  'change-CR': ['CR by size', 'No enhancing tumour is found any more.'],
  'change-PR': ['PR by size', 'The sum of products of diameters fell by 50 % or more.'],
  'change-SD': ['SD by size', 'Neither progression nor response by size.'],
  'change-PD': [
    'PD by size',
    'The sum of products of diameters rose by 25 % or more, or a measurable enhancing lesion is new.',
  ],
} as const

export function changeCode(code: keyof typeof CHANGES): CodeableConcept {
  return {
    coding: [coding(MEASUREMENT_SYSTEM, code, CHANGES[code][0])],
    text: `${CHANGES[code][0]} since the earlier study`,
  }
}

export const LONG_AXIS: CodeableConcept = { coding: [coding(SNOMED, '103339001', 'Long axis')] }
export const PERPENDICULAR_AXIS: CodeableConcept = { coding: [coding(SNOMED, '131189007', 'Perpendicular axis')] }
export const RANO: CodeableConcept = {
  coding: [coding('http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl', 'C114879', 'RANO')],
}

/** What a Device.version of a model bundle contains besides the human-readable version. */
export const DEVICE_VERSION_TYPES = {
  'bundle-digest': 'SHA-256 of bundle.json, which lists the digests of all files of the bundle',
  'weights-digest': 'SHA-256 of the weights of the segmentation network',
} as const

export function deviceVersionType(code: keyof typeof DEVICE_VERSION_TYPES): CodeableConcept {
  return { coding: [coding(DEVICE_VERSION_SYSTEM, code, DEVICE_VERSION_TYPES[code])] }
}

/** Reading the content takes nothing but its media type (IHE format codes). */
export const MIME_TYPE_SUFFICIENT = coding(
  'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode',
  'urn:ihe:iti:xds:2017:mimeTypeSufficient',
  'mimeType Sufficient',
)

/** Our own code for what a head called, for example "IDH-mutant". */
export function valueCode(value: string): CodeableConcept {
  return { coding: [coding(VALUE_SYSTEM, value.replace(/\s+/g, '-'), value)], text: value }
}
