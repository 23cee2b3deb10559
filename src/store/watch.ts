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

const COLUMNS =
  'study_instance_uid, instance_set_digest, instance_count, first_seen_at, changed_at, decided_digest, outcome, reason'

export function createWatchStore(db: Database, clock: Clock): WatchStore {
  const now = () => clock.now().toISOString()
  return {
    async cursor(trigger) {
      const [row] = await db.query<{ value: string }>('select value from gliabridge.cursors where trigger_name = $1', [
        trigger,
      ])
      return row?.value
    },

    async setCursor(trigger, value) {
      await db.query(
        `insert into gliabridge.cursors (trigger_name, value, updated_at) values ($1, $2, $3)
         on conflict (trigger_name) do update set value = excluded.value, updated_at = excluded.updated_at`,
        [trigger, value, now()],
      )
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
      await db.query(
        `insert into gliabridge.watched_studies (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (study_instance_uid) do update set instance_set_digest = excluded.instance_set_digest,
           instance_count = excluded.instance_count, first_seen_at = excluded.first_seen_at, changed_at = excluded.changed_at,
           decided_digest = excluded.decided_digest, outcome = excluded.outcome, reason = excluded.reason`,
        [
          study.studyInstanceUid,
          study.instanceSetDigest,
          study.instanceCount,
          study.firstSeenAt,
          study.changedAt,
          study.decidedDigest ?? null,
          study.decision?.outcome ?? null,
          study.decision?.reason ?? null,
        ],
      )
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
      await db.query(
        `insert into gliabridge.own_instances (sop_instance_uid, added_at)
         select distinct uid, $2::timestamptz from unnest($1::text[]) as uid on conflict do nothing`,
        [sopInstanceUids, now()],
      )
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
