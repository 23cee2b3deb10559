// One process at a time on a data folder: a lock that the kernel releases when its holder dies, however it dies.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../domain/errors.ts'

export interface FolderLock {
  release(): void
}

/**
 * Locks `folder`, creating it if needed; throws DATA_FOLDER_IN_USE if a live process has it. Node has no flock, but SQLite's
 * write lock is one (fcntl, or LockFileEx on Windows): kill -9 leaves nothing stale, and no process id has to be trusted, which
 * containers reuse.
 */
export function lockFolder(folder: string, holder: { pid: number; since: string }): FolderLock {
  const lock = open(folder)
  try {
    lock.exec('create table if not exists holder (pid integer, since text)')
    lock.exec('begin immediate')
    lock.exec('delete from holder')
    lock.prepare('insert into holder values (?, ?)').run(holder.pid, holder.since)
    lock.exec('commit')
    lock.exec('begin immediate')
  } catch (error) {
    const other = holderOf(lock)
    lock.close()
    if (!isBusy(error)) throw unusable(folder, error)
    throw new AppError('DATA_FOLDER_IN_USE', `the data folder ${folder} is used by ${other}`, { cause: error })
  }
  return { release: () => lock.close() }
}

function open(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return new DatabaseSync(join(folder, 'lock.sqlite'))
  } catch (error) {
    throw unusable(folder, error)
  }
}

const unusable = (folder: string, cause: unknown) =>
  new AppError('INTERNAL', `the folder ${folder} cannot be locked`, { cause })

function holderOf(lock: DatabaseSync): string {
  try {
    const row = lock.prepare('select pid, since from holder').get()
    if (row) return `process ${row.pid} since ${row.since}`
  } catch {
    // Being written at this moment: there is a holder, but it is not known which.
  }
  return 'another process'
}

/** SQLITE_BUSY (5) and SQLITE_LOCKED (6), extended codes included. */
function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' && [5, 6].includes(code & 0xff)
}
