// A PostgreSQL server as the database: a small pool, any number of processes.
import pg from 'pg'
import type { Log } from '../domain/ports/log.ts'
import { type Database, databaseError, type Transaction } from './database.ts'

/** Connects lazily; nothing of `databaseUrl`, which holds a password, is ever logged. */
export function openPostgres(databaseUrl: string, log: Log): Database {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 6,
    connectionTimeoutMillis: 10_000,
    application_name: 'gliabridge',
    keepAlive: true,
  })
  // An idle connection that the server closes is replaced at the next query.
  const onLost = (error: Error) => log.warn({ code: databaseError(error).code }, 'a database connection was lost')
  pool.on('error', onLost)

  return {
    engine: 'postgres',
    query: (sql, parameters) => rowsOf(pool, sql, parameters),
    async transaction(work) {
      const client = await pool.connect().catch((error) => {
        throw databaseError(error)
      })
      // The pool listens to idle connections only: the loss of one in use would end the process.
      client.on('error', onLost)
      const inside: Transaction = {
        query: (sql, parameters) => rowsOf(client, sql, parameters),
        script: async (sql) => {
          await rowsOf(client, sql)
        },
      }
      let broken: Error | undefined
      try {
        await rowsOf(client, 'begin')
        const result = await work(inside)
        await rowsOf(client, 'commit')
        return result
      } catch (error) {
        await client.query('rollback').catch((failed: Error) => {
          broken = failed
        })
        throw error
      } finally {
        client.off('error', onLost)
        client.release(broken)
      }
    },
    close: () => pool.end(),
  }
}

async function rowsOf<Row extends object>(
  on: pg.Pool | pg.PoolClient,
  sql: string,
  parameters?: readonly unknown[],
): Promise<Row[]> {
  try {
    // Without parameters pg uses the simple protocol, which allows several statements.
    const result = parameters ? await on.query<Row>(sql, [...parameters]) : await on.query<Row>(sql)
    return result.rows
  } catch (error) {
    throw databaseError(error)
  }
}
