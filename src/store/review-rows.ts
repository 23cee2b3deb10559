// Rows of the review tables, and the reviews they become.
import { LEGS, type Leg } from '../domain/delivery.ts'
import type { RecordedReview, Redrawn, Review } from '../domain/review.ts'
import { type LegRow, toLeg } from './analysis-rows.ts'

export interface ReviewRow {
  review_id: string
  analysis_id: string
  number: number
  idempotency_key: string
  at: Date
  decision: Review['decision']
  reviewer: Review['reviewer']
  reason: string | null
  edits: Review['edits']
  redrawn: Redrawn | null
  deliveries: LegRow[] | null
}

export function toReview(row: ReviewRow): RecordedReview {
  const order = (leg: Leg) => LEGS.indexOf(leg)
  return {
    reviewId: row.review_id,
    analysisId: row.analysis_id,
    number: row.number,
    at: row.at.toISOString(),
    decision: row.decision,
    reviewer: row.reviewer,
    ...(row.reason === null ? {} : { reason: row.reason }),
    edits: row.edits,
    ...(row.redrawn && { redrawn: row.redrawn }),
    deliveries: (row.deliveries ?? [])
      .map((leg) => ({ ...toLeg(leg), reviewId: row.review_id }))
      .sort((a, b) => order(a.leg) - order(b.leg)),
  }
}
