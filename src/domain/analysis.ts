// The clinical record of one analysis: its states as a table, its delivery legs, its history.
import type { LegRecord } from './delivery.ts'
import type { ErrorCode } from './errors.ts'
import type { ReviewFact } from './review.ts'
import type { Uid } from './study.ts'

/** What each state may become. Delivered, held and superseded are where nothing moves by itself; a person may deliver again. */
export const TRANSITIONS = {
  queued: ['running', 'held', 'superseded'],
  running: ['queued', 'analysed', 'held', 'superseded'],
  analysed: ['delivered', 'held', 'superseded'],
  delivered: ['analysed', 'superseded'],
  held: ['queued', 'analysed', 'superseded'],
  superseded: [],
} as const satisfies Record<string, readonly string[]>

export type AnalysisState = keyof typeof TRANSITIONS

/** Whether the table allows the step. */
export function mayBecome(from: AnalysisState, to: AnalysisState): boolean {
  return (TRANSITIONS[from] as readonly string[]).includes(to)
}

export interface AnalysisEvent {
  at: string
  /** For example "state", "step", "leg". */
  kind: string
  text: string
  data?: Record<string, unknown>
}

export interface AnalysisRecord {
  analysisId: string
  studyInstanceUid: Uid
  bundleId: string
  bundleDigest: string
  /** sha256 over the sorted SOP Instance UIDs of the study's images */
  instanceSetDigest: string
  state: AnalysisState
  /** Set when held: catalogue code and message for a person. */
  hold?: { code: ErrorCode; message: string; at: string }
  attempts: number
  /** ISO 8601 UTC; fixed at creation. */
  createdAt: string
  updatedAt: string
  legs: LegRecord[]
  /** The last decision of a person; a fact beside the state, which it does not change. */
  review?: ReviewFact
  /** What the page shows once analysed: measurements, predictions, decisions, quality, execution, times. No pixel data. */
  summary?: Record<string, unknown>
}
