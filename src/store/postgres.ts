// A PostgreSQL server as the database: a small pool, any number of processes.
import pg from 'pg'
import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Log } from '../domain/ports/log.ts'
import { type Database, databaseError, type Transaction } from './database.ts'

/** How soon a connection is noticed whose other end has disappeared silently. */
const KEEP_ALIVE_MS = 30_000

/** Connects lazily; nothing of `databaseUrl`, which contains a password, is ever logged. */
export function openPostgres(databaseUrl: string, log: Log, silentSeconds: number = LIMITS.databaseSeconds): Database {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 6,
    connectionTimeoutMillis: 10_000,
    application_name: 'gliabridge',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    query_timeout: silentSeconds * 1000,
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
      // The pool handles only idle connections: without this, losing one in use would end the process.
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
        // A connection that does not answer is not used again: the server ends its transaction.
        if (error instanceof AppError && error.code === 'DATABASE_UNREACHABLE') broken = error
        else
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
