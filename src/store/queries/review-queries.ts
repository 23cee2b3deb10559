// The statements on reviews and their deliveries, by name, each with the index that serves it.
import { after, timeOr } from '../lease-time.ts'
import type { NamedQuery } from './named-query.ts'

const REVIEW = `r.review_id, r.analysis_id, r.number, r.idempotency_key, r.at, r.decision, r.reviewer, r.reason, r.edits, r.redrawn,
  (select jsonb_agg(to_jsonb(d)) from gliabridge.review_deliveries d where d.review_id = r.review_id) as deliveries`

export const REVIEW_QUERIES = {
  /** $1 review */
  reviewById: {
    sql: `select ${REVIEW} from gliabridge.reviews r where r.review_id = $1`,
    index: 'reviews_pkey',
  },
  /** $1 analysis; in the order of their numbers */
  reviewsOf: {
    sql: `select ${REVIEW} from gliabridge.reviews r where r.analysis_id = $1 order by r.number`,
    index: 'reviews_analysis_id_number_key',
  },
  /** $1 review, $2 analysis, $3 number, $4 key, $5 now, $6 decision, $7 reviewer, $8 reason, $9 edits, $10 redrawn outlines */
  addReview: {
    sql: `insert into gliabridge.reviews (review_id, analysis_id, number, idempotency_key, at, decision, reviewer, reason, edits, redrawn)
      values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9::jsonb, $10::jsonb)`,
  },
  /** $1 review, $2 legs, $3 due */
  addReviewDeliveries: {
    sql: `insert into gliabridge.review_deliveries (review_id, leg, state, due_at)
      select $1, leg, 'waiting', $3 from unnest($2::text[]) as leg`,
  },
  /**
   * $1 now or null, $2 the longest wait in seconds: what waits longer was written before the clock was set back; $3 seconds, $4 leg or null.
   * Takes what is due and free, and whose predecessors of the same leg are done.
   */
  claimReviewDelivery: {
    sql: `update gliabridge.review_deliveries set claimed_until = ${after(timeOr('$1'), '$3')}
      where (review_id, leg) = (
        select d.review_id, d.leg from gliabridge.review_deliveries d join gliabridge.reviews r using (review_id)
        where d.state = 'waiting' and ($4::text is null or d.leg = $4) and (d.due_at <= ${timeOr('$1')} or d.due_at > ${after(timeOr('$1'), '$2')})
          and (d.claimed_until is null or d.claimed_until <= ${timeOr('$1')} or d.claimed_until > ${after(timeOr('$1'), '$2')})
          and not exists (
            select 1 from gliabridge.reviews e join gliabridge.review_deliveries f on f.review_id = e.review_id
            where e.analysis_id = r.analysis_id and e.number < r.number and f.leg = d.leg and f.state <> 'done')
        order by r.at, r.review_id, d.leg limit 1 for update of d skip locked)
      returning review_id, leg, state, attempts, last_error, done_at, receipt`,
    index: 'review_deliveries_open',
  },
  /** $1 review, $2 leg; locked until the transaction ends */
  lockReviewDelivery: {
    sql: `select d.*, r.analysis_id from gliabridge.review_deliveries d join gliabridge.reviews r using (review_id)
      where d.review_id = $1 and d.leg = $2 for update of d`,
    index: 'review_deliveries_pkey',
  },
  /** $1 review, $2 leg, $3 state, $4 attempts, $5 last error, $6 done, $7 receipt, $8 now or null, $9 seconds until it is due */
  updateReviewDelivery: {
    sql: `update gliabridge.review_deliveries set state = $3, attempts = $4, last_error = $5::jsonb, done_at = $6,
        receipt = $7::jsonb, due_at = ${after(timeOr('$8'), '$9')}, claimed_until = null where review_id = $1 and leg = $2`,
    index: 'review_deliveries_pkey',
  },
  /** $1 analysis, $2 due */
  makeReviewDeliveriesDue: {
    sql: `update gliabridge.review_deliveries set due_at = $2, attempts = case when state = 'failed' then 0 else attempts end,
        state = 'waiting'
      where state <> 'done' and review_id in (select review_id from gliabridge.reviews where analysis_id = $1) returning leg`,
    index: 'review_deliveries_pkey',
  },
} satisfies Record<string, NamedQuery>
