// Which patient of the EHR the images belong to: exactly one by identifier, and nothing known may contradict it.
import type { Patient, Resource } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import { AppError } from '../../domain/errors.ts'
import type { PatientIdentity } from '../../domain/study.ts'
import type { RecordStore } from '../connection/record-store.ts'
import { carries, referenceOf, searchToken } from '../resources/identifiers.ts'
import { compareNames, type Verdict } from './person-names.ts'

export interface IdentifierSystems {
  /** System of Patient IDs without an issuer, or whose issuer has no system of its own below. */
  default: string
  /** IssuerOfPatientID (0010,0021) → system. When there are any, an issuer that is not among them is held. */
  byIssuer: Readonly<Record<string, string>>
}

/** "Patient/12", or PATIENT_*; no message says who. */
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
  const patients = answered.filter((resource): resource is Patient => resource.resourceType === 'Patient')
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
      `the EHR's patient with this Patient ID has another ${differing.join(', ')} than the images`,
    )
  }
  return referenceOf(patient)
}

/** The patient that a person named: what differs from the images they have seen, but the record must be in use. */
async function readConfirmed(store: Pick<RecordStore, 'read'>, reference: string): Promise<string> {
  const patient = await store.read(reference)
  if (patient?.resourceType !== 'Patient' || referenceOf(patient) !== reference)
    throw new AppError('PATIENT_NOT_FOUND', 'the EHR has no patient with the id that a person named')
  if (patient.active === false || isReplaced(patient))
    throw new AppError('PATIENT_NOT_FOUND', 'the patient that a person named is inactive or merged into another')
  return reference
}

function isReplaced(patient: Patient): boolean {
  return (patient.link ?? []).some((link) => link.type === 'replaced-by')
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

/** The server must have searched for what we asked, and the record must be in use: merged ones point elsewhere. */
function checkUsable(patient: Patient, system: string, value: string): void {
  if (!carries(patient as Resource, { param: 'identifier', system, value })) {
    throw new AppError('PATIENT_MISMATCH', "the EHR's answer is a patient who does not carry the Patient ID")
  }
  const identifiers = (patient.identifier ?? []).filter((i) => i.system === system && i.value === value)
  if (patient.active === false || isReplaced(patient) || identifiers.every((i) => i.use === 'old')) {
    throw new AppError(
      'PATIENT_NOT_FOUND',
      'the only patient in the EHR with this Patient ID is inactive, merged into another, or no longer has it',
    )
  }
}

/** Names of what contradicts. A birth date or sex that differs holds; so does a name alone; what is empty is no evidence. */
export function differences(identity: PatientIdentity, patient: Patient): string[] {
  const birthDate = compareBirthDates(identity.patientBirthDate, patient.birthDate)
  const sex = compareSex(identity.patientSex, patient.gender)
  const name = compareNames(identity.patientName, patient.name ?? [])
  // Names that cannot be compared, in other scripts, are excused only by a birth date that agrees.
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

/** A FHIR date may be a year or a month only: it agrees as far as it goes. A DA that is no date can agree with nothing. */
function compareBirthDates(da: string, birthDate: string | undefined): Verdict {
  if (da.trim() === '' || !birthDate) return 'unknown'
  return calendarDate(da)?.startsWith(birthDate) ? 'agree' : 'differ'
}

const GENDERS: Record<string, string> = { M: 'male', F: 'female', O: 'other' }

function compareSex(cs: string, gender: string | undefined): Verdict {
  const sex = cs.trim().toUpperCase()
  if (sex === '' || !gender || gender === 'unknown') return 'unknown'
  return GENDERS[sex] === gender ? 'agree' : 'differ'
}
