// Rows of the analysis tables, and the records they become.

import type { AnalysisEvent, AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import { LEGS, type Leg, type LegRecord, type LegState } from '../domain/delivery.ts'
import { priorityNamed } from '../domain/priority.ts'
import type { ReviewFact } from '../domain/review.ts'
import { parseSummary } from './result-schema.ts'

export interface RecordRow {
  analysis_id: string
  study_instance_uid: string
  bundle_id: string
  bundle_digest: string
  model_digest: string | null
  confirmed_patient: AnalysisRecord['confirmedPatient'] | null
  series_choice: AnalysisRecord['seriesChoice'] | null
  instance_set_digest: string
  state: AnalysisState
  hold: AnalysisRecord['hold'] | null
  attempts: number
  priority: number
  sequence: string
  created_at: Date
  updated_at: Date
  summary: unknown
  legs: LegRow[] | null
  review:
    | (Omit<ReviewFact, 'reason' | 'redrawn'> & { reason: string | null; redrawn: ReviewFact['redrawn'] | null })
    | null
}

/** `done_at` is text if the row came through to_jsonb. */
export interface LegRow {
  leg: Leg
  state: LegState
  attempts: number
  last_error: LegRecord['lastError'] | null
  done_at: Date | string | null
  receipt: Record<string, string> | null
}

export function toRecord(row: RecordRow): AnalysisRecord {
  const legs = (row.legs ?? []).map(toLeg).sort((a, b) => LEGS.indexOf(a.leg) - LEGS.indexOf(b.leg))
  return {
    analysisId: row.analysis_id,
    studyInstanceUid: row.study_instance_uid,
    bundleId: row.bundle_id,
    bundleDigest: row.bundle_digest,
    ...(row.model_digest ? { modelDigest: row.model_digest } : {}),
    ...(row.confirmed_patient ? { confirmedPatient: row.confirmed_patient } : {}),
    ...(row.series_choice ? { seriesChoice: row.series_choice } : {}),
    instanceSetDigest: row.instance_set_digest,
    state: row.state,
    ...(row.hold ? { hold: row.hold } : {}),
    attempts: row.attempts,
    priority: priorityNamed(row.priority),
    sequence: Number(row.sequence),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    legs,
    ...(row.review ? { review: toReviewFact(row.review) } : {}),
    ...(row.summary ? { summary: parseSummary(row.summary) } : {}),
  }
}

function toReviewFact({ reason, redrawn, at, ...rest }: NonNullable<RecordRow['review']>): ReviewFact {
  return { ...rest, at: new Date(at).toISOString(), ...(reason && { reason }), ...(redrawn && { redrawn }) }
}

export function toLeg(row: LegRow): LegRecord {
  return {
    leg: row.leg,
    state: row.state,
    attempts: row.attempts,
    ...(row.last_error ? { lastError: row.last_error } : {}),
    ...(row.done_at ? { doneAt: new Date(row.done_at).toISOString() } : {}),
    ...(row.receipt ? { receipt: row.receipt } : {}),
  }
}

export interface EventRow {
  at: Date
  kind: string
  text: string
  data: Record<string, unknown> | null
}

export function toEvent(row: EventRow): AnalysisEvent {
  return { at: row.at.toISOString(), kind: row.kind, text: row.text, ...(row.data ? { data: row.data } : {}) }
}
