// What is kept to score this site's own predictions: answers of tissue as the EHR has them, and the analyses with their reviews.
import type { SiteCase, TissueAnswer } from '../concordance.ts'
import type { Uid } from '../study.ts'

/** A delivered analysis whose patient's record is to be asked. */
export interface TissueQuestion {
  analysisId: string
  studyInstanceUid: Uid
  /** "Patient/12", to whom the report was written. */
  patient: string
}

export interface ConcordanceStore {
  /** Of analyses registered since `from`: those last asked about before `before`, the latest first. Times are ISO 8601. */
  toAsk(from: string, before: string, limit: number): Promise<TissueQuestion[]>
  /** What the record says now, in the place of what it said before; without answers only that it was asked. */
  keep(analysisId: string, answers?: readonly TissueAnswer[]): Promise<void>
  /** Delivered analyses registered from `from` on and before `until`, the earliest first. */
  cases(from: string, until: string): Promise<SiteCase[]>
  /** Of analyses registered since: how many came to rest, delivered or held, and how many are held. */
  rested(from: string): Promise<{ rested: number; held: number }>
}
