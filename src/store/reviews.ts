// Decisions of persons on analyses and their deliveries to PACS and EHR; each change in one transaction with the history.
import { createHash } from 'node:crypto'
import { canonicalText } from '../domain/canonical-text.ts'
import { LEGS, type Leg } from '../domain/delivery.ts'
import { AppError } from '../domain/errors.ts'
import { readName } from '../domain/person-name.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { RecordedReview, Redrawn, Review } from '../domain/review.ts'
import { type LegRow, toLeg } from './analysis-rows.ts'
import type { Database, Queryable } from './database.ts'
import { MAX_WAIT_SECONDS } from './leases.ts'
import { createReviewDocuments, keepLabels } from './review-documents.ts'

interface ReviewRow {
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

const REVIEW = `r.review_id, r.analysis_id, r.number, r.idempotency_key, r.at, r.decision, r.reviewer, r.reason, r.edits, r.redrawn,
  (select jsonb_agg(to_jsonb(d)) from gliabridge.review_deliveries d where d.review_id = r.review_id) as deliveries`

const CLAIM = `update gliabridge.review_deliveries set claimed_until = $2
  where (review_id, leg) = (
    select d.review_id, d.leg from gliabridge.review_deliveries d join gliabridge.reviews r using (review_id)
    where d.state = 'waiting' and (d.due_at <= $1 or d.due_at > $3)
      and (d.claimed_until is null or d.claimed_until <= $1 or d.claimed_until > $3)
      and not exists (
        select 1 from gliabridge.reviews e join gliabridge.review_deliveries f on f.review_id = e.review_id
        where e.analysis_id = r.analysis_id and e.number < r.number and f.leg = d.leg and f.state <> 'done')
    order by r.at, r.review_id, d.leg limit 1 for update of d skip locked)
  returning review_id, leg, state, attempts, last_error, done_at, receipt`

export function createReviewStore(db: Database, clock: Clock): ReviewStore {
  const now = () => clock.now().toISOString()
  return {
    ...createReviewDocuments(db, clock),
    add: (decided, { key, expected, labels }) =>
      db.transaction(async (tx) => {
        const { analysisId } = decided
        const [locked] = await tx.query('select 1 from gliabridge.analyses where analysis_id = $1 for update', [
          analysisId,
        ])
        if (!locked) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
        const rows = await reviewsOf(tx, analysisId)
        const same = rows.find((row) => row.idempotency_key === key)
        if (same) {
          if (contentOf(same) !== canonicalText(contentParts(decided)))
            throw new AppError('STATE_CONFLICT', `the key of this request stands for another review of ${analysisId}`)
          return { review: toReview(same), created: false }
        }
        if (rows.length !== expected)
          throw new AppError(
            'STATE_CONFLICT',
            `analysis ${analysisId} has ${rows.length} reviews, and this one knows of ${expected}`,
          )
        if (rows.at(-1)?.decision === 'reject')
          throw new AppError('STATE_CONFLICT', `analysis ${analysisId} was rejected, which is final`)
        const number = rows.length + 1
        const reviewId = createHash('sha256').update(`review\n${analysisId}\n${number}`).digest('hex').slice(0, 32)
        const at = now()
        const { decision, reviewer, reason, edits, redrawn } = decided
        await tx.query(
          `insert into gliabridge.reviews (review_id, analysis_id, number, idempotency_key, at, decision, reviewer, reason, edits, redrawn)
           values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9::jsonb, $10::jsonb)`,
          [
            reviewId,
            analysisId,
            number,
            key,
            at,
            decision,
            JSON.stringify(reviewer),
            reason ?? null,
            JSON.stringify(edits),
            json(redrawn),
          ],
        )
        if (labels) await keepLabels(tx, reviewId, labels, at)
        await tx.query(
          `insert into gliabridge.review_deliveries (review_id, leg, state, due_at)
           select $1, leg, 'waiting', $3 from unnest($2::text[]) as leg`,
          [reviewId, [...LEGS], at],
        )
        await append(tx, analysisId, at, `${decision} by ${readName(reviewer.name)} (${reviewer.identifier})`, {
          reviewId,
          number,
          decision,
        })
        const stored = (await reviewsOf(tx, analysisId)).at(-1)
        return { review: toReview(stored!), created: true }
      }),

    async list(analysisId) {
      return (await reviewsOf(db, analysisId)).map(toReview)
    },

    async claim(seconds) {
      const at = clock.now()
      const until = new Date(at.getTime() + seconds * 1000).toISOString()
      // Later than this is no wait: it was written before the clock was set back.
      const latest = new Date(at.getTime() + (seconds + MAX_WAIT_SECONDS) * 1000).toISOString()
      const [row] = await db.query<LegRow & { review_id: string }>(CLAIM, [at.toISOString(), until, latest])
      if (!row) return undefined
      const [review] = await db.query<ReviewRow>(`select ${REVIEW} from gliabridge.reviews r where r.review_id = $1`, [
        row.review_id,
      ])
      const { deliveries: _, ...decided } = toReview(review!)
      return { review: decided, delivery: { ...toLeg(row), reviewId: row.review_id } }
    },

    update: (reviewId, leg, change) =>
      db.transaction(async (tx) => {
        const [before] = await tx.query<LegRow & { analysis_id: string }>(
          `select d.*, r.analysis_id from gliabridge.review_deliveries d join gliabridge.reviews r using (review_id)
           where d.review_id = $1 and d.leg = $2 for update of d`,
          [reviewId, leg],
        )
        if (!before) throw new AppError('NOT_FOUND', `no ${leg} delivery of review ${reviewId}`)
        const { notBefore, ...update } = change
        const after = { ...toLeg(before), ...update }
        const at = now()
        await tx.query(
          `update gliabridge.review_deliveries set state = $3, attempts = $4, last_error = $5::jsonb, done_at = $6,
             receipt = $7::jsonb, due_at = $8, claimed_until = null where review_id = $1 and leg = $2`,
          [
            reviewId,
            leg,
            after.state,
            after.attempts,
            json(after.lastError),
            after.state === 'done' ? (after.doneAt ?? at) : null,
            json(after.receipt),
            notBefore ?? at,
          ],
        )
        const error = after.state === 'done' ? undefined : update.lastError
        const text = error ? `review, ${leg}: ${error.code}: ${error.message}` : `review, ${leg}: ${after.state}`
        await append(tx, before.analysis_id, at, text, {
          reviewId,
          leg,
          state: after.state,
          ...(error ? { code: error.code } : {}),
        })
      }),

    async makeDue(analysisId) {
      const rows = await db.query(
        `update gliabridge.review_deliveries set due_at = $2, attempts = case when state = 'failed' then 0 else attempts end,
           state = 'waiting'
         where state <> 'done' and review_id in (select review_id from gliabridge.reviews where analysis_id = $1) returning leg`,
        [analysisId, now()],
      )
      return rows.length
    },
  }
}

function reviewsOf(on: Queryable, analysisId: string): Promise<ReviewRow[]> {
  return on.query<ReviewRow>(`select ${REVIEW} from gliabridge.reviews r where r.analysis_id = $1 order by r.number`, [
    analysisId,
  ])
}

function toReview(row: ReviewRow): RecordedReview {
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

function contentOf(row: ReviewRow): string {
  return canonicalText(contentParts(toReview(row)))
}

/** What makes two requests the same. */
function contentParts({
  decision,
  reviewer,
  reason,
  edits,
  redrawn,
}: Pick<Review, 'decision' | 'reviewer' | 'reason' | 'edits' | 'redrawn'>) {
  return { decision, reviewer, reason, edits, strokes: redrawn?.strokes ?? [] }
}

async function append(tx: Queryable, analysisId: string, at: string, text: string, data: object): Promise<void> {
  await tx.query(
    `insert into gliabridge.analysis_events (analysis_id, at, kind, text, data) values ($1, $2, 'review', $3, $4::jsonb)`,
    [analysisId, at, text, JSON.stringify(data)],
  )
  await tx.query('update gliabridge.analyses set updated_at = $2 where analysis_id = $1', [analysisId, at])
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
