// The legs of a delivery, to the PACS and to the EHR, and how far each has come.
import type { ErrorCode } from './errors.ts'

/** The legs; each can be resumed on its own. */
export const LEGS = ['pacs', 'ehr'] as const
export type Leg = (typeof LEGS)[number]

export type LegState = 'waiting' | 'done' | 'failed'

export interface LegRecord {
  leg: Leg
  state: LegState
  attempts: number
  lastError?: { code: ErrorCode; message: string; at: string }
  doneAt?: string
  /** What was written: SOP Instance UIDs, or resource references with versions. */
  receipt?: Record<string, string>
}
