// What the HTTP side is given.
import type { Passage } from '../domain/activity.ts'
import type { AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import type { BoardRequest, BoardSlide, PatientId } from '../domain/board.ts'
import type { Stroke } from '../domain/brush.ts'
import type { SiteFigures } from '../domain/concordance.ts'
import type { PeerState } from '../domain/peers.ts'
import type { AnalysisStore, PatientAnalyses } from '../domain/ports/analysis-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { NoticeStore } from '../domain/ports/notices.ts'
import type { ReviewClaims } from '../domain/ports/review-claims.ts'
import type { SignIn } from '../domain/ports/sign-in.ts'
import type { WatchDecision, WatchStore } from '../domain/ports/watch-store.ts'
import type { RecordedReview, Review } from '../domain/review.ts'
import type { SeriesChoice, Uid } from '../domain/study.ts'
import type { ShownImagesReader } from '../viewer/shown.ts'

/** MR study of the archive that the watch does not reach. */
export interface OlderStudy {
  studyInstanceUid: Uid
  /** DICOM DA; empty where the archive gives none that can be read. */
  studyDate: string
  instanceCount: number
  decision?: WatchDecision
}

export interface HttpSettings {
  host: string
  /** Asked for as a bearer token, or as the password of any user. */
  token?: string
  /** Signs hints. */
  hookSecret?: string
  allowUnauthenticated: boolean
  frameAncestors: readonly string[]
  /** With {studyInstanceUid}. */
  viewerUrl?: string
  /** Address under which people reach the pages; cookies belong to it. */
  publicUrl?: string
}

/** The browser's modules, by file name. */
export interface PageScripts {
  /** "/assets/browser/<digest>" */
  base: string
  names: readonly string[]
  /** Undefined for another version than the present one, and for no such module. */
  module(version: string, name: string): string | undefined
}

/** What EHRs that call /cds-services are answered from. */
export interface CdsDeps {
  /** The EHR whose token it is; undefined for any other. */
  clientOf(authorization: string | undefined, endpoint: string): Promise<string | undefined>
  /** Identifiers of "Patient/12", as images have them. */
  patientIds(reference: string, user: { identifier: string; name: string }): Promise<readonly PatientId[]>
  /** FHIR base URLs whose patients are those of the EHR. */
  servers: readonly string[]
  /** Address under which we are reached. */
  publicUrl: string
  /** Whether the EHR may launch the pages (SMART). */
  canLaunch: boolean
}

export interface AppDeps {
  analyses: Pick<AnalysisStore, 'get' | 'byStudy' | 'list' | 'events' | 'artifact' | 'artifactRoles' | 'prioritise'> & {
    countByState(): Promise<Record<AnalysisState, number>>
    /** Changes with every change of the analysis, or of any. */
    version(analysisId?: string): Promise<string>
    passages(since: string): Promise<Passage[]>
    /** Makes a waiting analysis due now. */
    makeDue(analysisId: string): Promise<boolean>
  } & PatientAnalyses
  /** Takes what a router or a FHIR server says is new; false where nothing is watched. `askedBy`: its W3C Trace Context, if it sends one. */
  hint?(kind: 'webhook' | 'fhir', body: unknown, askedBy?: string): boolean
  /** Keeps the objects of a STOW-RS request; absent where the site takes none. `user`: the name of the sign-in. */
  storeImages?(
    request: {
      contentType: string | undefined
      body: AsyncIterable<Uint8Array>
      /** The study of the address, when it names one. */
      study: Uid | undefined
    },
    user: string | undefined,
  ): Promise<{ status: 200 | 202 | 400 | 409 | 415 | 503; body: object }>
  /** Absent where no EHR may call. */
  cds?: CdsDeps
  /** How people come in; absent where they do not sign in here. */
  signIn?: SignIn
  /** What people were told of by themselves; `again` sends one now. */
  notices: Pick<NoticeStore, 'list' | 'again'>
  /** Who looked at what. */
  audit: AuditTrail
  log: Log
  clock: Clock
  settings: HttpSettings
  /** Rejects when the service cannot work now. */
  ready(): Promise<void>
  /** PACS and EHR, as they answered last. */
  peers(): readonly PeerState[]
  /** Releases a hold; an analysis that is not held is returned as it is. */
  resolve(analysisId: string): Promise<AnalysisRecord>
  /** Releases a hold of the patient match: a person names the patient of the EHR. */
  confirmPatient(analysisId: string, confirmation: { patient: string; by: string }): Promise<AnalysisRecord>
  /** Records a person's decision; the same key and content again returns the review recorded the first time. */
  review(
    analysisId: string,
    request: Omit<Review, 'reviewId' | 'analysisId' | 'number' | 'at' | 'redrawn'> & {
      version: number
      key: string
      strokes?: Stroke[]
    },
  ): Promise<{ review: RecordedReview; created: boolean }>
  /** Who has which analysis open. */
  claims: ReviewClaims
  reviews(analysisId: string): Promise<RecordedReview[]>
  /** The PDF as it stands now, after the last review; undefined where there is none yet. */
  report(analysisId: string): Promise<Uint8Array | undefined>
  /** Patients of a meeting: what is shown of each, the same as one PDF, and the pictures that the page has. */
  board: {
    slides(request: BoardRequest): Promise<BoardSlide[]>
    pdf(request: BoardRequest): Promise<Uint8Array>
    /** PNG */
    picture(analysisId: string, index: number): Promise<Uint8Array | undefined>
  }
  /** This site's own figures up to the end of a month ("2026-11"), or up to now. */
  concordance: {
    figures(month?: string): Promise<SiteFigures>
    pdf(month?: string): Promise<Uint8Array>
  }
  /** Makes failed and waiting deliveries of reviews due now. */
  retryReviews(analysisId: string): Promise<void>
  /** What was looked at and not taken. */
  watch: Pick<WatchStore, 'notAnalysed'>
  /** Analyses such a study all the same; `by` says who asks. */
  analyseDeclined(studyInstanceUid: Uid, by: string): Promise<AnalysisRecord>
  /** Analyses the study again with series that a person chose. */
  chooseSeries(analysisId: string, choice: SeriesChoice): Promise<AnalysisRecord>
  /** PNG of the middle image of a series. */
  seriesPicture(studyInstanceUid: Uid, seriesInstanceUid: Uid): Promise<Uint8Array>
  /** Studies from before the watch began: listed, or taken from the next look on; `by` says who asks. */
  backfill: {
    list(from: string): Promise<OlderStudy[]>
    take(from: string, by: string): Promise<{ since: string }>
  }
  /** How the rules apply to a study as the archive has it now, and how far the service has come with it; changes nothing. */
  explain(studyInstanceUid: Uid): Promise<object>
  /** Every study that was ever seen, with its stage; latest change first. */
  studies(page: { limit: number; offset: number }): Promise<object[]>
  /** Question → way, where the archive does not take it as the standard has it. */
  archiveWays(): Promise<Readonly<Record<string, string>>>
  /** Delivers stored results once more. */
  replay(analysisId: string): Promise<AnalysisRecord>
  /** The public keys of our client assertions; absent when the EHR's credentials are no keys. */
  publicKeys?: (() => Promise<{ keys: object[] }>) | undefined
  /** Metrics in the Prometheus text format. */
  metrics(): Promise<string>
  /** Fonts for all scripts that a name may be in, for machines that lack them. */
  fonts: {
    stylesheet(): Promise<string>
    file(family: string, version: string, name: string): Promise<Uint8Array | undefined>
  }
  /** The aligned images of analyses, as long as they are kept. */
  images: ShownImagesReader
  scripts: PageScripts
  /** FHIR base of the EHR, for links to what the record states. */
  recordUrl?: string
  /** Shown at the foot of the pages. */
  software?: { name: string; version: string }
}
