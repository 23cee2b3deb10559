// The seams: what the pipeline asks of the world. Adapters live in dicomweb, fhir, inference, store; compose.ts wires them.
import type { AnalysisEvent, AnalysisRecord, AnalysisState, Leg, LegRecord } from './analysis.ts'
import type { ErrorCode } from './errors.ts'
import type { AnalysisResult, BundleIdentity, ClinicalFacts, ExecutionRecord, Head, TissueResult } from './finding.ts'
import type { EncodeResponse, HeadRequest, HeadResponse } from './head-run.ts'
import type { RecordedReview, Review, ReviewDelivery } from './review.ts'
import type { PatientIdentity, Sequence, Study, StudyIdentity, Uid } from './study.ts'
import type { StudyQuery, StudySummary } from './study-search.ts'
import type { Grid, Volume } from './volume.ts'

/** Outcome of one instance of a STOW-RS request. */
export interface StoreOutcome {
  sopInstanceUid: Uid
  stored: boolean
  /** Failure or warning reason (0008,1197 / 0008,1196) in hexadecimal, when given. */
  reason?: string
}

/** PACS over DICOMweb. Methods throw AppError with an ARCHIVE_* or STORE_* code. */
export interface ImageArchive {
  /** Studies with StudyDate in [from, to] (DICOM DA), all pages. */
  searchStudies(query: StudyQuery): Promise<StudySummary[]>
  /** The UIDs of all instances of a study by QIDO-RS, with series UID and modality. */
  searchInstances(
    studyInstanceUid: Uid,
  ): Promise<{ seriesInstanceUid: Uid; sopInstanceUid: Uid; sopClassUid: Uid; modality: string }[]>
  /** Metadata of the whole study, grouped by series. */
  retrieveMetadata(studyInstanceUid: Uid): Promise<Study>
  /**
   * Streams the instances of a series as Part 10 bytes in their stored transfer syntax, in any order. Complete or it throws:
   * instances missing from the multipart answer are fetched one by one; what still misses is ARCHIVE_TRUNCATED.
   */
  retrieveSeries(studyInstanceUid: Uid, seriesInstanceUid: Uid, expected: Uid[]): AsyncIterable<Uint8Array>
  /** Stores Part 10 objects; resolves with one outcome per object, whatever the status was. */
  store(studyInstanceUid: Uid, instances: { sopInstanceUid: Uid; bytes: Uint8Array }[]): Promise<StoreOutcome[]>
  /** Whether the instance is there, with its SOP class. */
  retrieveInstance(studyInstanceUid: Uid, seriesInstanceUid: Uid, sopInstanceUid: Uid): Promise<Uint8Array>
}

/** What was written to the EHR: server reference ("DiagnosticReport/12") by role. */
export type EhrReceipt = Record<string, string>

/** Where a resource of ours is in the EHR: "DocumentReference/12", and the version that we know. */
export interface LedgerEntry {
  reference: string
  version?: string
}

/** What we wrote to the EHR and what we began to write, by key; it outlives the process, so that a write whose answer was lost is not repeated blindly. */
export interface WriteLedger {
  /** Entries whose write is known to be done. */
  find(keys: readonly string[]): Promise<Map<string, LedgerEntry>>
  /** Atomically: true when nobody began this write within the last `seconds` and it is not known to be done. */
  begin(key: string, seconds: number): Promise<boolean>
  record(key: string, written: LedgerEntry): Promise<void>
  /** The write was refused, or what it wrote is gone. */
  forget(key: string): Promise<void>
}

/** EHR over FHIR R4. Methods throw AppError with an EHR_* or PATIENT_* code. */
export interface ClinicalRecord {
  /** Exactly one patient with this identifier, cross-checked with birth date, sex and name; else PATIENT_*. Returns "Patient/id". `confirmed` is the one that a person named: it must be there and in use, and stands. */
  matchPatient(patient: PatientIdentity, confirmed?: string): Promise<string>
  /** Throws CONSENT_REFUSED when "Patient/id" has refused what the site's codes name; absent where the adapter does not read it. */
  checkConsent?(patient: string): Promise<void>
  /** What the EHR knows of treatment and condition of "Patient/id" on the study's day (DICOM DA); absent where the adapter does not read it. */
  clinicalFacts?(patient: string, studyDate: string): Promise<ClinicalFacts>
  /** Results of tissue tests for the markers that heads predict, newest first; absent where the adapter does not read them. */
  tissueResults?(patient: string): Promise<TissueResult[]>
  /** Posts or repeats the report of one analysis: the same resources, whatever happened before. */
  postReport(report: EhrReport): Promise<EhrReceipt>
  /** Writes a person's decision on a report into it: the same resources, whatever happened before; absent where the adapter cannot. */
  postReview?(report: EhrReport, review: Review, reviewed: ReviewedDocuments): Promise<EhrReceipt>
}

/** What the EHR leg sends. Serialisable: it is stored between analysis and delivery. */
export interface EhrReport {
  /** "Patient/id" that a person confirmed for these images. */
  confirmedPatient?: string
  result: ReportableResult
  pdf: Uint8Array
  /** SOP Instance UIDs of the DICOM results, by role. */
  dicomResults: {
    role: 'segmentation' | 'pdf' | 'report'
    sopClassUid: Uid
    sopInstanceUid: Uid
    seriesInstanceUid: Uid
  }[]
}

/** What a review brings about besides the decision itself. */
export interface ReviewedDocuments extends Pick<EhrReport, 'dicomResults'> {
  /** The report as the reviewer left it, or the statement that it was rejected. */
  pdf: Uint8Array
}

/** AnalysisResult without voxels: what is stored, shown and posted. */
export type ReportableResult = Omit<AnalysisResult, 'segmentation'>

/** A request to the inference process, for the bundle's first stage. All volumes are on one grid, one entry per network channel; null = sequence absent. */
export interface SegmentRequest {
  channels: (Volume<Float32Array> | null)[]
  /** The same sequences on another grid, as resampled and not normalised: asked for by bundles whose stages have grids of their own. */
  imagesOn?: (grid: Grid) => (Volume<Float32Array> | null)[]
}

/** Answers lie on `grid`, one number per voxel. */
export interface SegmentResponse {
  grid: Grid
  /** Of each class: background, the bundle's labels, its anatomy. */
  probabilities: Float32Array[]
  /** Each sample alone (a member under one test-time flip): the labels that it would have given. */
  samples: { labels: Uint8Array }[]
  /** Standard deviation of the tumour's probability over the samples; absent when there was one. */
  deviation?: Float32Array
  execution: ExecutionRecord
}

/** The networks, in a process of its own. Throws INFERENCE_*. */
export interface ModelRunner {
  readonly bundle: BundleIdentity
  segment(request: SegmentRequest, onProgress?: (fraction: number) => void): Promise<SegmentResponse>
  runHead(request: HeadRequest): Promise<HeadResponse>
  /** `window` is [channels, Z, Y, X] of the size that the bundle's encoder declares. */
  encode(window: Float32Array): Promise<EncodeResponse>
  close(): Promise<void>
}

/** Of one analysis, each role once; those after the report are switched on by a site. */
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

/** Artefacts of an analysis, kept until delivered and after, so a leg never recomputes. */
export interface Artifact {
  role: ArtifactRole
  mediaType: string
  bytes: Uint8Array
  /** Set for DICOM objects. */
  sopInstanceUid?: Uid
  seriesInstanceUid?: Uid
  sopClassUid?: Uid
}

/** The record of analyses. Every change appends an event in the same transaction. */
export interface AnalysisStore {
  /** Creates the analysis in state queued unless it exists; returns the record and whether it is new. */
  register(
    analysis: Pick<
      AnalysisRecord,
      'analysisId' | 'studyInstanceUid' | 'bundleId' | 'bundleDigest' | 'instanceSetDigest'
    > & { study?: StudyIdentity },
  ): Promise<{ record: AnalysisRecord; created: boolean }>
  get(analysisId: string): Promise<AnalysisRecord | undefined>
  byStudy(studyInstanceUid: Uid): Promise<AnalysisRecord[]>
  list(query?: { limit?: number; offset?: number; state?: AnalysisState }): Promise<AnalysisRecord[]>
  events(analysisId: string): Promise<AnalysisEvent[]>
  /** Takes the oldest analysis that is due, under a lease of `leaseSeconds`; undefined when nothing is due. */
  claim(owner: string, leaseSeconds: number): Promise<AnalysisRecord | undefined>
  renew(analysisId: string, owner: string, leaseSeconds: number): Promise<boolean>
  /** Gives the lease back and makes the analysis due again at `notBefore` (ISO) or now. */
  release(analysisId: string, owner: string, notBefore?: string): Promise<void>
  /** Moves the state by the table in analysis.ts; STATE_CONFLICT otherwise. */
  move(
    analysisId: string,
    to: AnalysisState,
    detail?: { hold?: { code: ErrorCode; message: string }; text?: string },
  ): Promise<AnalysisRecord>
  note(analysisId: string, event: Omit<AnalysisEvent, 'at'>): Promise<void>
  /** Merges facts into the summary before there is a result, so that a held analysis shows what is known of it. */
  describe(analysisId: string, facts: Record<string, unknown>): Promise<void>
  /** Stores summary and artefacts and moves running → analysed, in one transaction. */
  saveResult(analysisId: string, summary: Record<string, unknown>, artifacts: Artifact[]): Promise<AnalysisRecord>
  artifacts(analysisId: string): Promise<Artifact[]>
  artifact(analysisId: string, role: Artifact['role']): Promise<Artifact | undefined>
  updateLeg(analysisId: string, leg: Leg, change: Partial<Omit<LegRecord, 'leg'>>): Promise<LegRecord>
}

/** A delivery of a review that this process works on now. */
export interface ClaimedDelivery {
  review: Review
  delivery: ReviewDelivery
}

/** Decisions of persons, added to, never changed, and their deliveries. */
export interface ReviewStore {
  /**
   * Adds the decision as number `expected` + 1 with a delivery per leg, and an event to the analysis, in one transaction. The same
   * key and content again gives the review of then. STATE_CONFLICT when there are more decisions than `expected`, or the key stands for another.
   */
  add(
    review: Omit<Review, 'reviewId' | 'number' | 'at'>,
    options: { key: string; expected: number },
  ): Promise<{ review: RecordedReview; created: boolean }>
  /** In the order of their numbers. */
  list(analysisId: string): Promise<RecordedReview[]>
  /** Takes a delivery that is due and whose predecessors of the same leg are done, for `seconds`; undefined when nothing is due. */
  claim(seconds: number): Promise<ClaimedDelivery | undefined>
  /** The PDF of a review, once it is made. */
  document(reviewId: string): Promise<Uint8Array | undefined>
  /** Keeps the PDF of a review unless there is one, and returns the one that is kept: every delivery sends the same bytes. */
  keepDocument(reviewId: string, pdf: Uint8Array): Promise<Uint8Array>
  /** Ends the claim; `notBefore` (ISO) says when a waiting one is due again. */
  update(reviewId: string, leg: Leg, change: Partial<Omit<LegRecord, 'leg'>> & { notBefore?: string }): Promise<void>
  /** Makes failed and waiting deliveries of an analysis due now; how many. */
  makeDue(analysisId: string): Promise<number>
}

/** What is remembered of each study that a trigger reported, so each is looked at once and only once. */
export interface WatchedStudy {
  studyInstanceUid: Uid
  /** sha256 over the sorted SOP Instance UIDs, our own results left out */
  instanceSetDigest: string
  instanceCount: number
  firstSeenAt: string
  /** When the instance set last changed. */
  changedAt: string
  /** The digest that was last decided upon (analysed, or left with a reason). */
  decidedDigest?: string
  decision?: string
}

export interface WatchStore {
  /** The durable cursor of a trigger; undefined at first start. */
  cursor(trigger: string): Promise<string | undefined>
  setCursor(trigger: string, value: string): Promise<void>
  get(studyInstanceUid: Uid): Promise<WatchedStudy | undefined>
  /** Studies whose set is not decided yet. */
  undecided(): Promise<WatchedStudy[]>
  put(study: WatchedStudy): Promise<void>
  /** SOP Instance UIDs that we wrote ourselves are never a trigger. */
  isOwn(sopInstanceUids: Uid[]): Promise<Set<Uid>>
  addOwn(sopInstanceUids: Uid[]): Promise<void>
}

/** One read or write of patient data. The store adds moment, machine and place in the chain. */
export interface AuditEntry {
  action: 'read' | 'write'
  target: 'pacs' | 'ehr'
  /** Empty where the request is not about one study. */
  studyInstanceUid: Uid
  what: string
  outcome: 'success' | 'failure'
  /** FHIR restful-interaction, or what a DICOMweb request is to the archive. */
  interaction?: 'read' | 'search-type' | 'create' | 'update' | 'access' | 'retrieve' | 'store'
  /** Base URL of the other side, without credentials. */
  server?: string
  /** "Patient/12" of the EHR. */
  patient?: string
  /** What was read or written: "Observation/12/_history/3", or SOP Instance UIDs. */
  objects?: string[]
  /** Path and query of a search, as sent. */
  query?: string
  /** The person on whose behalf, when there is one. */
  user?: { identifier: string; name: string }
  /** X-Request-Id, when it was sent. */
  requestId?: string
}

/** Append-only audit of reads and writes of patient data. */
export interface AuditTrail {
  record(entry: AuditEntry): Promise<void>
}

/** A source of hints that a study may be new. The watch decides. */
export interface Trigger {
  readonly name: string
  /** Calls `hint` for studies that may have changed, until the signal aborts. */
  run(hint: (studyInstanceUid: Uid) => Promise<void>, signal: AbortSignal): Promise<void>
}

export interface Clock {
  now(): Date
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** Structured log; fields are ids, counts, codes and times, never patient data. */
export interface Log {
  info(fields: Record<string, string | number | boolean>, message: string): void
  warn(fields: Record<string, string | number | boolean>, message: string): void
  error(fields: Record<string, string | number | boolean>, message: string): void
}
