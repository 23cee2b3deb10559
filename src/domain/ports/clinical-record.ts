// The EHR, over FHIR R4, and what is sent to it.
import type { BoardPatient, PatientId } from '../board.ts'
import type { BoardRecord } from '../board-record.ts'
import type { TissueAnswer } from '../concordance.ts'
import type { ClinicalFacts, ReportableResult, TissueResult } from '../finding.ts'
import type { Review } from '../review.ts'
import type { PatientIdentity, Sequence, StudyIdentity, Uid } from '../study.ts'
import type { TreatmentHistory } from '../treatment.ts'

export type EhrReceipt = Record<string, string>

/** Links from the EHR to the images; each if the site configured it. */
export interface EhrLinks {
  /** The study page of this service. */
  page?: string
  /** The site's viewer, opened at the study. */
  viewer?: string
  /** DICOMweb service root of the archive, as reachable for readers of the EHR. */
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
  /** If the site wants them in the EHR. */
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

/** Says that there is something to look at, under the patient or about no patient. */
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

/** The purpose for which the record is read or written; the audit trail states it for each request. */
export interface RecordScope {
  /** Empty if it is not about one study. */
  studyInstanceUid: Uid
  /** The person who asked for it, if there is one. */
  user?: { identifier: string; name: string }
}

export interface ClinicalRecords {
  /** Each request made through it is recorded under the study. */
  forStudy(scope: RecordScope): ClinicalRecord
  /** Identifiers of "Patient/12" as used in images; absent if the adapter does not read them. */
  patientIds?(reference: string, user?: RecordScope['user']): Promise<PatientId[]>
  /** Patients on the List with this id, in its order; absent if the adapter does not read lists. Throws NOT_FOUND. */
  patientsOfList?(id: string): Promise<BoardPatient[]>
}

export interface ClinicalRecord {
  /** Finds exactly one patient with this identifier, cross-checked with birth date, sex and name; otherwise throws PATIENT_*. Returns "Patient/id". `confirmed` is the patient a person named: it must exist and be in use, and is then accepted. */
  matchPatient(patient: PatientIdentity, confirmed?: string): Promise<string>
  /** Throws CONSENT_REFUSED if "Patient/id" has refused what the site's codes name; absent if the adapter does not read consent. */
  checkConsent?(patient: string): Promise<void>
  /** What the EHR knows about the treatment and condition of "Patient/id" on the study's day (DICOM DA); absent if the adapter does not read it. */
  clinicalFacts?(patient: string, studyDate: string): Promise<ClinicalFacts>
  /** Results of tissue tests for the markers that heads predict, newest first; absent if the adapter does not read them. */
  tissueResults?(patient: string): Promise<TissueResult[]>
  /** The same as classes of the heads, as far as the site configured values, newest first; absent if the adapter does not read them. */
  tissueAnswers?(patient: string): Promise<TissueAnswer[]>
  /** Whether an order with this accession number is urgent; absent if the adapter does not read orders. */
  isUrgentOrder?(accessionNumber: string): Promise<boolean>
  /** Radiotherapy, bevacizumab and steroids of "Patient/id", as far as the site configured codes; absent if the adapter does not read them. */
  treatment?(patient: string): Promise<TreatmentHistory>
  /** What "Patient/id" is brought to the tumour board for, and what it decided last, as far as the site reads it; absent if the adapter does not read it. */
  boardRecord?(patient: string, study: Pick<StudyIdentity, 'accessionNumber' | 'studyDate'>): Promise<BoardRecord>
  /** Posts or repeats the report of one analysis: the same resources, whatever happened before. */
  postReport(report: EhrReport): Promise<EhrReceipt>
  /**
   * Withdraws the report of an earlier analysis, unless a person has signed it; safe to repeat. `receipt` is that of its delivery,
   * with at least "patient". Absent if the adapter cannot do this.
   */
  withdrawReport?(earlier: Pick<EhrReport, 'result' | 'links'>, receipt: EhrReceipt): Promise<void>
  /** Writes a person's decision into the report: the same resources, whatever happened before; absent if the adapter cannot do this. */
  postReview?(report: EhrReport, review: Review, reviewed: ReviewedDocuments): Promise<EhrReceipt>
  /** Posts a Communication, only once however often it is called; absent if the adapter cannot do this. */
  postNotice?(notice: EhrNotice): Promise<EhrReceipt>
}
