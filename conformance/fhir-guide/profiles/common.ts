// Rules that all our profiles share: the AI label, the subject, and narrative that can be read on its own.
import { BRAIN, DICOM_UID } from '../../../src/fhir/resources/codes.ts'
import { invariant, type Rule, referenceTo } from '../profile.ts'

/** meta.security of AI Transparency on FHIR: asserted by artificial intelligence, in THO's v3-ObservationValue. */
export const ASSERTED_BY_AI = invariant(
  'gb-ai',
  'Labelled as asserted by artificial intelligence (AIAST), also after a person has reviewed it',
  "meta.security.where(system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue' and code = 'AIAST').exists()",
)

/** LOINC's codes of molecular tests name tissue; on a statement from images one would make it a laboratory result. */
export const NO_LABORATORY_CODE = invariant(
  'gb-no-lab',
  'No LOINC code on what is predicted from images, and no laboratory category',
  "code.coding.where(system = 'http://loinc.org').empty() and descendants().where(system = 'http://terminology.hl7.org/CodeSystem/observation-category' and code = 'laboratory').empty()",
)

/** Not a pattern: in process, Medplum compares a pattern with the array and not with its members. */
export const IMAGING_CATEGORY = invariant(
  'gb-imaging',
  'Of the category imaging, and no other',
  "category.coding.all(system = 'http://terminology.hl7.org/CodeSystem/observation-category' and code = 'imaging') and category.coding.exists()",
)

export function meta(type: string): Rule {
  return {
    path: `${type}.meta`,
    min: 1,
    short: 'security has AIAST; profile is not stated, since servers may refuse one',
  }
}

export function text(type: string): Rule {
  return { path: `${type}.text`, min: 1, short: 'Says by itself what the resource says' }
}

export function identifier(type: string): Rule {
  return { path: `${type}.identifier`, min: 1, short: 'Derived from the analysis; the same at every repetition' }
}

export function subject(type: string, element = 'subject'): Rule {
  return { path: `${type}.${element}`, min: 1, ...referenceTo('Patient') }
}

/** Elements of Observation in the order of R4, which a differential must follow. */
const OBSERVATION_ORDER =
  'meta text identifier status category code subject effective[x] issued value[x] dataAbsentReason interpretation note bodySite method device derivedFrom component'.split(
    ' ',
  )

/** The rules common to all Observations of an analysis and those of one kind, in order. */
export function observationRules(own: Rule[]): Rule[] {
  const place = ({ path }: Rule) => OBSERVATION_ORDER.indexOf(path.slice('Observation.'.length))
  const common = OBSERVATION_RULES.filter(({ path }) => !own.some((rule) => rule.path === path))
  return [...common, ...own].sort((a, b) => place(a) - place(b))
}

const OBSERVATION_RULES: Rule[] = [
  meta('Observation'),
  text('Observation'),
  identifier('Observation'),
  {
    path: 'Observation.status',
    short: 'preliminary until a physician has signed',
    comment:
      'Software writes preliminary only. What a person has set to final or entered-in-error is never written again.',
  },
  { path: 'Observation.category', min: 1, max: '1', short: 'imaging' },
  subject('Observation'),
  {
    path: 'Observation.effective[x]',
    type: [{ code: 'dateTime' }],
    short: 'Date of the study, absent where it states none',
  },
  { path: 'Observation.issued', min: 1, short: 'When this version was written' },
  {
    path: 'Observation.bodySite',
    min: 1,
    patternCodeableConcept: { coding: BRAIN.coding!.map(({ system, code }) => ({ system: system!, code: code! })) },
  },
  { path: 'Observation.device', min: 1, ...referenceTo('Device'), short: 'The model bundle' },
  { path: 'Observation.derivedFrom', min: 1, short: 'The ImagingStudy' },
  { path: 'Observation.method', min: 1 },
]

export const IMAGING_STUDY_IDENTIFIER = invariant(
  'gb-study-uid',
  'The Study Instance UID as urn:oid',
  `identifier.where(system = '${DICOM_UID}' and value.matches('^urn:oid:[0-9.]{1,64}$')).exists()`,
)
