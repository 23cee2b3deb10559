// The statements that count what the record holds, for metrics and pages, by name.
import { timeOr } from '../lease-time.ts'
import { CAN_MOVE } from './lease-queries.ts'
import type { NamedQuery } from './named-query.ts'

export const FIGURE_QUERIES = {
  countByState: {
    sql: 'select state as name, count(*)::int as n from gliabridge.analyses group by state',
    wholeTable: 'counts every analysis',
  },
  countLegs: {
    sql: `select leg, state, count(*)::int as count, sum(attempts)::int as attempts from (
        select leg, state, attempts from gliabridge.legs
        union all select 'review-' || leg, state, attempts from gliabridge.review_deliveries
        union all select 'notice', state, attempts from gliabridge.notices
      ) as every group by leg, state order by leg, state`,
    wholeTable: 'counts every delivery',
  },
  stepTimes: {
    sql: `select data->>'step' as step, count(*)::int as count, sum((data->>'seconds')::float8) as seconds
      from gliabridge.analysis_events where kind = 'step' and data ? 'seconds' group by 1 order by 1`,
    wholeTable: 'adds up every step',
  },
  oldestOpen: {
    sql: `select min(created_at) as since from gliabridge.analyses where ${CAN_MOVE}`,
    index: 'analyses_open',
  },
  countHolds: {
    sql: `select hold->>'code' as name, count(*)::int as n from gliabridge.analyses where state = 'held' group by 1 order by 1`,
    index: 'analyses_held',
  },
  countWatched: {
    sql: `select coalesce(outcome, 'undecided') as name, count(*)::int as n from gliabridge.watched_studies group by 1 order by 1`,
    wholeTable: 'counts every study that was seen',
  },
  /** $1 now or null. At rest an analysis has no lease. */
  countLeases: {
    sql: `select 'leases' as name, count(*)::int as n from gliabridge.analyses where ${CAN_MOVE} and lease_until > ${timeOr('$1')}`,
    index: 'analyses_open',
  },
  oldestDeliveries: {
    sql: `select l.leg, min(a.created_at) as since
      from gliabridge.analyses a join gliabridge.legs l on l.analysis_id = a.analysis_id
      where a.state = 'analysed' and l.state = 'waiting' group by l.leg order by l.leg`,
    index: 'analyses_open',
  },
  /** Counts of what is stored, to compare a back-up with its restored copy. */
  countState: {
    sql: `select (select count(*)::int from gliabridge.analyses) as analyses,
        (select count(*)::int from gliabridge.audit) as "auditRows",
        (select max(name) from gliabridge.migrations) as schema`,
    wholeTable: 'counts every analysis and every row of the audit trail',
  },
} satisfies Record<string, NamedQuery>
