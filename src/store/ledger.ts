// The ledger of writes to the EHR: where each resource of ours is, and which writes were begun; one row per key.
import type { Clock } from '../domain/ports/clock.ts'
import type { LedgerEntry, WriteLedger } from '../domain/ports/write-ledger.ts'
import type { Database } from './database.ts'

interface Row {
  key: string
  reference: string
  version: string | null
}

export function createWriteLedger(db: Database, clock: Clock): WriteLedger {
  const now = () => clock.now()
  return {
    async find(keys) {
      const rows = await db.query<Row>(
        'select key, reference, version from gliabridge.ehr_ledger where key = any($1::text[]) and reference is not null',
        [[...keys]],
      )
      return new Map(
        rows.map(({ key, reference, version }): [string, LedgerEntry] => [
          key,
          { reference, ...(version !== null && { version }) },
        ]),
      )
    },
    async begin(key, seconds) {
      const at = now()
      const rows = await db.query(
        `insert into gliabridge.ehr_ledger as l (key, begun_at) values ($1, $2)
         on conflict (key) do update set begun_at = excluded.begun_at where l.reference is null and l.begun_at <= $3
         returning key`,
        [key, at.toISOString(), new Date(at.getTime() - seconds * 1000).toISOString()],
      )
      return rows.length === 1
    },
    async record(key, { reference, version }) {
      const at = now().toISOString()
      await db.query(
        `insert into gliabridge.ehr_ledger (key, begun_at, reference, version, written_at) values ($1, $2, $3, $4, $2)
         on conflict (key) do update set reference = excluded.reference, version = excluded.version, written_at = excluded.written_at`,
        [key, at, reference, version ?? null],
      )
    },
    async forget(key) {
      await db.query('delete from gliabridge.ehr_ledger where key = $1', [key])
    },
  }
}
