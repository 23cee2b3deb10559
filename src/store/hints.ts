// The hints that wait to be followed.
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

/** Longer than any wait between two attempts: what is due later was written before the clock was set back. */
const MAX_WAIT_MS = 3_600_000

export function createHintStore(db: Database, clock: Clock): HintStore {
  return {
    async add(hints) {
      const at = clock.now().toISOString()
      await db.query(
        `insert into gliabridge.hints (kind, value, heard_at, due_at)
         select distinct kind, value, $3::timestamptz, $3::timestamptz from unnest($1::text[], $2::text[]) as hint (kind, value)
         on conflict (kind, value) do update set heard_at = excluded.heard_at, due_at = excluded.due_at, attempts = 0`,
        [hints.map(({ kind }) => kind), hints.map(({ value }) => value), at],
      )
    },
    async due(limit) {
      const now = clock.now()
      const latest = new Date(now.getTime() + MAX_WAIT_MS)
      const rows = await db.query<HintRow>(QUERIES.dueHints.sql, [now.toISOString(), latest.toISOString(), limit])
      return rows.map(({ kind, value, heard_at, attempts }) => ({ kind, value, heardAt: heard_at, attempts }))
    },
    async done({ kind, value, heardAt }) {
      await db.query('delete from gliabridge.hints where kind = $1 and value = $2 and heard_at = $3', [
        kind,
        value,
        heardAt.toISOString(),
      ])
    },
    async later({ kind, value, heardAt }: KeptHint, at) {
      await db.query(
        'update gliabridge.hints set due_at = $4, attempts = attempts + 1 where kind = $1 and value = $2 and heard_at = $3',
        [kind, value, heardAt.toISOString(), at.toISOString()],
      )
    },
  }
}
