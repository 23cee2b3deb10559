// The statements of the ledger of writes to the EHR, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

export const LEDGER_QUERIES = {
  /** $1 keys */
  writtenOf: {
    sql: 'select key, reference, version from gliabridge.ehr_ledger where key = any($1::text[]) and reference is not null',
    index: 'ehr_ledger_pkey',
  },
  /** $1 key, $2 now, $3 since when a begun write may still be in progress */
  beginWrite: {
    sql: `insert into gliabridge.ehr_ledger as l (key, begun_at) values ($1, $2)
      on conflict (key) do update set begun_at = excluded.begun_at where l.reference is null and l.begun_at <= $3
      returning key`,
    index: 'ehr_ledger_pkey',
  },
  /** $1 key, $2 now, $3 reference, $4 version */
  recordWrite: {
    sql: `insert into gliabridge.ehr_ledger (key, begun_at, reference, version, written_at) values ($1, $2, $3, $4, $2)
      on conflict (key) do update set reference = excluded.reference, version = excluded.version, written_at = excluded.written_at`,
    index: 'ehr_ledger_pkey',
  },
  /** $1 key, $2 latest beginning */
  forgetWrite: {
    sql: 'delete from gliabridge.ehr_ledger where key = $1 and begun_at <= $2',
    index: 'ehr_ledger_pkey',
  },
} satisfies Record<string, NamedQuery>
