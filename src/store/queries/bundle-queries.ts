// The statements for bundles and their shadow runs, by name, each with the index that serves it.
import { after, timeOr } from '../lease-time.ts'
import { CAN_MOVE } from './lease-queries.ts'
import type { NamedQuery } from './named-query.ts'

export const BUNDLE_QUERIES = {
  /** Oldest first; one for each decision of a person, so few. */
  bundleChanges: {
    sql: 'select change_id, at, action, bundle, by, reason from gliabridge.bundle_changes order by change_id',
    index: 'bundle_changes_pkey',
  },
  /** Until the transaction ends, nobody else can decide on a bundle. */
  lockBundles: {
    sql: `select pg_advisory_xact_lock(hashtext('gliabridge.bundle_changes'))`,
  },
  lastBundleChange: {
    sql: 'select change_id from gliabridge.bundle_changes order by change_id desc limit 1',
    index: 'bundle_changes_pkey',
  },
  /** $1 now, $2 action, $3 bundle or null, $4 who, $5 reason */
  addBundleChange: {
    sql: 'insert into gliabridge.bundle_changes (at, action, bundle, by, reason) values ($1, $2, $3::jsonb, $4, $5)',
  },
  /** $1 now or null, $2 model of the active bundle, $3 registered since, $4 digest of the candidate; oldest first */
  nextShadowCase: {
    sql: `select a.analysis_id from gliabridge.analyses a
      where a.state = 'delivered' and a.model_digest = $2 and a.created_at >= $3::timestamptz
        and not exists (select from gliabridge.shadow_cases c where c.analysis_id = a.analysis_id and c.digest = $4
          and (c.comparison is not null or c.due_at > ${timeOr('$1')}))
      order by a.created_at, a.analysis_id limit 1`,
    index: 'analyses_by_model',
  },
  /** $1 now or null, $2 analysis, $3 digest of the candidate, $4 model of the active bundle, $5 seconds; no row if another process was faster */
  claimShadowCase: {
    sql: `insert into gliabridge.shadow_cases as c (analysis_id, digest, active_model, attempts, due_at)
      values ($2, $3, $4, 1, ${after(timeOr('$1'), '$5')})
      on conflict (analysis_id, digest) do update
        set active_model = excluded.active_model, attempts = c.attempts + 1, due_at = excluded.due_at
        where c.comparison is null and c.due_at <= ${timeOr('$1')}
      returning c.attempts`,
    index: 'shadow_cases_pkey',
  },
  /** $1 analysis, $2 digest of the candidate, $3 now, $4 comparison */
  keepShadowCase: {
    sql: `update gliabridge.shadow_cases set compared_at = $3, comparison = $4::jsonb
      where analysis_id = $1 and digest = $2 and comparison is null`,
    index: 'shadow_cases_pkey',
  },
  /** $1 now or null, $2 analysis, $3 digest of the candidate, $4 seconds until it is due, $5 attempts that do not count */
  releaseShadowCase: {
    sql: `update gliabridge.shadow_cases set due_at = ${after(timeOr('$1'), '$4')}, attempts = attempts - $5::int
      where analysis_id = $2 and digest = $3 and comparison is null`,
    index: 'shadow_cases_pkey',
  },
  /** $1 digest of the candidate, $2 model of the active bundle, $3 since; latest first */
  shadowCases: {
    sql: `select comparison from gliabridge.shadow_cases
      where digest = $1 and active_model = $2 and compared_at >= $3::timestamptz and comparison is not null
      order by compared_at desc, analysis_id`,
    index: 'shadow_cases_of',
  },
  /** $1 now or null */
  analysisDue: {
    sql: `select a.analysis_id from gliabridge.analyses a
      where a.${CAN_MOVE} and a.state <> 'analysed' and a.due_at <= ${timeOr('$1')} order by a.priority, a.sequence limit 1`,
    index: 'analyses_open',
  },
  /** $1 analysis */
  eraseShadowCases: {
    sql: 'delete from gliabridge.shadow_cases where analysis_id = $1',
    index: 'shadow_cases_pkey',
  },
} satisfies Record<string, NamedQuery>
