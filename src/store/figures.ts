// Counts from the record, for metrics and pages.
import { type AnalysisState, TRANSITIONS } from '../domain/analysis.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

export interface StoreFigures {
  analyses: Record<AnalysisState, number>
  legs: { leg: string; state: string; count: number; attempts: number }[]
  steps: { step: string; count: number; seconds: number }[]
  oldestOpenSeconds: number
  /** Error code → number of analyses held for it. */
  holds: Record<string, number>
  /** Age of the oldest analysis that is still waiting for delivery, by leg. */
  oldestDeliveries: { leg: string; seconds: number }[]
  /** Outcomes of the studies seen; "undecided" if there is none yet. */
  watched: Record<string, number>
  /** Analyses that workers have now. */
  leases: number
}

export async function countByState(db: Database): Promise<Record<AnalysisState, number>> {
  const none = Object.fromEntries(Object.keys(TRANSITIONS).map((state) => [state, 0])) as Record<AnalysisState, number>
  return { ...none, ...(await counts(db, QUERIES.countByState.sql)) }
}

export async function readFigures(db: Database, now: Date, leaseTime: string | null): Promise<StoreFigures> {
  const secondsSince = (since: Date) => Math.max(0, (now.getTime() - since.getTime()) / 1000)
  const [open] = await db.query<{ since: Date | null }>(QUERIES.oldestOpen.sql)
  const oldestDeliveries = await db.query<{ leg: string; since: Date }>(QUERIES.oldestDeliveries.sql)
  return {
    analyses: await countByState(db),
    legs: await db.query(QUERIES.countLegs.sql),
    steps: await db.query(QUERIES.stepTimes.sql),
    oldestOpenSeconds: open?.since ? secondsSince(open.since) : 0,
    holds: await counts(db, QUERIES.countHolds.sql),
    watched: await counts(db, QUERIES.countWatched.sql),
    oldestDeliveries: oldestDeliveries.map(({ leg, since }) => ({ leg, seconds: secondsSince(since) })),
    leases: (await counts(db, QUERIES.countLeases.sql, [leaseTime])).leases ?? 0,
  }
}

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
