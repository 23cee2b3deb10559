// The statements on notices to people, by name, each with the index that serves it.
import { after, timeOr } from '../lease-time.ts'
import type { NamedQuery } from './named-query.ts'

const COLUMNS = 'notice_id, rule, items, created_at, state, attempts, last_error, done_at, receipt'

export const NOTICE_QUERIES = {
  /** Oldest first; the leg that failed, if any, is the reason. */
  heldAnalyses: {
    sql: `select a.analysis_id, a.study_instance_uid, a.hold,
        (select l.leg from gliabridge.legs l where l.analysis_id = a.analysis_id and l.state = 'failed' order by l.leg limit 1) as undelivered
      from gliabridge.analyses a where a.state = 'held' order by a.updated_at, a.analysis_id limit 500`,
    index: 'analyses_held',
  },
  failedReviews: {
    sql: `select d.review_id, d.leg, r.analysis_id, a.study_instance_uid, d.last_error
      from gliabridge.review_deliveries d join gliabridge.reviews r using (review_id) join gliabridge.analyses a using (analysis_id)
      where d.state = 'failed' order by d.review_id, d.leg limit 500`,
    index: 'review_deliveries_failed',
  },
  /** $1 since; latest first */
  urgentResults: {
    sql: `select analysis_id, study_instance_uid, updated_at from gliabridge.analyses
      where state = 'delivered' and priority = 1 and updated_at >= $1 order by updated_at desc, analysis_id limit 500`,
    index: 'analyses_urgent',
  },
  /** $1 rule, $2 after, $3 now */
  recentNotice: {
    sql: `select 1 as one from gliabridge.notices where rule = $1 and not is_urgent and created_at > $2 and created_at <= $3
      order by created_at desc limit 1`,
    index: 'notices_of_rule',
  },
  /** $1 rule, $2 keys of items */
  toldItems: {
    sql: 'select item_key from gliabridge.notice_items where rule = $1 and item_key = any($2::text[])',
    index: 'notice_items_pkey',
  },
  /** $1 notice, $2 rule, $3 whether it is urgent, $4 items, $5 now, $6 the time by which it is due, or null */
  addNotice: {
    sql: `insert into gliabridge.notices (notice_id, rule, is_urgent, items, created_at, due_at) values ($1, $2, $3, $4::jsonb, $5, ${timeOr('$6')})
      on conflict do nothing returning notice_id`,
  },
  /** $1 rule, $2 keys of items, $3 notice */
  addToldItems: {
    sql: `insert into gliabridge.notice_items (rule, item_key, notice_id) select $1, key, $3 from unnest($2::text[]) as key
      on conflict do nothing returning item_key`,
  },
  /** $1 now or null, $2 the longest wait in seconds, $3 seconds, $4 rules, $5 whether it is to be of one of them or of another */
  claimNotice: {
    sql: `update gliabridge.notices set claimed_until = ${after(timeOr('$1'), '$3')} where notice_id = (
        select notice_id from gliabridge.notices where state = 'waiting' and (rule = any($4::text[])) = $5 and (due_at <= ${timeOr('$1')} or due_at > ${after(timeOr('$1'), '$2')})
          and (claimed_until is null or claimed_until <= ${timeOr('$1')} or claimed_until > ${after(timeOr('$1'), '$2')})
        order by is_urgent desc, due_at, notice_id limit 1 for update skip locked) returning ${COLUMNS}`,
    index: 'notices_due',
  },
  /** $1 notice, $2 state, $3 attempts, $4 error or null, $5 receipt, $6 done or null, $7 now or null, $8 seconds until it is due */
  updateNotice: {
    sql: `update gliabridge.notices set state = $2, attempts = $3, last_error = coalesce($4::jsonb, last_error), receipt = $5::jsonb,
        done_at = $6, due_at = ${after(timeOr('$7'), '$8')}, claimed_until = null where notice_id = $1`,
    index: 'notices_pkey',
  },
  /** $1 limit, $2 state or null; latest first */
  listNotices: {
    sql: `select ${COLUMNS} from gliabridge.notices where ($2::text is null or state = $2) order by created_at desc, notice_id desc limit $1`,
    index: 'notices_by_age',
  },
  /** $1 notice, $2 due */
  noticeAgain: {
    sql: `update gliabridge.notices set state = case when state = 'failed' then 'waiting' else state end, due_at = $2, claimed_until = null,
        attempts = case when state = 'failed' then 0 else attempts end where notice_id = $1 returning ${COLUMNS}`,
    index: 'notices_pkey',
  },
} satisfies Record<string, NamedQuery>
