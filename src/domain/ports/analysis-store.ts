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
  /** Delivered ones that nobody has reviewed. */
  toReview?: boolean
  /** Words that must all stand in name, patient id, accession number, description or UIDs, whatever their case. */
  search?: readonly string[]
  /** Newest first, or first what waits for a person: holds, then what is to be reviewed, the oldest of each first. */
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
      /** fresh when left out; one that is registered again keeps the more urgent of both. */
      priority?: Priority
    },
  ): Promise<{ record: AnalysisRecord; created: boolean }>
  get(analysisId: string): Promise<AnalysisRecord | undefined>
  byStudy(studyInstanceUid: Uid): Promise<AnalysisRecord[]>
  list(query?: ListQuery): Promise<AnalysisRecord[]>
  events(analysisId: string): Promise<AnalysisEvent[]>
  /**
   * Takes the most urgent analysis that is due, of these the oldest, under a lease of `leaseSeconds`; undefined when nothing is due. `stage`
   * restricts the choice to analyses that are still to be analysed, or to those that are to be delivered.
   */
  claim(owner: string, leaseSeconds: number, stage?: 'analyse' | 'deliver'): Promise<AnalysisRecord | undefined>
  renew(analysisId: string, owner: string, leaseSeconds: number): Promise<boolean>
  /**
   * The record for the worker that has the lease: every change, be it of another analysis, is made in one transaction with the proof that it
   * still has it. Throws LEASE_LOST once another worker has taken over: who was stopped or cut off for long writes nothing any more.
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
  /** Keeps which patient a person named, with an event that says so. */
  confirmPatient(analysisId: string, confirmed: ConfirmedPatient): Promise<void>
  /** What a person wants worked on earlier or later, with an event that says who; STATE_CONFLICT where nothing is left to do. */
  prioritise(analysisId: string, priority: Priority, by: string): Promise<AnalysisRecord>
  /** Merges facts into the summary before there is a result, so that a held analysis shows what is known of it. */
  describe(
    analysisId: string,
    facts: Pick<AnalysisSummary, 'patient' | 'study' | 'decisions' | 'pictures'>,
  ): Promise<void>
  /** Stores summary and artefacts and moves running → analysed, in one transaction. */
  saveResult(analysisId: string, summary: AnalysisSummary, artifacts: Artifact[]): Promise<AnalysisRecord>
  /** The result in full; undefined where there is none. Throws INTERNAL when what is stored is damaged. */
  result(analysisId: string): Promise<ReportableResult | undefined>
  artifacts(analysisId: string): Promise<Artifact[]>
  /** Which artefacts there are, without their bytes. */
  artifactRoles(analysisId: string): Promise<ReadonlySet<ArtifactRole>>
  artifact(analysisId: string, role: Artifact['role']): Promise<Artifact | undefined>
  updateLeg(analysisId: string, leg: Leg, change: Partial<Omit<LegRecord, 'leg'>>): Promise<LegRecord>
}

export interface PriorAnalyses {
  /** Delivered ones of exactly this identifier and issuer, newest first. */
  byPatient(patient: Pick<PatientIdentity, 'patientId' | 'issuerOfPatientId'>): Promise<AnalysisRecord[]>
}

export interface PatientAnalyses {
  /** Delivered ones of this identifier, of every issuer unless one is given; newest first. */
  byPatientId(patient: PatientId): Promise<AnalysisRecord[]>
}
