// Who works on what: an analysis is claimed under a lease, which ends by itself if its worker dies.

import type { AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { loadRecord } from './analysis-reads.ts'
import type { Database, Queryable } from './database.ts'
import { addEvent } from './history.ts'
import { QUERIES } from './queries.ts'

export interface Leases extends Pick<AnalysisStore, 'claim' | 'renew' | 'release'> {
  /** Ends every lease; only if no worker can be alive, as when starting on an exclusive folder. Returns how many there were. */
  releaseAll(): Promise<number>
  /** Makes a waiting analysis due now, at a person's request; false if it is being worked on or cannot move by itself. */
  makeDue(analysisId: string): Promise<boolean>
}

/** Due by every clock, even one that is set back later. */
export const AT_ONCE = '1970-01-01T00:00:00.000Z'
const MAX_WAIT_SECONDS = LIMITS.retryAfterSeconds + 60

/** A time later than this is not a wait: it was written before the clock was set back. */
export function latestWait(from: Date, seconds: number): string {
  return secondsAfter(from, seconds + MAX_WAIT_SECONDS)
}

export function secondsAfter(from: Date, seconds: number): string {
  return new Date(from.getTime() + seconds * 1000).toISOString()
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

export function createLeases(db: Database, clock: Clock): Leases {
  const note = (tx: Queryable, analysisId: string, text: string) =>
    addEvent(tx, analysisId, clock.now().toISOString(), { kind: 'lease', text })
  return {
    claim: (owner, seconds) => db.transaction((tx) => claim(tx, owner, seconds)),

    async renew(analysisId, owner, seconds) {
      const until = secondsAfter(clock.now(), seconds)
      const renewed = await db.query(QUERIES.renewLease.sql, [analysisId, owner, until])
      return renewed.length === 1
    },

    release: (analysisId, owner, notBefore) =>
      db.transaction(async (tx) => {
        const released = await tx.query(QUERIES.releaseLease.sql, [analysisId, owner, notBefore ?? AT_ONCE])
        if (released.length === 1 && notBefore) await note(tx, analysisId, `next attempt at ${notBefore}`)
      }),

    releaseAll: async () => (await db.query(QUERIES.releaseAllLeases.sql)).length,

    makeDue: (analysisId) =>
      db.transaction(async (tx) => {
        const made = await tx.query(QUERIES.makeAnalysisDue.sql, [analysisId, AT_ONCE])
        if (made.length === 1) await note(tx, analysisId, 'next attempt now, on request')
        return made.length === 1
      }),
  }

  async function claim(tx: Queryable, owner: string, seconds: number): Promise<AnalysisRecord | undefined> {
    const at = clock.now()
    const [claimed] = await tx.query<{ analysis_id: string; state: AnalysisState }>(QUERIES.claimAnalysis.sql, [
      owner,
      at.toISOString(),
      secondsAfter(at, seconds),
      latestWait(at, seconds),
    ])
    if (!claimed) return undefined
    if (claimed.state === 'running') await note(tx, claimed.analysis_id, 'taken over from a worker that ended')
    return loadRecord(tx, claimed.analysis_id)
  }
}
