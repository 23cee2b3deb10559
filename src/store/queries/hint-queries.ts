// The statements on hints that were acknowledged to their sender, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

export const HINT_QUERIES = {
  /** $1 kinds, $2 values, $3 now; a hint that is heard again is followed again */
  addHints: {
    sql: `insert into gliabridge.hints (kind, value, heard_at, due_at)
      select distinct kind, value, $3::timestamptz, $3::timestamptz from unnest($1::text[], $2::text[]) as hint (kind, value)
      on conflict (kind, value) do update set heard_at = excluded.heard_at, due_at = excluded.due_at, attempts = 0`,
    index: 'hints_pkey',
  },
  /** $1 now, $2 later than any wait, $3 limit */
  dueHints: {
    sql: `select kind, value, heard_at, attempts from gliabridge.hints where due_at <= $1 or due_at > $2 order by due_at, value limit $3`,
    index: 'hints_due',
  },
  /** $1 kind, $2 value, $3 when it was heard: a hint heard again in the meantime stays */
  dropHint: {
    sql: 'delete from gliabridge.hints where kind = $1 and value = $2 and heard_at = $3',
    index: 'hints_pkey',
  },
  /** $1 kind, $2 value, $3 when it was heard, $4 due */
  postponeHint: {
    sql: 'update gliabridge.hints set due_at = $4, attempts = attempts + 1 where kind = $1 and value = $2 and heard_at = $3',
    index: 'hints_pkey',
  },
} satisfies Record<string, NamedQuery>
