// Figures of the record, for metrics and pages.
import { type AnalysisState, TRANSITIONS } from '../domain/analysis.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

export interface StoreFigures {
  analyses: Record<AnalysisState, number>
  legs: { leg: string; state: string; count: number; attempts: number }[]
  steps: { step: string; count: number; seconds: number }[]
  oldestOpenSeconds: number
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
  return {
    analyses: await countByState(db),
    legs,
    steps,
    oldestOpenSeconds: open?.since ? Math.max(0, (now.getTime() - open.since.getTime()) / 1000) : 0,
  }
}

/** Grows with every change, of one analysis or of any; what the pages watch. */
export async function readVersion(db: Database, analysisId?: string): Promise<string> {
  const [row] = await (analysisId
    ? db.query<{ version: string | null }>(QUERIES.lastEventOf.sql, [analysisId])
    : db.query<{ version: string | null }>(QUERIES.lastEvent.sql))
  return row?.version ?? '0'
}
