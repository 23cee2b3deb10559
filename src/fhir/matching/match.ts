// Which patient in the EHR the images belong to: exactly one by identifier, with nothing known that contradicts it.
import type { Patient, Resource } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import { AppError } from '../../domain/errors.ts'
import type { PatientIdentity } from '../../domain/study.ts'
import { table } from '../../domain/table.ts'
import type { RecordStore } from '../connection/record-store.ts'
import { carries, referenceOf, relativeReference, searchToken } from '../resources/identifiers.ts'
import { compareNames, nameDifference, type Verdict } from './person-names.ts'

export interface IdentifierSystems {
  /** System of Patient IDs without an issuer, or whose issuer has no system of its own below. */
  default: string
  /** IssuerOfPatientID (0010,0021) → system. If any are set, a study with any other issuer is held. */
  byIssuer: Readonly<Record<string, string>>
}

/** Returns "Patient/12" or throws PATIENT_*; no message says who it is. */
export async function matchPatient(
  store: Pick<RecordStore, 'search' | 'read'>,
  systems: IdentifierSystems,
  identity: PatientIdentity,
  confirmed?: string,
): Promise<string> {
  if (confirmed !== undefined) return readConfirmed(store, confirmed)
  const value = identity.patientId.trim()
  if (value === '') throw new AppError('PATIENT_ID_MISSING', 'the study has no Patient ID (0010,0020)')
  const system = systemOf(systems, identity.issuerOfPatientId.trim())
  const answered = await store.search('Patient', 'identifier', [searchToken(system, value)])
  const patients = withoutMerged(answered.filter((resource) => resource.resourceType === 'Patient'))
  if (patients.length === 0) {
    throw new AppError('PATIENT_NOT_FOUND', `no patient in the EHR has the Patient ID in the system ${system}`)
  }
  if (patients.length > 1) {
    throw new AppError(
      'PATIENT_AMBIGUOUS',
      `${patients.length} patients in the EHR have the Patient ID in the system ${system}`,
    )
  }
  const patient = patients[0]!
  checkUsable(patient, system, value)
  const differing = differences(identity, patient)
  if (differing.length > 0) {
    throw new AppError(
      'PATIENT_MISMATCH',
      `the EHR's patient with this Patient ID has another ${differing.join(', ')} than the images${comparison(identity, patient, differing)}`,
    )
  }
  return referenceOf(patient)
}

/** The patient whom a person named: that person has seen the differences, but the record must be active. */
async function readConfirmed(store: Pick<RecordStore, 'read'>, reference: string): Promise<string> {
  const patient = await store.read(reference)
  if (patient?.resourceType !== 'Patient' || referenceOf(patient) !== reference)
    throw new AppError('PATIENT_NOT_FOUND', 'the EHR has no patient with the id that a person named')
  if (patient.active === false || isReplaced(patient))
    throw new AppError('PATIENT_NOT_FOUND', 'the patient that a person named is inactive or merged into another')
  return reference
}

function isReplaced(patient: Patient): boolean {
  return replacements(patient).length > 0
}

/** References of the records that this one was merged into; '' if the server does not say which. */
function replacements(patient: Patient): string[] {
  return (patient.link ?? []).flatMap(({ type, other }) => (type === 'replaced-by' ? [other?.reference ?? ''] : []))
}

function systemOf(systems: IdentifierSystems, issuer: string): string {
  if (issuer === '' || Object.keys(systems.byIssuer).length === 0) return systems.default
  const system = Object.hasOwn(systems.byIssuer, issuer) ? systems.byIssuer[issuer] : undefined
  if (system) return system
  throw new AppError(
    'PATIENT_NOT_FOUND',
    'the issuer of the Patient ID (0010,0021) has no identifier system in the settings',
  )
}

/** A record that was merged into another one in the answer counts as that one. */
function withoutMerged(patients: readonly Patient[]): Patient[] {
  const isIn = (reference: string) => patients.some((one) => referenceOf(one) === relativeReference(reference))
  return patients.filter((one) => !replacements(one).some(isIn))
}

/** The server must have searched for what we asked, and the record must be active: merged ones point elsewhere. */
function checkUsable(patient: Patient, system: string, value: string): void {
  if (!carries(patient as Resource, { param: 'identifier', system, value }))
    throw new AppError(
      'PATIENT_MISMATCH',
      `the EHR answered the search for the Patient ID with a patient who ${otherForm(patient, system, value)}`,
    )
  const identifiers = (patient.identifier ?? []).filter((i) => i.system === system && i.value === value)
  const state = isReplaced(patient)
    ? 'was merged into another (link replaced-by)'
    : patient.active === false
      ? 'is inactive (active is false)'
      : identifiers.every((i) => i.use === 'old')
        ? 'no longer has it (identifier.use is old)'
        : undefined
  if (state !== undefined)
    throw new AppError('PATIENT_NOT_FOUND', `the only patient in the EHR with this Patient ID ${state}`)
}

/** How the identifiers in the answer differ from the one searched for; a number in another form may be another patient's. */
function otherForm(patient: Patient, system: string, value: string): string {
  const identifiers = patient.identifier ?? []
  const lengths = (stored: string) => `${stored.length} characters in the EHR, ${value.length} in the images`
  const same = identifiers.find((one) => one.value === value)
  if (same) return `carries it ${same.system ? 'in another system than' : 'without a system, not in'} ${system}`
  const inSystem = identifiers.flatMap((one) => (one.system === system || !one.system ? [one.value ?? ''] : []))
  const alike = (fold: (text: string) => string) => inSystem.find((one) => fold(one) === fold(value))
  const cased = alike((text) => text.toLowerCase())
  if (cased !== undefined) return 'carries it in other letter case'
  const padded = alike((text) => text.toLowerCase().replace(/^0+/, ''))
  if (padded !== undefined) return `carries it with other leading zeros (${lengths(padded)})`
  return `does not carry it: ${inSystem.length} identifiers in ${system} were compared`
}

/** Names of what contradicts. A different birth date or sex holds the study, and so does a different name; empty values are no evidence. */
export function differences(identity: PatientIdentity, patient: Patient): string[] {
  const birthDate = compareBirthDates(identity.patientBirthDate, patient.birthDate)
  const sex = compareSex(identity.patientSex, patient.gender)
  const name = compareNames(identity.patientName, patient.name ?? [])
  // Names in different scripts, which cannot be compared, are excused only by a matching birth date.
  const incomparable = name === 'unknown' && birthDate !== 'agree' && bothNamed(identity, patient)
  return [
    ...(birthDate === 'differ' ? ['birth date'] : []),
    ...(sex === 'differ' ? ['sex'] : []),
    ...(name === 'differ' || incomparable ? ['name'] : []),
  ]
}

function bothNamed(identity: PatientIdentity, patient: Patient): boolean {
  const named = (patient.name ?? []).some((name) => Boolean(name.family) || Boolean(name.text))
  return named && /[\p{L}\p{N}]/u.test(identity.patientName)
}

/** What was compared, in words that reveal nothing about the patient. */
function comparison(identity: PatientIdentity, patient: Patient, differing: readonly string[]): string {
  const said = [
    ...(differing.includes('birth date') && calendarDate(identity.patientBirthDate) === undefined
      ? ['the birth date of the images is no day of the calendar']
      : []),
    ...(differing.includes('name') ? [nameDifference(identity.patientName, patient.name ?? [])] : []),
  ]
  return said.length === 0 ? '' : ` (${said.join('; ')})`
}

/** A FHIR date may be only a year or a month: it matches as far as it goes. A DA that is not a date matches nothing. */
function compareBirthDates(da: string, birthDate: string | undefined): Verdict {
  if (da.trim() === '' || !birthDate) return 'unknown'
  // A server that stores a time of birth may send it as the date.
  const day = birthDate.replace(/T.*$/, '')
  return calendarDate(da)?.startsWith(day) ? 'agree' : 'differ'
}

const GENDERS = table<string>({ M: 'male', F: 'female', O: 'other' })

function compareSex(cs: string, gender: string | undefined): Verdict {
  const sex = cs.trim().toUpperCase()
  const stated = gender?.trim().toLowerCase() ?? ''
  if (sex === '' || stated === '' || stated === 'unknown') return 'unknown'
  return GENDERS[sex] === stated ? 'agree' : 'differ'
}
