// Adds a decision to those of its analysis, numbered in order; repeating the same request returns the review it made.

import { canonicalText } from '../domain/canonical-text.ts'
import { LEGS } from '../domain/delivery.ts'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import { readName } from '../domain/person-name.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { RecordedReview, Review } from '../domain/review.ts'
import type { Queryable } from './database.ts'
import { addEvent, jsonOrNull } from './history.ts'
import { AT_ONCE } from './lease-time.ts'
import { QUERIES } from './queries.ts'
import { keepLabels } from './review-documents.ts'
import { type ReviewRow, toReview } from './review-rows.ts'

type Decided = Parameters<ReviewStore['add']>[0]
type AddOptions = Parameters<ReviewStore['add']>[1]

/** Throws NOT_FOUND, and STATE_CONFLICT as the port describes. */
export async function addReview(
  tx: Queryable,
  decided: Decided,
  { key, expected, labels }: AddOptions,
  at: string,
): Promise<{ review: RecordedReview; created: boolean }> {
  const { analysisId } = decided
  const [locked] = await tx.query(QUERIES.lockAnalysis.sql, [analysisId])
  if (!locked) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  const earlier = await reviewsOf(tx, analysisId)
  const repeated = earlier.find((row) => row.idempotency_key === key)
  if (repeated) return { review: sameReview(toReview(repeated), decided), created: false }
  requireNext(analysisId, earlier, expected)
  const number = earlier.length + 1
  const reviewId = reviewIdOf(analysisId, number)
  await insert(tx, decided, { reviewId, number, key, at })
  if (labels) await keepLabels(tx, reviewId, labels, at)
  await tx.query(QUERIES.addReviewDeliveries.sql, [reviewId, [...LEGS], AT_ONCE])
  const { decision, reviewer } = decided
  const text = `${decision} by ${readName(reviewer.name)} (${reviewer.identifier})`
  await addReviewEvent(tx, analysisId, at, text, { reviewId, number, decision })
  const [stored] = await tx.query<ReviewRow>(QUERIES.reviewById.sql, [reviewId])
  return { review: toReview(stored!), created: true }
}

export function reviewsOf(on: Queryable, analysisId: string): Promise<ReviewRow[]> {
  return on.query<ReviewRow>(QUERIES.reviewsOf.sql, [analysisId])
}

/** An event of the analysis that also counts as a change to it. */
export async function addReviewEvent(
  tx: Queryable,
  analysisId: string,
  at: string,
  text: string,
  data: Record<string, unknown>,
): Promise<void> {
  await addEvent(tx, analysisId, at, { kind: 'review', text, data })
  await tx.query(QUERIES.touchAnalysis.sql, [analysisId, at])
}

function reviewIdOf(analysisId: string, number: number): string {
  return sha256Of(`review\n${analysisId}\n${number}`).slice(0, 32)
}

function sameReview(recorded: RecordedReview, decided: Decided): RecordedReview {
  if (contentOf(recorded) !== contentOf(decided))
    throw new AppError('STATE_CONFLICT', `the key of this request stands for another review of ${decided.analysisId}`)
  return recorded
}

/** What makes two requests the same. */
function contentOf({ decision, reviewer, reason, edits, redrawn }: Decided): string {
  return canonicalText({ decision, reviewer, reason, edits, strokes: redrawn?.strokes ?? [] })
}

function requireNext(analysisId: string, earlier: readonly { decision: Review['decision'] }[], expected: number): void {
  if (earlier.length !== expected)
    throw new AppError(
      'STATE_CONFLICT',
      `analysis ${analysisId} has ${earlier.length} reviews, but this one was made knowing of ${expected}`,
    )
  if (earlier.at(-1)?.decision === 'reject')
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} was rejected, which is final`)
}

async function insert(
  tx: Queryable,
  { analysisId, decision, reviewer, reason, edits, redrawn }: Decided,
  { reviewId, number, key, at }: { reviewId: string; number: number; key: string; at: string },
): Promise<void> {
  await tx.query(QUERIES.addReview.sql, [
    reviewId,
    analysisId,
    number,
    key,
    at,
    decision,
    JSON.stringify(reviewer),
    reason ?? null,
    JSON.stringify(edits),
    jsonOrNull(redrawn),
  ])
}
