// The record of analyses and their artefacts.
import type { AnalysisEvent, AnalysisRecord, AnalysisState, AnalysisSummary, ConfirmedPatient } from '../analysis.ts'
import type { PatientId } from '../board.ts'
import type { Leg, LegRecord } from '../delivery.ts'
import type { ErrorCode } from '../errors.ts'
import type { Head, ReportableResult } from '../finding.ts'
import type { Priority } from '../priority.ts'
import type { PatientIdentity, Sequence, StudyIdentity, Uid } from '../study.ts'

export type ArtifactRole =
  | 'result'
  | 'pdf'
  /** The key figures of the PDF, from which the reviewed one is drawn. */
  | 'figures'
  | 'segmentation'
  | 'encapsulated-pdf'
  /** The measurements as a structured report. */
  | 'report'
  | 'label-map'
  | 'probabilities'
  | 'uncertainty'
  /** On the grid of a sequence other than the reference. */
  | `segmentation-${Sequence}`
  | `key-image-${number}`
  | `saliency-${Head}`
  | 'rejection-note'

export interface Artifact {
  role: ArtifactRole
  mediaType: string
  bytes: Uint8Array
  /** Set for DICOM objects. */
  sopInstanceUid?: Uid
  seriesInstanceUid?: Uid
  sopClassUid?: Uid
}

export interface ListQuery {
  limit?: number
  offset?: number
  state?: AnalysisState
  /** Only delivered analyses that nobody has reviewed. */
  toReview?: boolean
  /** Words that must all occur in name, patient id, accession number, description or UIDs, case-insensitively. */
  search?: readonly string[]
  /** Newest first, or what waits for a person first: holds, then results to be reviewed, oldest first in each. */
  order?: 'newest' | 'waiting'
}

export interface AnalysisStore {
  /** Creates the analysis in state queued unless it exists; returns the record and whether it is new. */
  register(
    analysis: Pick<
      AnalysisRecord,
      | 'analysisId'
      | 'studyInstanceUid'
      | 'bundleId'
      | 'bundleDigest'
      | 'modelDigest'
      | 'instanceSetDigest'
      | 'seriesChoice'
    > & {
      study?: StudyIdentity
      /** Default: fresh. An analysis that is registered again keeps the more urgent of both. */
      priority?: Priority
    },
  ): Promise<{ record: AnalysisRecord; created: boolean }>
  get(analysisId: string): Promise<AnalysisRecord | undefined>
  byStudy(studyInstanceUid: Uid): Promise<AnalysisRecord[]>
  list(query?: ListQuery): Promise<AnalysisRecord[]>
  events(analysisId: string): Promise<AnalysisEvent[]>
  /**
   * Takes the most urgent due analysis, the oldest of equals, under a lease of `leaseSeconds`; undefined if nothing is due. `stage`
   * restricts the choice to analyses that are still to be analysed, or to those that are to be delivered.
   */
  claim(owner: string, leaseSeconds: number, stage?: 'analyse' | 'deliver'): Promise<AnalysisRecord | undefined>
  renew(analysisId: string, owner: string, leaseSeconds: number): Promise<boolean>
  /**
   * The record for the worker that holds the lease: every change, even to another analysis, is made in one transaction with a check
   * that it still holds it. Throws LEASE_LOST once another worker has taken over, so that a worker stopped or cut off for long
   * cannot write any more.
   */
  leased(analysisId: string, owner: string): AnalysisStore & PriorAnalyses
  /** Gives the lease back and makes the analysis due again after this many seconds, or now. */
  release(analysisId: string, owner: string, afterSeconds?: number): Promise<void>
  /** Moves the state by the table in analysis.ts; STATE_CONFLICT otherwise. */
  move(
    analysisId: string,
    to: AnalysisState,
    detail?: { hold?: { code: ErrorCode; message: string }; text?: string },
  ): Promise<AnalysisRecord>
  note(analysisId: string, event: Omit<AnalysisEvent, 'at'>): Promise<void>
  /** Stores which patient a person confirmed, with an event that says so. */
  confirmPatient(analysisId: string, confirmed: ConfirmedPatient): Promise<void>
  /** Changes the priority at a person's request, with an event that says whose; throws STATE_CONFLICT if nothing is left to do. */
  prioritise(analysisId: string, priority: Priority, by: string): Promise<AnalysisRecord>
  /** Merges facts into the summary before there is a result, so that a held analysis shows what is known about it. */
  describe(
    analysisId: string,
    facts: Pick<AnalysisSummary, 'patient' | 'study' | 'decisions' | 'pictures'>,
  ): Promise<void>
  /** Stores summary and artefacts and moves running → analysed, in one transaction. */
  saveResult(analysisId: string, summary: AnalysisSummary, artifacts: Artifact[]): Promise<AnalysisRecord>
  /** The complete result; undefined if there is none. Throws INTERNAL if the stored result is damaged. */
  result(analysisId: string): Promise<ReportableResult | undefined>
  artifacts(analysisId: string): Promise<Artifact[]>
  /** Which artefacts there are, without their bytes. */
  artifactRoles(analysisId: string): Promise<ReadonlySet<ArtifactRole>>
  artifact(analysisId: string, role: Artifact['role']): Promise<Artifact | undefined>
  updateLeg(analysisId: string, leg: Leg, change: Partial<Omit<LegRecord, 'leg'>>): Promise<LegRecord>
}

export interface PriorAnalyses {
  /** Delivered analyses with exactly this identifier and issuer, newest first. */
  byPatient(patient: Pick<PatientIdentity, 'patientId' | 'issuerOfPatientId'>): Promise<AnalysisRecord[]>
}

export interface PatientAnalyses {
  /** Delivered analyses with this identifier, from any issuer unless one is given; newest first. */
  byPatientId(patient: PatientId): Promise<AnalysisRecord[]>
}
