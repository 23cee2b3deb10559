// Opens the audit trail alone, for the command line: no queue, no worker. An embedded database has one owner, so the service must not run.
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import { type AuditStore, createAuditTrail } from './audit.ts'
import { lockFolder } from './folder-lock.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

export interface AuditPlace {
  dataDir?: string
  databaseUrl?: string
  clock: Clock
  log: Log
}

/** Calls `work` and closes the database after it. Throws DATA_FOLDER_IN_USE while the service has the folder. */
export async function withAuditStore<T>(place: AuditPlace, work: (audit: AuditStore) => Promise<T>): Promise<T> {
  const { dataDir, databaseUrl, clock, log } = place
  if (databaseUrl === undefined && dataDir === undefined)
    throw new AppError('SETTINGS_INVALID', 'store.dataDir or the environment variable DATABASE_URL is needed')
  const lock =
    databaseUrl === undefined && dataDir !== undefined
      ? lockFolder(dataDir, { pid: process.pid, since: clock.now().toISOString() })
      : undefined
  try {
    const db = databaseUrl === undefined ? await openPglite(dataDir) : openPostgres(databaseUrl, log)
    try {
      await migrate(db, await readMigrations())
      return await work(createAuditTrail(db, clock))
    } finally {
      await db.close()
    }
  } finally {
    lock?.release()
  }
}
