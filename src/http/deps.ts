// What the HTTP side is given.
import type { Passage } from '../domain/activity.ts'
import type { AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import type { BoardRequest, BoardSlide, PatientId } from '../domain/board.ts'
import type { Stroke } from '../domain/brush.ts'
import type { BundleDecision, BundlesView } from '../domain/bundles.ts'
import type { SiteFigures } from '../domain/concordance.ts'
import type { Head } from '../domain/finding.ts'
import type { Opinion } from '../domain/opinion.ts'
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
import type { HeadStop, RuleState } from '../domain/stop-rules.ts'
import type { SeriesChoice, Uid } from '../domain/study.ts'
import type { StudyStage } from '../domain/study-stage.ts'
import type { ShownImagesReader } from '../viewer/shown.ts'

/** An MR study in the archive that the watch does not reach. */
export interface OlderStudy {
  studyInstanceUid: Uid
  /** DICOM DA; empty if the archive gives no readable date. */
  studyDate: string
  instanceCount: number
  decision?: WatchDecision
}

export interface HttpSettings {
  host: string
  /** Required as a bearer token, or as the password of any user. */
  token?: string
  /** The key that signs hints. */
  hookSecret?: string
  allowUnauthenticated: boolean
  /** Of one person, or of all who hold the token. */
  requestsPerMinute: number
  frameAncestors: readonly string[]
  /** Contains {studyInstanceUid}. */
  viewerUrl?: string
  /** The address at which people reach the pages; cookies are set for it. */
  publicUrl?: string
}

/** The browser's modules by file name. */
export interface PageScripts {
  /** "/assets/browser/<digest>" */
  base: string
  names: readonly string[]
  /** Undefined for any version but the current one, and for unknown modules. */
  module(version: string, name: string): string | undefined
  /** NiiVue, for the 3D view alone. */
  library: { path: string; gzipped(): Promise<Uint8Array<ArrayBuffer>> }
}

/** What calls of EHRs to /cds-services need. */
export interface CdsDeps {
  /** The EHR that the token belongs to; undefined for any other token. */
  clientOf(authorization: string | undefined, endpoint: string): Promise<string | undefined>
  /** Identifiers of "Patient/12", as the images state them. */
  patientIds(reference: string, user: { identifier: string; name: string }): Promise<readonly PatientId[]>
  /** FHIR base URLs that share the EHR's patients. */
  servers: readonly string[]
  /** The address at which EHRs reach this service. */
  publicUrl: string
  /** Whether the EHR can launch the pages (SMART). */
  canLaunch: boolean
}

export interface AppDeps {
  analyses: Pick<AnalysisStore, 'get' | 'byStudy' | 'list' | 'events' | 'artifact' | 'artifactRoles' | 'prioritise'> & {
    countByState(): Promise<Record<AnalysisState, number>>
    /** Changes with every change of the analysis, or of any analysis. */
    version(analysisId?: string): Promise<string>
    passages(since: string): Promise<Passage[]>
    /** Makes a waiting analysis due now. */
    makeDue(analysisId: string): Promise<boolean>
  } & PatientAnalyses
  /** Takes what a router or FHIR server reports as new; false if nothing is watched. `askedBy`: its W3C Trace Context, if it sends one. */
  hint?(kind: 'webhook' | 'fhir', body: unknown, askedBy?: string): boolean
  /** Stores the objects of a STOW-RS request; absent if the site receives none. `user`: the name used to sign in. */
  storeImages?(
    request: {
      contentType: string | undefined
      body: AsyncIterable<Uint8Array>
      /** The study in the address, if it names one. */
      study: Uid | undefined
    },
    user: string | undefined,
  ): Promise<{ status: 200 | 202 | 400 | 409 | 415 | 503; body: object }>
  /** Absent if no EHR may call. */
  cds?: CdsDeps
  /** How people sign in; absent if they do not sign in here. */
  signIn?: SignIn
  /** The notices that were sent automatically; `again` sends one now. */
  notices: Pick<NoticeStore, 'list' | 'again'>
  /** Records who looked at what. */
  audit: AuditTrail
  log: Log
  clock: Clock
  settings: HttpSettings
  /** Rejects if the service cannot work now. */
  ready(): Promise<void>
  /** PACS and EHR, as of their last answers. */
  peers(): readonly PeerState[]
  /** Releases a hold; an analysis that is not held is returned as it is. */
  resolve(analysisId: string): Promise<AnalysisRecord>
  /** Releases a hold on the patient match: a person names the patient in the EHR. */
  confirmPatient(analysisId: string, confirmation: { patient: string; by: string }): Promise<AnalysisRecord>
  /** Records a person's decision; repeating the same key and content returns the review recorded the first time. */
  review(
    analysisId: string,
    request: Omit<Review, 'reviewId' | 'analysisId' | 'number' | 'at' | 'redrawn'> & {
      version: number
      key: string
      strokes?: Stroke[]
    },
  ): Promise<{ review: RecordedReview; created: boolean }>
  /** Records what a person thought before the software's predictions were shown; absent if the site does not ask for it. */
  stateOpinion?(analysisId: string, opinion: Opinion, name: string): Promise<void>
  /** Who has opened which analysis. */
  claims: ReviewClaims
  reviews(analysisId: string): Promise<RecordedReview[]>
  /** The current PDF, after the last review; undefined if there is none yet. */
  report(analysisId: string): Promise<Uint8Array | undefined>
  /** The patients of a meeting: what is shown of each, the same as one PDF, and the pictures for the page. */
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
    /** The site's stop rules as they stand. */
    rules(): Promise<RuleState[]>
    /** Heads that are off. */
    stops(): Promise<HeadStop[]>
    /** A person turns a head on. Throws STATE_CONFLICT when it is on. */
    turnOn(head: Head, by: string, reason: string): Promise<void>
  }
  /** Which bundle is active, which runs in shadow, and what people decide on them. */
  bundles: {
    view(): Promise<BundlesView>
    /** Throws CHANGE_REFUSED with each limit that is not met. */
    decide(decision: BundleDecision, user?: { identifier: string; name: string }): Promise<BundlesView>
  }
  /** Makes failed and waiting deliveries of reviews due now. */
  retryReviews(analysisId: string): Promise<void>
  /** Studies that were looked at and not taken. */
  watch: Pick<WatchStore, 'notAnalysed'>
  /** Analyses such a study anyway; `by` names who asks. */
  analyseDeclined(studyInstanceUid: Uid, by: string): Promise<AnalysisRecord>
  /** Analyses the study again with the series that a person chose. */
  chooseSeries(analysisId: string, choice: SeriesChoice): Promise<AnalysisRecord>
  /** The middle image of a series as PNG. */
  seriesPicture(studyInstanceUid: Uid, seriesInstanceUid: Uid): Promise<Uint8Array>
  /** Studies from before the watch began: listed, or taken at the next search; `by` names who asks. */
  backfill: {
    list(from: string): Promise<OlderStudy[]>
    take(from: string, by: string): Promise<{ since: string }>
  }
  /** How the rules apply to a study as the archive has it now, and how far it has come; changes nothing. */
  explain(studyInstanceUid: Uid): Promise<object>
  /** Every study ever seen, with its stage; latest change first. */
  studies(page: { limit: number; offset: number }): Promise<{ stage: StudyStage }[]>
  /** Query → way of asking, where the archive does not take it as the standard defines it. */
  archiveWays(): Promise<Readonly<Record<string, string>>>
  /** Delivers stored results again. */
  replay(analysisId: string): Promise<AnalysisRecord>
  /** The public keys of our client assertions; absent if the EHR's credentials are not keys. */
  publicKeys?: (() => Promise<{ keys: object[] }>) | undefined
  /** Metrics in the Prometheus text format. */
  metrics(): Promise<string>
  /** Fonts for every script a name may be written in, for machines that lack them. */
  fonts: {
    stylesheet(): Promise<string>
    file(family: string, version: string, name: string): Promise<Uint8Array | undefined>
  }
  /** The aligned images of analyses, while they are kept. */
  images: ShownImagesReader
  scripts: PageScripts
  /** FHIR base of the EHR, for links to what the record states. */
  recordUrl?: string
  /** Shown in the footer of the pages. */
  software?: { name: string; version: string }
}
