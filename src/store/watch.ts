// What the study watch remembers: studies seen, cursors of triggers, and the instances that we wrote ourselves.

import type { Clock } from '../domain/ports/clock.ts'
import type { WatchDecision, WatchedStudy, WatchStore } from '../domain/ports/watch-store.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

interface WatchedRow {
  study_instance_uid: string
  instance_set_digest: string
  instance_count: number
  first_seen_at: Date
  changed_at: Date
  decided_digest: string | null
  outcome: WatchDecision['outcome'] | null
  reason: string | null
}

export function createWatchStore(db: Database, clock: Clock): WatchStore {
  const now = () => clock.now().toISOString()
  return {
    async cursor(trigger) {
      const [row] = await db.query<{ value: string }>(QUERIES.cursorOf.sql, [trigger])
      return row?.value
    },

    async setCursor(trigger, value) {
      await db.query(QUERIES.setCursor.sql, [trigger, value, now()])
    },

    async get(studyInstanceUid) {
      const [row] = await db.query<WatchedRow>(QUERIES.watchedStudy.sql, [studyInstanceUid])
      return row && toWatched(row)
    },

    async undecided() {
      const rows = await db.query<WatchedRow>(QUERIES.undecidedStudies.sql)
      return rows.map(toWatched)
    },

    async put(study) {
      await db.query(QUERIES.putWatchedStudy.sql, [
        study.studyInstanceUid,
        study.instanceSetDigest,
        study.instanceCount,
        study.firstSeenAt,
        study.changedAt,
        study.decidedDigest ?? null,
        study.decision?.outcome ?? null,
        study.decision?.reason ?? null,
      ])
    },

    async notAnalysed({ limit, offset }) {
      const [total] = await db.query<{ count: string }>(QUERIES.countNotAnalysed.sql)
      const rows = await db.query<WatchedRow>(QUERIES.notAnalysedStudies.sql, [limit, offset])
      return { studies: rows.map(toWatched), count: Number(total?.count ?? 0) }
    },

    async list({ limit, offset }) {
      return (await db.query<WatchedRow>(QUERIES.watchedStudies.sql, [limit, offset])).map(toWatched)
    },

    async isOwn(sopInstanceUids) {
      const rows = await db.query<{ sop_instance_uid: string }>(QUERIES.ownInstances.sql, [sopInstanceUids])
      return new Set(rows.map((row) => row.sop_instance_uid))
    },

    async addOwn(sopInstanceUids) {
      await db.query(QUERIES.addOwnInstances.sql, [sopInstanceUids, now()])
    },
  }
}

function toWatched(row: WatchedRow): WatchedStudy {
  return {
    studyInstanceUid: row.study_instance_uid,
    instanceSetDigest: row.instance_set_digest,
    instanceCount: row.instance_count,
    firstSeenAt: row.first_seen_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    ...(row.decided_digest === null ? {} : { decidedDigest: row.decided_digest }),
    ...(row.outcome && { decision: { outcome: row.outcome, ...(row.reason !== null && { reason: row.reason }) } }),
  }
}
