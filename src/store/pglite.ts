// The embedded database: PostgreSQL as WebAssembly in its own folder, one connection, one process.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite, type PGliteInterface } from '@electric-sql/pglite'
import { AppError } from '../domain/errors.ts'
import { createTurns } from '../domain/turns.ts'
import { type Database, databaseError, type Transaction } from './database.ts'

export interface EmbeddedDatabase extends Database {
  /** Statements of another library (the queue) on the same connection; several at once if there are no values. */
  foreign(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>
}

/** Opens the database in `dataDir`/database, or in memory when `dataDir` is undefined. The folder must be locked by the caller. */
export async function openPglite(dataDir: string | undefined): Promise<EmbeddedDatabase> {
  return embedded(await start(dataDir))
}

/** The database as the store uses it; closing it closes `db`. */
export function embedded(db: PGliteInterface): EmbeddedDatabase {
  const turns = createTurns()
  /** All share one connection and take turns, so that nobody's statement lands in another's transaction. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => turns('connection', work)
  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    exclusive(work).catch((error) => {
      throw databaseError(error)
    })

  return {
    engine: 'pglite',
    query: (sql, parameters) => guarded(async () => (await db.query(sql, [...(parameters ?? [])])).rows as never),
    transaction: (work) =>
      guarded(() =>
        db.transaction((tx) => {
          const inside: Transaction = {
            query: async (sql, parameters) => (await tx.query(sql, [...(parameters ?? [])])).rows as never,
            script: async (sql) => {
              await tx.exec(sql)
            },
          }
          return work(inside)
        }),
      ),
    foreign: (sql, values) =>
      exclusive(async () => {
        try {
          if (values && values.length > 0) return await db.query<unknown>(sql, values)
          const results = await db.exec(sql)
          return { rows: results.flatMap((result) => result.rows as unknown[]) }
        } catch (error) {
          // A block that failed between its own BEGIN and COMMIT would leave the connection aborted for everyone.
          await db.exec('rollback')
          throw error
        }
      }),
    listen: (channel, heard) => exclusive(() => db.listen(channel, heard)),
    close: () => exclusive(() => db.close()),
  }
}

async function start(dataDir: string | undefined): Promise<PGliteInterface> {
  if (dataDir === undefined) return PGlite.create()
  const folder = join(dataDir, 'database')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    return await PGlite.create(folder)
  } catch (error) {
    throw new AppError('INTERNAL', `the database in ${folder} cannot be opened`, { cause: error })
  }
}
