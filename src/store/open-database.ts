// Opens only the database, for the command line: no queue, no workers. An embedded database has one owner, so the service must not be running.
import { AppError } from '../domain/errors.ts'
import type { AccountStore } from '../domain/ports/access-store.ts'
import type { BundleStore } from '../domain/ports/bundle-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import { createAccountStore } from './access.ts'
import { type AuditStore, createAuditTrail } from './audit.ts'
import { createBundleStore } from './bundles.ts'
import type { Database } from './database.ts'
import { createErasureStore } from './erasure.ts'
import { lockFolder } from './folder-lock.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

export interface DatabasePlace {
  dataDir?: string
  databaseUrl?: string
  clock: Clock
  log: Log
}

/** Calls `work` with the audit trail, then closes the database. Throws DATA_FOLDER_IN_USE while the service has the folder. */
export function withAuditStore<T>(place: DatabasePlace, work: (audit: AuditStore) => Promise<T>): Promise<T> {
  return withDatabase(place, (db) => work(createAuditTrail(db, place.clock)))
}

/** The same with what erasing needs. */
export function withErasure<T>(
  place: DatabasePlace,
  work: (parts: { audit: AuditStore; records: ReturnType<typeof createErasureStore> }) => Promise<T>,
): Promise<T> {
  return withDatabase(place, (db) =>
    work({ audit: createAuditTrail(db, place.clock), records: createErasureStore(db, place.clock) }),
  )
}

/** The same with the local accounts. */
export function withAccounts<T>(
  place: DatabasePlace,
  work: (parts: { audit: AuditStore; accounts: AccountStore }) => Promise<T>,
): Promise<T> {
  return withDatabase(place, (db) =>
    work({ audit: createAuditTrail(db, place.clock), accounts: createAccountStore(db, place.clock) }),
  )
}

/** The same with the decisions on bundles. */
export function withBundles<T>(
  place: DatabasePlace,
  work: (parts: { audit: AuditStore; bundles: BundleStore }) => Promise<T>,
): Promise<T> {
  return withDatabase(place, (db) =>
    work({ audit: createAuditTrail(db, place.clock), bundles: createBundleStore(db, place.clock) }),
  )
}

async function withDatabase<T>(place: DatabasePlace, work: (db: Database) => Promise<T>): Promise<T> {
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
      return await work(db)
    } finally {
      await db.close()
    }
  } finally {
    lock?.release()
  }
}
