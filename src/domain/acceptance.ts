// A site's acceptance of a bundle: limits stated beforehand, the site's own studies, and go or no-go; the content of the signed document.
import type { BundleIdentity, Head, ReportableResult } from './finding.ts'
import type { Uid } from './study.ts'
import type { LabelVolume } from './volume.ts'

/** What is compared with a limit, and how: see `measureOf` in evaluation/acceptance.ts. */
export type AcceptanceLimit = { cases: number } & (
  | { measure: 'studies'; atLeast: number }
  /** Share of the studies. */
  | { measure: 'failures'; atMost: number }
  /** Median over the studies with a reference. */
  | { measure: 'dice'; region: string; atLeast: number }
  /** Median of |volume - reference| as a share of the reference. */
  | { measure: 'volume-error'; region: string; atMost: number }
  /** Share of the calls with known truth. */
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
  /** Of the file with the limits, byte for byte. */
  limitsSha256: string
  /** Of the table of truths, if there is one. */
  labelsSha256?: string
  /** Folder, or date range in the PACS. */
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

/** One study; a failed one says why. */
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
  /** `call` is absent if there is none, `truth` if it is not known. */
  calls: { head: Head; status: string; call?: string; truth?: string }[]
  /** Of the DICOM SEG; absent if no tumour was segmented. */
  segmentationSha256?: string
}

/** What the analysis of one study gives an acceptance. */
export interface StudyAccepted {
  result: ReportableResult
  /** As in the DICOM SEG; all zero without a tumour. */
  labels: LabelVolume
  /** Part 10; absent without a tumour. */
  segmentation?: Uint8Array
  seconds: number
}

export interface LimitVerdict {
  limit: AcceptanceLimit
  /** Absent if there was nothing to measure. */
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

/** The text that is signed, and whose digest is stated. */
export const documentOf = (value: AcceptancePlan | AcceptanceReport) => `${JSON.stringify(value, null, 2)}\n`
