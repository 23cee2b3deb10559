// The audit of reads and writes of patient data.
import type { Uid } from '../study.ts'

export interface AuditEntry {
  action: 'read' | 'write'
  /** Whose data: the archive's, the EHR's, images kept here for the pages, or our own record of analyses. */
  target: 'pacs' | 'ehr' | 'spool' | 'store'
  /** Empty if the request is not about one study. */
  studyInstanceUid: Uid
  what: string
  outcome: 'success' | 'failure'
  /** FHIR restful-interaction, or the kind of DICOMweb request; delete: erased here; login, logout: of a person, here. */
  interaction?:
    | 'read'
    | 'search-type'
    | 'create'
    | 'update'
    | 'access'
    | 'retrieve'
    | 'store'
    | 'delete'
    | 'login'
    | 'logout'
  /** Base URL of the other side, without credentials. */
  server?: string
  /** "Patient/12" of the EHR. */
  patient?: string
  /** What was read or written: "Observation/12/_history/3", or SOP Instance UIDs. */
  objects?: string[]
  /** Path and query of a search, as sent. */
  query?: string
  /** The person on whose behalf it was made, if there is one. */
  user?: { identifier: string; name: string }
  /** X-Request-Id, if one was sent. */
  requestId?: string
}

export interface AuditTrail {
  record(entry: AuditEntry): Promise<void>
}
