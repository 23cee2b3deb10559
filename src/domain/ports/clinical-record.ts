// The EHR, over FHIR R4, and what it is sent.
import type { BoardPatient, PatientId } from '../board.ts'
import type { TissueAnswer } from '../concordance.ts'
import type { ClinicalFacts, ReportableResult, TissueResult } from '../finding.ts'
import type { Review } from '../review.ts'
import type { PatientIdentity, Sequence, Uid } from '../study.ts'
import type { TreatmentHistory } from '../treatment.ts'

export type EhrReceipt = Record<string, string>

/** From the EHR to the images; each as the site states it. */
export interface EhrLinks {
  /** The study page of this service. */
  page?: string
  /** The site's viewer, opened at the study. */
  viewer?: string
  /** DICOMweb service root of the archive, as readers of the EHR reach it. */
  dicomweb?: string
}

/** A slice of one sequence with the outlines drawn in. */
export interface EhrKeyImage {
  sequence: Sequence
  /** What the picture shows, in words. */
  alternative: string
  png: Uint8Array
}

export interface EhrReport {
  /** "Patient/id" that a person confirmed for these images. */
  confirmedPatient?: string
  result: ReportableResult
  pdf: Uint8Array
  links?: EhrLinks
  /** Where the site wants them in the EHR. */
  keyImages?: EhrKeyImage[]
  /** SOP Instance UIDs of the DICOM results, by role. */
  dicomResults: {
    role: 'segmentation' | 'pdf' | 'report'
    sopClassUid: Uid
    sopInstanceUid: Uid
    seriesInstanceUid: Uid
  }[]
}

export interface ReviewedDocuments extends Pick<EhrReport, 'dicomResults'> {
  /** The report as the reviewer left it, or the statement that it was rejected. */
  pdf: Uint8Array
}

/** Says that there is something; under the patient, or about nobody. */
export interface EhrNotice {
  noticeId: string
  createdAt: string
  urgent: boolean
  sentences: string[]
  /** "Patient/12" and "DiagnosticReport/3", of a result. */
  patient?: string
  report?: string
  /** "Organization/12" */
  recipient?: string
}

/** For what the record is read or written: the audit trail says so of each request. */
export interface RecordScope {
  /** Empty where it is not about one study. */
  studyInstanceUid: Uid
  /** The person who wants it, where there is one. */
  user?: { identifier: string; name: string }
}

export interface ClinicalRecords {
  /** Each request that is made through it is recorded under the study. */
  forStudy(scope: RecordScope): ClinicalRecord
  /** Identifiers of "Patient/12" as images have them; absent where the adapter does not read them. */
  patientIds?(reference: string, user?: RecordScope['user']): Promise<PatientId[]>
  /** Patients of the List with this id, in its order; absent where the adapter does not read lists. Throws NOT_FOUND. */
  patientsOfList?(id: string): Promise<BoardPatient[]>
}

export interface ClinicalRecord {
  /** Exactly one patient with this identifier, cross-checked with birth date, sex and name; else PATIENT_*. Returns "Patient/id". `confirmed` is the one that a person named: it must be there and in use, and stands. */
  matchPatient(patient: PatientIdentity, confirmed?: string): Promise<string>
  /** Throws CONSENT_REFUSED when "Patient/id" has refused what the site's codes name; absent where the adapter does not read it. */
  checkConsent?(patient: string): Promise<void>
  /** What the EHR knows of treatment and condition of "Patient/id" on the study's day (DICOM DA); absent where the adapter does not read it. */
  clinicalFacts?(patient: string, studyDate: string): Promise<ClinicalFacts>
  /** Results of tissue tests for the markers that heads predict, newest first; absent where the adapter does not read them. */
  tissueResults?(patient: string): Promise<TissueResult[]>
  /** The same as classes of the heads, as far as the site named values, newest first; absent where the adapter does not read them. */
  tissueAnswers?(patient: string): Promise<TissueAnswer[]>
  /** Whether an order with this accession number is to be done first; absent where the adapter does not read it. */
  isUrgentOrder?(accessionNumber: string): Promise<boolean>
  /** Radiotherapy, bevacizumab and steroids of "Patient/id", as far as the site named codes; absent where the adapter does not read them. */
  treatment?(patient: string): Promise<TreatmentHistory>
  /** Posts or repeats the report of one analysis: the same resources, whatever happened before. */
  postReport(report: EhrReport): Promise<EhrReceipt>
  /**
   * Withdraws what the report of an earlier analysis wrote, unless a person has signed it; safe to repeat. `receipt`: of its delivery, and "patient" at
   * least. Absent where the adapter cannot.
   */
  withdrawReport?(earlier: { analysisId: string; receipt: EhrReceipt }): Promise<void>
  /** Writes a person's decision on a report into it: the same resources, whatever happened before; absent where the adapter cannot. */
  postReview?(report: EhrReport, review: Review, reviewed: ReviewedDocuments): Promise<EhrReceipt>
  /** Posts a Communication, once however often it is asked for; absent where the adapter cannot. */
  postNotice?(notice: EhrNotice): Promise<EhrReceipt>
}
