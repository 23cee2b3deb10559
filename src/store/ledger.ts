// The ledger of writes to the EHR: where each of our resources is, and which writes were begun; one row per key.
import type { Clock } from '../domain/ports/clock.ts'
import type { LedgerEntry, WriteLedger } from '../domain/ports/write-ledger.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

interface Row {
  key: string
  reference: string
  version: string | null
}

export function createWriteLedger(db: Database, clock: Clock): WriteLedger {
  const now = () => clock.now()
  return {
    async find(keys) {
      const rows = await db.query<Row>(QUERIES.writtenOf.sql, [[...keys]])
      return new Map(
        rows.map(({ key, reference, version }): [string, LedgerEntry] => [
          key,
          { reference, ...(version !== null && { version }) },
        ]),
      )
    },
    async begin(key, seconds) {
      const at = now()
      const rows = await db.query(QUERIES.beginWrite.sql, [
        key,
        at.toISOString(),
        new Date(at.getTime() - seconds * 1000).toISOString(),
      ])
      return rows.length === 1
    },
    async record(key, { reference, version }) {
      const at = now().toISOString()
      await db.query(QUERIES.recordWrite.sql, [key, at, reference, version ?? null])
    },
    async forget(key, olderThanSeconds = 0) {
      const before = new Date(now().getTime() - olderThanSeconds * 1000).toISOString()
      await db.query(QUERIES.forgetWrite.sql, [key, before])
    },
  }
}
