// What an archive is asked for studies, and what it says of them (QIDO-RS, PS3.18 Section 10.6).
import type { PatientIdentity, Uid } from './study.ts'

/** What QIDO-RS says of a study: enough to decide whether to look closer, never identity. */
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
  /** Of exactly this number. */
  accessionNumber?: string
  /** Only studies without a StudyDate, which no range of dates finds: asked for without dates, in so many pages at most. */
  undated?: true
  /** Of exactly this identifier. An archive that names no issuer in its answer may give another issuer's: the instances tell. */
  patient?: Pick<PatientIdentity, 'patientId' | 'issuerOfPatientId'> & {
    /** For whose analysis it is asked: the audit names it. */
    onBehalfOf: Uid
  }
}
