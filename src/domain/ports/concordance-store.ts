// What is stored to score this site's own predictions: tissue answers from the EHR, and the analyses with their reviews.
import type { SiteCase, TissueAnswer } from '../concordance.ts'
import type { Uid } from '../study.ts'

/** A delivered analysis whose patient's record is to be queried. */
export interface TissueQuestion {
  analysisId: string
  studyInstanceUid: Uid
  /** "Patient/12", to whom the report was written. */
  patient: string
}

export interface ConcordanceStore {
  /** Analyses registered since `from` that were last asked about before `before` or never, latest first. Times are ISO 8601. */
  toAsk(from: string, before: string, limit: number): Promise<TissueQuestion[]>
  /** Stores what the record says now, replacing what it said before; without answers, only that it was queried: earlier ones stay. */
  keep(analysisId: string, answers?: readonly TissueAnswer[]): Promise<void>
  /** Delivered analyses registered at or after `from` and before `until`, earliest first. */
  cases(from: string, until: string): Promise<SiteCase[]>
  /** Of the analyses registered since then, how many came to rest (delivered or held), and how many of these are held. */
  rested(from: string): Promise<{ rested: number; held: number }>
}
