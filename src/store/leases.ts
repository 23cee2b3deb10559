// Who works on what: an analysis is claimed under a lease, which ends by itself if its worker dies.

import type { AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { loadRecord } from './analysis-reads.ts'
import type { Database, Queryable } from './database.ts'
import { addEvent } from './history.ts'
import { AT_ONCE, longestWait, timeOf } from './lease-time.ts'
import { QUERIES } from './queries.ts'

export interface Leases extends Pick<AnalysisStore, 'claim' | 'renew' | 'release'> {
  /** Ends every lease; only if no worker can be alive, as when starting on an exclusive folder. Returns how many there were. */
  releaseAll(): Promise<number>
  /** Makes a waiting analysis due now, at a person's request; false if it is being worked on or cannot move by itself. */
  makeDue(analysisId: string): Promise<boolean>
}

/**
 * The database as the owner of a lease may change it (a fencing token): each transaction first proves the lease and keeps its
 * row locked, so that nobody can take over before it ends.
 */
export function fenced(db: Database, analysisId: string, owner: string): Database {
  return {
    ...db,
    transaction: (work) =>
      db.transaction(async (tx) => {
        const rows = await tx.query(QUERIES.proveLease.sql, [analysisId, owner])
        if (rows.length === 0) throw new AppError('LEASE_LOST', `another worker has the analysis ${analysisId} by now`)
        return work(tx)
      }),
  }
}

interface NextRow {
  analysis_id: string
  state: AnalysisState
  /** False: another worker claims an analysis of this study at this moment. */
  locked: boolean
}

export function createLeases(db: Database, clock: Clock): Leases {
  const time = () => timeOf(db, clock)
  const note = (tx: Queryable, analysisId: string, text: string) =>
    addEvent(tx, analysisId, clock.now().toISOString(), { kind: 'lease', text })
  return {
    claim: (owner, seconds, stage) => db.transaction((tx) => claim(tx, owner, seconds, stage)),

    renew: async (analysisId, owner, seconds) =>
      (await db.query(QUERIES.renewLease.sql, [time(), analysisId, owner, seconds])).length === 1,

    release: (analysisId, owner, afterSeconds) =>
      db.transaction(async (tx) => {
        const values = [time(), analysisId, owner, afterSeconds ?? null, AT_ONCE]
        const released = await tx.query(QUERIES.releaseLease.sql, values)
        if (released.length === 1 && afterSeconds !== undefined)
          await note(tx, analysisId, `next attempt in ${Math.round(afterSeconds)} s`)
      }),

    releaseAll: async () => (await db.query(QUERIES.releaseAllLeases.sql)).length,

    makeDue: (analysisId) =>
      db.transaction(async (tx) => {
        const made = await tx.query(QUERIES.makeAnalysisDue.sql, [analysisId, AT_ONCE])
        if (made.length === 1) await note(tx, analysisId, 'next attempt now, on request')
        return made.length === 1
      }),
  }

  async function claim(
    tx: Queryable,
    owner: string,
    seconds: number,
    stage: Parameters<AnalysisStore['claim']>[2],
  ): Promise<AnalysisRecord | undefined> {
    const now = [time(), longestWait(seconds)]
    const [next] = await tx.query<NextRow>(QUERIES.nextAnalysis.sql, [...now, stage ?? null])
    if (!next?.locked) return undefined
    const { analysis_id, state } = next
    const attempts = state === 'running' && (await diedAtWork(tx, analysis_id)) ? 1 : 0
    const claimed = await tx.query(QUERIES.claimAnalysis.sql, [...now, analysis_id, owner, seconds, attempts])
    if (claimed.length === 0) return undefined
    if (state === 'running') await note(tx, analysis_id, 'taken over from a worker that ended')
    return loadRecord(tx, analysis_id)
  }
}

/**
 * Whether the worker ended while a step of this analysis was under way. Of all that a process had in hand when it ended, only these may have ended it; the
 * others waited for their turn, and it counts as no attempt of theirs.
 */
async function diedAtWork(tx: Queryable, analysisId: string): Promise<boolean> {
  const [row] = await tx.query<{ is_under_way: boolean }>(QUERIES.stepUnderWay.sql, [analysisId])
  return row?.is_under_way === true
}
