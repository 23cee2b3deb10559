// People's decisions on analyses and their deliveries to PACS and EHR; each change is one transaction with the history.
import type { Leg } from '../domain/delivery.ts'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ClaimedDelivery, ReviewStore } from '../domain/ports/review-store.ts'
import { addReview, addReviewEvent, reviewsOf } from './add-review.ts'
import { type LegRow, toLeg } from './analysis-rows.ts'
import type { Database, Queryable } from './database.ts'
import { AT_ONCE, longestWait, timeOf } from './lease-time.ts'
import { legNews, legValues } from './leg-changes.ts'
import { QUERIES } from './queries.ts'
import { createReviewDocuments } from './review-documents.ts'
import { type ReviewRow, toReview } from './review-rows.ts'

export function createReviewStore(db: Database, clock: Clock): ReviewStore {
  const at = () => clock.now().toISOString()
  return {
    ...createReviewDocuments(db, clock),
    add: (decided, options) => db.transaction((tx) => addReview(tx, decided, options, at())),
    list: async (analysisId) => (await reviewsOf(db, analysisId)).map(toReview),
    claim: (seconds, leg) => claim(db, timeOf(db, clock), seconds, leg),
    update: (reviewId, leg, change) =>
      db.transaction((tx) => update(tx, reviewId, leg, change, { at: at(), time: timeOf(db, clock) })),
    makeDue: async (analysisId) => (await db.query(QUERIES.makeReviewDeliveriesDue.sql, [analysisId, AT_ONCE])).length,
  }
}

async function claim(
  db: Queryable,
  time: string | null,
  seconds: number,
  leg: Leg | undefined,
): Promise<ClaimedDelivery | undefined> {
  const times = [time, longestWait(seconds), seconds, leg ?? null]
  const [row] = await db.query<LegRow & { review_id: string }>(QUERIES.claimReviewDelivery.sql, times)
  if (!row) return undefined
  const [review] = await db.query<ReviewRow>(QUERIES.reviewById.sql, [row.review_id])
  const { deliveries: _, ...decided } = toReview(review!)
  return { review: decided, delivery: { ...toLeg(row), reviewId: row.review_id } }
}

async function update(
  tx: Queryable,
  reviewId: string,
  leg: Leg,
  { afterSeconds, ...change }: Parameters<ReviewStore['update']>[2],
  { at, time }: { at: string; time: string | null },
): Promise<void> {
  const [before] = await tx.query<LegRow & { analysis_id: string }>(QUERIES.lockReviewDelivery.sql, [reviewId, leg])
  if (!before) throw new AppError('NOT_FOUND', `no ${leg} delivery of review ${reviewId}`)
  const after = { ...toLeg(before), ...change }
  const values = [reviewId, leg, ...legValues(after, at), time, afterSeconds ?? 0]
  await tx.query(QUERIES.updateReviewDelivery.sql, values)
  const { text, ...code } = legNews(after, change.lastError)
  await addReviewEvent(tx, before.analysis_id, at, `review, ${text}`, { reviewId, leg, state: after.state, ...code })
}
