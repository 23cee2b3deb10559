// The statements on soft claims of reviewers, by name, each with the index that serves it.
import { before, timeOr } from '../lease-time.ts'
import type { NamedQuery } from './named-query.ts'

export const CLAIM_QUERIES = {
  /** $1 analysis, $2 identifier, $3 name, $4 now or null, $5 the longest silence in seconds; anyone who returns after a silence starts a new claim */
  takeReviewClaim: {
    sql: `insert into gliabridge.review_claims as c (analysis_id, identifier, name, since, seen_at)
      select a.analysis_id, $2, $3, ${timeOr('$4')}, ${timeOr('$4')} from gliabridge.analyses a where a.analysis_id = $1
      on conflict (analysis_id, identifier) do update set name = excluded.name, seen_at = excluded.seen_at,
        since = case when c.seen_at < ${before(timeOr('$4'), '$5')} then excluded.since else c.since end
      returning analysis_id`,
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 identifier */
  dropReviewClaim: {
    sql: 'delete from gliabridge.review_claims where analysis_id = $1 and identifier = $2',
    index: 'review_claims_pkey',
  },
  /** $1 analyses, $2 now or null, $3 the longest silence in seconds */
  reviewClaimsOf: {
    sql: `select analysis_id, identifier, name, since from gliabridge.review_claims
      where analysis_id = any($1::text[]) and seen_at >= ${before(timeOr('$2'), '$3')} order by since, identifier`,
    index: 'review_claims_pkey',
  },
} satisfies Record<string, NamedQuery>
