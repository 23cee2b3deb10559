// Back-up and restore of the embedded database: one compressed archive of its folder. PostgreSQL has its own tools.
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { AppError } from '../domain/errors.ts'
import { unreadable } from '../domain/unreadable.ts'
import { lockFolder } from './folder-lock.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openPglite } from './pglite.ts'
import { QUERIES } from './queries.ts'

export interface StateSummary {
  analyses: number
  auditRows: number
  /** Name of the newest migration. */
  schema: string
}

const DATABASE = 'database'

/**
 * Writes the state in `dataDir` to `file`. Throws DATA_FOLDER_IN_USE while the service runs, SETTINGS_INVALID if there is no
 * state or the file already exists.
 */
export async function backUp(dataDir: string, file: string, since: string): Promise<StateSummary> {
  if (!existsSync(join(dataDir, DATABASE))) throw new AppError('SETTINGS_INVALID', `there is no state in ${dataDir}`)
  const lock = lockFolder(dataDir, { pid: process.pid, since })
  try {
    const db = await PGlite.create(join(dataDir, DATABASE))
    try {
      const archive = await db.dumpDataDir('gzip')
      // Written completely or not at all, and readable by its owner only: it contains patients.
      const partial = `${file}.partial`
      await writeFile(partial, new Uint8Array(await archive.arrayBuffer()), { mode: 0o600 })
      if (existsSync(file)) throw new AppError('SETTINGS_INVALID', `${file} is there already`)
      await rename(partial, file)
      return await summaryOf(db)
    } finally {
      await db.close()
    }
  } finally {
    lock.release()
  }
}

/**
 * Restores a back-up into `dataDir`, which must have no state, and brings its schema up to date. Throws SETTINGS_INVALID, also
 * for a file that is not a back-up.
 */
export async function restore(dataDir: string, file: string, since: string): Promise<StateSummary> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('SETTINGS_INVALID', `the back-up ${unreadable(file, error)}`)
  })
  const archive = unpacked(bytes, file)
  const lock = lockFolder(dataDir, { pid: process.pid, since })
  const folder = join(dataDir, DATABASE)
  try {
    if (existsSync(folder) && (await readdir(folder)).length > 0)
      throw new AppError(
        'SETTINGS_INVALID',
        `${dataDir} already holds data; name an empty folder in store.dataDir, or move the old one away`,
      )
    try {
      const db = await PGlite.create(folder, { loadDataDir: new Blob([archive], { type: 'application/x-tar' }) })
      await db.close()
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw new AppError('SETTINGS_INVALID', `${file} is no back-up of a state, or it is damaged`, { cause: error })
    }
    const db = await openPglite(dataDir)
    try {
      await migrate(db, await readMigrations())
      return await summaryOf(db)
    } finally {
      await db.close()
    }
  } finally {
    lock.release()
  }
}

/** The tar archive, as PGlite needs it; a damaged one is refused here, since PGlite would end the process. */
function unpacked(bytes: Uint8Array, file: string): Uint8Array<ArrayBuffer> {
  try {
    const tar = gunzipSync(bytes)
    // A POSIX archive (ustar, magic at 257) that contains a PostgreSQL cluster.
    if (tar.toString('latin1', 257, 262) === 'ustar' && tar.includes('PG_VERSION')) return new Uint8Array(tar)
  } catch {
    // Not gzip, or truncated.
  }
  throw new AppError('SETTINGS_INVALID', `${file} is no back-up of a state, or it is damaged`)
}

interface Countable {
  query<T extends object>(sql: string): Promise<T[] | { rows: T[] }>
}

async function summaryOf(db: Countable): Promise<StateSummary> {
  const answer = await db.query<StateSummary>(QUERIES.countState.sql)
  return (Array.isArray(answer) ? answer : answer.rows)[0]!
}
