// Figures of the record, for metrics and pages.
import { type AnalysisState, TRANSITIONS } from '../domain/analysis.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

export interface StoreFigures {
  analyses: Record<AnalysisState, number>
  legs: { leg: string; state: string; count: number; attempts: number }[]
  steps: { step: string; count: number; seconds: number }[]
  oldestOpenSeconds: number
  /** code → analyses that are held for it */
  holds: Record<string, number>
  /** Age of the oldest analysis whose delivery still waits, by leg. */
  oldestDeliveries: { leg: string; seconds: number }[]
  /** What became of the studies that were seen; "undecided" where nothing has yet. */
  watched: Record<string, number>
  /** Analyses that a worker has now. */
  leases: number
}

export async function countByState(db: Database): Promise<Record<AnalysisState, number>> {
  const rows = await db.query<{ state: AnalysisState; n: number }>(
    'select state, count(*)::int as n from gliabridge.analyses group by state',
  )
  const counts = Object.fromEntries(Object.keys(TRANSITIONS).map((state) => [state, 0])) as Record<
    AnalysisState,
    number
  >
  for (const { state, n } of rows) counts[state] = n
  return counts
}

export async function readFigures(db: Database, now: Date): Promise<StoreFigures> {
  const legs = await db.query<{ leg: string; state: string; count: number; attempts: number }>(
    `select leg, state, count(*)::int as count, sum(attempts)::int as attempts from (
       select leg, state, attempts from gliabridge.legs
       union all select 'review-' || leg, state, attempts from gliabridge.review_deliveries
       union all select 'notice', state, attempts from gliabridge.notices
     ) as every group by leg, state order by leg, state`,
  )
  const steps = await db.query<{ step: string; count: number; seconds: number }>(
    `select data->>'step' as step, count(*)::int as count, sum((data->>'seconds')::float8) as seconds
     from gliabridge.analysis_events where kind = 'step' and data ? 'seconds' group by 1 order by 1`,
  )
  const [open] = await db.query<{ since: Date | null }>(
    `select min(created_at) as since from gliabridge.analyses where state in ('queued', 'running', 'analysed')`,
  )
  const secondsSince = (since: Date) => Math.max(0, (now.getTime() - since.getTime()) / 1000)
  return {
    analyses: await countByState(db),
    legs,
    steps,
    oldestOpenSeconds: open?.since ? secondsSince(open.since) : 0,
    holds: await counts(db, HOLDS),
    watched: await counts(db, WATCHED),
    oldestDeliveries: (await db.query<{ leg: string; since: Date }>(OLDEST_DELIVERIES)).map(({ leg, since }) => {
      return { leg, seconds: secondsSince(since) }
    }),
    leases: (await counts(db, LEASES, [now.toISOString()])).leases ?? 0,
  }
}

const HOLDS = `select hold->>'code' as name, count(*)::int as n from gliabridge.analyses where state = 'held' group by 1 order by 1`
const WATCHED = `select coalesce(outcome, 'undecided') as name, count(*)::int as n from gliabridge.watched_studies group by 1 order by 1`
const LEASES = `select 'leases' as name, count(*)::int as n from gliabridge.analyses where lease_until > $1`
const OLDEST_DELIVERIES = `select l.leg, min(a.created_at) as since
  from gliabridge.analyses a join gliabridge.legs l on l.analysis_id = a.analysis_id
  where a.state = 'analysed' and l.state = 'waiting' group by l.leg order by l.leg`

async function counts(db: Database, sql: string, parameters: unknown[] = []): Promise<Record<string, number>> {
  const rows = await db.query<{ name: string; n: number }>(sql, parameters)
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]))
}

/** Grows with every change, of one analysis or of any; what the pages watch. */
export async function readVersion(db: Database, analysisId?: string): Promise<string> {
  const [row] = await (analysisId
    ? db.query<{ version: string | null }>(QUERIES.lastEventOf.sql, [analysisId])
    : db.query<{ version: string | null }>(QUERIES.lastEvent.sql))
  return row?.version ?? '0'
}
