// Whether state can be stored: PostgreSQL accepts us and lets us create tables, or we can write to the folder.
import { join } from 'node:path'
import { AppError, asAppError } from '../../domain/errors.ts'
import type { Log } from '../../domain/ports/log.ts'
import { lockFolder } from '../../store/folder-lock.ts'
import { openPostgres } from '../../store/postgres.ts'
import { QUERIES } from '../../store/queries.ts'
import { checkFolder } from './folder.ts'

export interface StorePlace {
  dataDir: string
  databaseUrl?: string
}

/** Creates nothing in a PostgreSQL database; creates the data folder, as the service would. */
export async function checkStore({ dataDir, databaseUrl }: StorePlace, log: Log): Promise<string[]> {
  return databaseUrl ? checkPostgres(databaseUrl, log) : checkEmbedded(dataDir)
}

async function checkPostgres(databaseUrl: string, log: Log): Promise<string[]> {
  if (!/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new AppError('SETTINGS_INVALID', 'DATABASE_URL must begin with postgres:// or postgresql://')
  const db = openPostgres(databaseUrl, log)
  try {
    const [row] = await db.query<{ version: string; present: boolean; create: boolean; use: boolean }>(
      QUERIES.rights.sql,
    )
    const { version, present, create, use } = row!
    if (!present && !create)
      throw new AppError(
        'DATABASE_REFUSED',
        'the user may not create the schemas "gliabridge" and "pgboss" in this database',
      )
    if (!use) throw new AppError('DATABASE_REFUSED', 'the user may not use and create in the schema "gliabridge"')
    return [`PostgreSQL ${version}, ${present ? 'with our tables' : 'no tables yet; the first start makes them'}`]
  } finally {
    await db.close()
  }
}

async function checkEmbedded(dataDir: string): Promise<string[]> {
  const room = `embedded database in ${join(dataDir, 'database')}, ${await checkFolder('store.dataDir', dataDir)}`
  try {
    lockFolder(dataDir, { pid: process.pid, since: new Date().toISOString() }).release()
  } catch (thrown) {
    const error = asAppError(thrown)
    if (error.code !== 'DATA_FOLDER_IN_USE') throw error
    // Most likely by the service itself, which is fine: settings may be checked while it runs.
    return [room, `in use: ${error.message}`]
  }
  return [room]
}
