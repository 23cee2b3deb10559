// A PostgreSQL whose own clock is a test's: a now() that stands before the server's in the search path.
import type { Clock } from '../../src/domain/ports/clock.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'

const OWN_NOW = `
  create schema moved;
  create function moved.now() returns timestamptz language sql stable as
    $$ select coalesce(nullif(current_setting('moved.now', true), '')::timestamptz, pg_catalog.now()) $$;`

/** `databaseUrl` is an empty database. */
export async function openMovedPostgres(databaseUrl: string, clock: Pick<Clock, 'now'>, log: Log): Promise<Database> {
  const first = openPostgres(databaseUrl, log)
  await first.transaction((tx) => tx.script(OWN_NOW))
  await first.close()
  const url = new URL(databaseUrl)
  url.searchParams.set('options', '-c search_path=moved,pg_catalog,public')
  const db = openPostgres(url.href, log)
  const transaction: Database['transaction'] = (work) =>
    db.transaction(async (tx) => {
      await tx.query(`select set_config('moved.now', $1, true)`, [clock.now().toISOString()])
      return work(tx)
    })
  return { ...db, transaction, query: (sql, parameters) => transaction((tx) => tx.query(sql, parameters)) }
}
