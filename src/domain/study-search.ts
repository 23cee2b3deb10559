// Searches for studies in an archive, and what it returns about them (QIDO-RS, PS3.18 Section 10.6).
import type { PatientIdentity, Uid } from './study.ts'

/** What QIDO-RS returns about a study: enough to decide whether to look closer, never used as identity. */
export interface StudySummary {
  studyInstanceUid: Uid
  /** DICOM DA */
  studyDate: string
  /** DICOM TM */
  studyTime: string
  modalities: string[]
  instanceCount: number
}

export interface StudyQuery {
  from?: string
  to?: string
  modality?: string
  /** Only studies with exactly this number. */
  accessionNumber?: string
  /** Only studies without a StudyDate, which no date range matches: searched without dates, over a limited number of pages. */
  undated?: true
  /** Only studies with exactly this identifier. If the archive's answer names no issuer, it may be another issuer's: the instances tell. */
  patient?: Pick<PatientIdentity, 'patientId' | 'issuerOfPatientId'> & {
    /** The study for whose analysis the search is made; the audit trail names it. */
    onBehalfOf: Uid
  }
}
