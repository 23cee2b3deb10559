// The statements about the database itself and its schema, by name.
import type { NamedQuery } from './named-query.ts'

/** Creates the table that records applied migrations; several statements, run as a script. */
export const MIGRATIONS_TABLE = `create schema if not exists gliabridge;
  create table if not exists gliabridge.migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())`

export const SCHEMA_QUERIES = {
  serverTime: {
    sql: 'select now() as now',
  },
  ping: {
    sql: 'select 1 as one',
  },
  /** Until the transaction ends. */
  littleMemory: {
    sql: `select set_config('work_mem', '64kB', true)`,
  },
  /** Sorts 4 MiB with little memory, so that the server writes them to its disk. */
  spill: {
    sql: 'select count(*) from (select repeat(md5(n::text), 32) from generate_series(1, 4096) n order by 1 offset 0) sorted',
  },
  /** $1 key of the lock, which is held until the transaction ends */
  lockMigrations: {
    sql: 'select pg_advisory_xact_lock($1::bigint)',
  },
  appliedMigrations: {
    sql: 'select name, sha256 from gliabridge.migrations order by name',
    wholeTable: 'has a row for each migration',
  },
  /** $1 name, $2 digest */
  addMigration: {
    sql: 'insert into gliabridge.migrations (name, sha256) values ($1, $2)',
  },
  /** Works before the schema exists. */
  rights: {
    sql: `select current_setting('server_version') as version,
        to_regnamespace('gliabridge') is not null as present,
        has_database_privilege(current_database(), 'create') as create,
        case when to_regnamespace('gliabridge') is null then true
          else has_schema_privilege('gliabridge', 'usage, create') end as use`,
  },
} satisfies Record<string, NamedQuery>
