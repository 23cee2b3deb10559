// The hints that wait to be followed.
import { HOUR_MS } from '../domain/durations.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Hint, HintStore, KeptHint } from '../domain/ports/hint-store.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

interface HintRow {
  kind: Hint['kind']
  value: string
  heard_at: Date
  attempts: number
}

/** Longer than any wait between two attempts: a later due time was written before the clock was set back. */
const MAX_WAIT_MS = HOUR_MS

export function createHintStore(db: Database, clock: Clock): HintStore {
  return {
    async add(hints) {
      const at = clock.now().toISOString()
      await db.query(QUERIES.addHints.sql, [hints.map(({ kind }) => kind), hints.map(({ value }) => value), at])
    },
    async due(limit) {
      const now = clock.now()
      const latest = new Date(now.getTime() + MAX_WAIT_MS)
      const rows = await db.query<HintRow>(QUERIES.dueHints.sql, [now.toISOString(), latest.toISOString(), limit])
      return rows.map(({ kind, value, heard_at, attempts }) => ({ kind, value, heardAt: heard_at, attempts }))
    },
    async done({ kind, value, heardAt }) {
      await db.query(QUERIES.dropHint.sql, [kind, value, heardAt.toISOString()])
    },
    async later({ kind, value, heardAt }: KeptHint, at) {
      await db.query(QUERIES.postponeHint.sql, [kind, value, heardAt.toISOString(), at.toISOString()])
    },
  }
}
