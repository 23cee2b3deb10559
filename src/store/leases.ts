// Who works on what: an analysis is claimed under a lease, which ends by itself when its worker dies.

import type { AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import { LIMITS } from '../domain/limits.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import { type RecordRow, toRecord } from './analysis-rows.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

export interface Leases extends Pick<AnalysisStore, 'claim' | 'renew' | 'release'> {
  /** Ends every lease: only when no worker can be alive, as at the start on an exclusive folder. Returns how many. */
  releaseAll(): Promise<number>
  /** Makes a waiting analysis due now, at a person's request; false when it is being worked on or cannot move by itself. */
  makeDue(analysisId: string): Promise<boolean>
}

/**
 * Due, free, and able to move by itself: queued; running, when its worker's lease ended; analysed, with a leg that waits or
 * with every leg done (the worker died before it wrote "delivered"). A failed leg waits for a person unless another waits. Two
 * analyses of one study are never worked on at once, since the later one must know what the earlier one wrote. A time later than $4
 * is no wait: it was written before the clock was set back.
 */
const CLAIM = `
  with next as (
    select analysis_id, state from gliabridge.analyses a
    where a.state in ('queued', 'running', 'analysed') 
      and (a.due_at <= $2 or a.due_at > $4) and (a.lease_until is null or a.lease_until <= $2 or a.lease_until > $4)
      and not exists (select from gliabridge.analyses o where o.study_instance_uid = a.study_instance_uid
        and o.analysis_id <> a.analysis_id and o.lease_until > $2 and o.lease_until <= $4)
      and (a.state <> 'analysed'
        or exists (select from gliabridge.legs l where l.analysis_id = a.analysis_id and l.state = 'waiting')
        or not exists (select from gliabridge.legs l where l.analysis_id = a.analysis_id and l.state = 'failed'))
    order by a.priority, a.sequence
    limit 1
    for update of a skip locked
  )
  update gliabridge.analyses a set lease_owner = $1, lease_until = $3,
    attempts = a.attempts + case when a.state = 'running' then 1 else 0 end
  from next where a.analysis_id = next.analysis_id
  returning a.analysis_id, a.state`

/** What is due at once is due by every clock, also by one that is set back later. */
export const AT_ONCE = '1970-01-01T00:00:00.000Z'
export const MAX_WAIT_SECONDS = LIMITS.retryAfterSeconds + 60

const NOTE = `insert into gliabridge.analysis_events (analysis_id, at, kind, text) values ($1, $2, 'lease', $3)`

export function createLeases(db: Database, now: () => string): Leases {
  return {
    claim: (owner, leaseSeconds) =>
      db.transaction(async (tx): Promise<AnalysisRecord | undefined> => {
        const at = now()
        const [claimed] = await tx.query<{ analysis_id: string; state: AnalysisState }>(CLAIM, [
          owner,
          at,
          later(at, leaseSeconds),
          later(at, leaseSeconds + MAX_WAIT_SECONDS),
        ])
        if (!claimed) return undefined
        if (claimed.state === 'running')
          await tx.query(NOTE, [claimed.analysis_id, at, 'taken over from a worker that ended'])
        const [row] = await tx.query<RecordRow>(QUERIES.recordById.sql, [claimed.analysis_id])
        return row && toRecord(row)
      }),

    async renew(analysisId, owner, leaseSeconds) {
      const rows = await db.query(
        'update gliabridge.analyses set lease_until = $3 where analysis_id = $1 and lease_owner = $2 returning analysis_id',
        [analysisId, owner, later(now(), leaseSeconds)],
      )
      return rows.length === 1
    },

    release: (analysisId, owner, notBefore) =>
      db.transaction(async (tx) => {
        const at = now()
        const rows = await tx.query(
          `update gliabridge.analyses set lease_owner = null, lease_until = null, due_at = $3
           where analysis_id = $1 and lease_owner = $2 returning analysis_id`,
          [analysisId, owner, notBefore ?? AT_ONCE],
        )
        if (rows.length === 1 && notBefore) await tx.query(NOTE, [analysisId, at, `next attempt at ${notBefore}`])
      }),

    releaseAll: () =>
      db.transaction(async (tx) => {
        const rows = await tx.query<{ analysis_id: string }>(
          `update gliabridge.analyses set lease_owner = null, lease_until = null where lease_owner is not null returning analysis_id`,
        )
        return rows.length
      }),

    makeDue: (analysisId) =>
      db.transaction(async (tx) => {
        const at = now()
        const rows = await tx.query(
          `update gliabridge.analyses set due_at = $2
           where analysis_id = $1 and lease_owner is null and state in ('queued', 'running', 'analysed') returning analysis_id`,
          [analysisId, AT_ONCE],
        )
        if (rows.length === 1) await tx.query(NOTE, [analysisId, at, 'next attempt now, on request'])
        return rows.length === 1
      }),
  }
}

function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString()
}
