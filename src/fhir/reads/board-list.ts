// The patients of a List in the EHR (FHIR R4 List), such as one prepared for a tumour board.
import type { List, Patient, Resource } from '@medplum/fhirtypes'
import type { BoardPatient, PatientId } from '../../domain/board.ts'
import { AppError } from '../../domain/errors.ts'
import type { RecordStore } from '../connection/record-store.ts'
import type { IdentifierSystems } from '../matching/match.ts'
import { relativeReference } from '../resources/identifiers.ts'

/** In the order of the list, each patient once. An item that is not a patient stands for the patient it is about. Throws NOT_FOUND. */
export async function patientsOfList(
  store: Pick<RecordStore, 'read'>,
  systems: IdentifierSystems,
  id: string,
): Promise<BoardPatient[]> {
  const list = await store.read(`List/${id}`)
  if (list?.resourceType !== 'List' || list.status === 'entered-in-error')
    throw new AppError('NOT_FOUND', `the EHR has no list ${id}`)
  const patients = new Map<string, BoardPatient>()
  for (const reference of itemsOf(list)) {
    const patient = await patientOf(store, reference)
    const subject = patient?.id ? `Patient/${patient.id}` : reference
    if (!patients.has(subject))
      patients.set(subject, { requested: subject, ids: patient ? idsOf(patient, systems) : [] })
  }
  return [...patients.values()]
}

/** Identifiers of "Patient/12", as the images have them; empty if the EHR has no such patient. */
export async function idsOfPatient(
  store: Pick<RecordStore, 'read'>,
  systems: IdentifierSystems,
  reference: string,
): Promise<PatientId[]> {
  const patient = await store.read(reference)
  return patient?.resourceType === 'Patient' ? idsOf(patient, systems) : []
}

const itemsOf = ({ entry = [] }: List) =>
  entry.flatMap(({ deleted, item }) =>
    deleted || item.reference === undefined ? [] : [relativeReference(item.reference)],
  )

async function patientOf(store: Pick<RecordStore, 'read'>, reference: string): Promise<Patient | undefined> {
  const resource = await store.read(reference)
  if (resource === undefined || resource.resourceType === 'Patient') return resource
  const about = subjectOf(resource)
  const patient = about === undefined ? undefined : await store.read(about)
  return patient?.resourceType === 'Patient' ? patient : undefined
}

function subjectOf(resource: Resource): string | undefined {
  const { subject, patient } = resource as { subject?: { reference?: string }; patient?: { reference?: string } }
  const reference = subject?.reference ?? patient?.reference
  return reference === undefined ? undefined : relativeReference(reference)
}

/** Active identifiers of the configured systems, with the issuer that the images state for them. */
function idsOf({ identifier = [] }: Patient, { default: system, byIssuer }: IdentifierSystems): PatientId[] {
  const issuers = Object.entries(byIssuer)
  return identifier.flatMap(({ system: of, value, use }): PatientId[] => {
    if (value === undefined || use === 'old') return []
    const named = issuers.filter(([, uri]) => uri === of).map(([issuer]) => issuer)
    if (named.length > 0) return named.map((issuerOfPatientId) => ({ patientId: value, issuerOfPatientId }))
    return of === system ? [{ patientId: value }] : []
  })
}
