// How an exported event identifies its patient: as far as its reader needs to know, and no further.
import { sha256Of } from '../domain/digest.ts'
import type { AuditEntry } from '../domain/ports/audit-trail.ts'
import type { PatientIdentity } from '../domain/study.ts'

/** `digest`: by the EHR's reference and a digest of the identifier. `identifier`: by the identifier itself. Never by name. */
export type PatientForm = 'digest' | 'identifier'

export interface ExportSettings {
  patient: PatientForm
  /** System of the Patient ID (ehr.identifierSystem). */
  identifierSystem: string
  /** Name and version of this software. */
  software: { name: string; version: string }
  /** Site or institution; may be empty. */
  site: string
}

/** The system for identifiers that are digests: sha256 over "system|value", hexadecimal. */
export const DIGEST_SYSTEM = 'https://gliabridge.org/fhir/NamingSystem/patient-identifier-sha256'

export interface NamedPatient {
  reference?: string
  identifier?: { system: string; value: string }
}

/** Undefined if nothing is known of the patient. */
export function namedPatient(
  entry: Pick<AuditEntry, 'patient'>,
  identity: PatientIdentity | undefined,
  { patient, identifierSystem }: ExportSettings,
): NamedPatient | undefined {
  const value = identity?.patientId.trim() ?? ''
  if (entry.patient === undefined && value === '') return undefined
  const identifier =
    patient === 'identifier'
      ? { system: identifierSystem, value }
      : { system: DIGEST_SYSTEM, value: digestOf(identifierSystem, value) }
  return { ...(entry.patient && { reference: entry.patient }), ...(value !== '' && { identifier }) }
}

/** A search as it was sent; with digests, the value of "identifier" (FHIR) or PatientID (DICOM) is replaced by its digest. */
export function namedQuery(query: string, { patient, identifierSystem }: ExportSettings): string {
  if (patient === 'identifier') return query
  if (query.startsWith('studies?')) {
    const parameters = new URLSearchParams(query.slice('studies?'.length))
    const sought = parameters.get('PatientID')
    if (sought !== null) parameters.set('PatientID', digestOf(identifierSystem, sought))
    return `studies?${parameters}`
  }
  if (!query.startsWith('Patient?')) return query
  const parameters = new URLSearchParams(query.slice('Patient?'.length))
  const sought = parameters.get('identifier')
  if (sought === null) return query
  const cut = sought.indexOf('|')
  parameters.set('identifier', `${DIGEST_SYSTEM}|${digestOf(sought.slice(0, Math.max(0, cut)), sought.slice(cut + 1))}`)
  return `Patient?${parameters}`
}

function digestOf(system: string, value: string): string {
  return sha256Of(`${system}|${value}`)
}
