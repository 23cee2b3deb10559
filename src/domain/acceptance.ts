// A site's acceptance of a bundle: limits stated beforehand, its own studies run, and go or no-go; what the signed document says.
import type { BundleIdentity, Head } from './finding.ts'
import type { Uid } from './study.ts'

/** What is compared with a limit, and how: see `measureOf` of evaluation/acceptance.ts. */
export type AcceptanceLimit = { cases: number } & (
  | { measure: 'studies'; atLeast: number }
  /** Share of the studies. */
  | { measure: 'failures'; atMost: number }
  /** Median over the studies with a reference. */
  | { measure: 'dice'; region: string; atLeast: number }
  /** Median of |volume - reference| as a share of the reference. */
  | { measure: 'volume-error'; region: string; atMost: number }
  /** Share of the calls whose truth is known. */
  | { measure: 'wrong-calls'; head: Head; atMost: number }
  /** Of the slowest study. */
  | { measure: 'seconds'; atMost: number }
)

/** Signed before the first study is read. */
export interface AcceptancePlan {
  schema: 'gliabridge-acceptance-plan/1'
  /** ISO 8601 UTC */
  begunAt: string
  institution: string
  software: { name: string; version: string }
  bundle: BundleIdentity
  runtime: { node: string; provider: string; runtime: string }
  limits: AcceptanceLimit[]
  /** Of the limits' file, byte for byte. */
  limitsSha256: string
  /** Of the table of truths, where there is one. */
  labelsSha256?: string
  /** Folder, or dates of the PACS. */
  source: string
  studies: string[]
}

export interface AcceptanceScore {
  region: string
  dice: number
  /** mL */
  volumeMl: number
  referenceMl: number
}

/** One study; what failed says why. */
export interface AcceptedStudy {
  /** Name of its folder, or Study Instance UID. */
  name: string
  studyInstanceUid?: Uid
  failure?: { code: string; message: string }
  seconds?: number
  /** mL by region. */
  volumes: Record<string, number>
  /** Empty without a reference. */
  scores: AcceptanceScore[]
  /** `call`: absent where there is none. `truth`: absent where it is not known. */
  calls: { head: Head; status: string; call?: string; truth?: string }[]
  /** Of the DICOM SEG; absent where no tumour was segmented. */
  segmentationSha256?: string
}

export interface LimitVerdict {
  limit: AcceptanceLimit
  /** Absent where nothing was there to be measured. */
  measured?: number
  /** What it was measured on: studies, or calls. */
  cases: number
  isMet: boolean
}

export interface AcceptanceReport {
  schema: 'gliabridge-acceptance/1'
  plan: AcceptancePlan
  planSha256: string
  endedAt: string
  decision: 'go' | 'no-go'
  verdicts: LimitVerdict[]
  studies: AcceptedStudy[]
}
