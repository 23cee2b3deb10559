// Whether there is room to write results: a service that can only read is not ready.
import { statfs } from 'node:fs/promises'
import { AppError } from '../domain/errors.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

/** With less, a result and its objects may no longer fit, and the database cannot grow. */
const MIN_FREE_BYTES = 256 * 2 ** 20

export type FreeBytes = (folder: string) => Promise<number>

export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Throws DISK_FULL, which names the setting of the folder. */
export async function expectRoom(
  folder: string,
  freeBytes: FreeBytes = freeBytesOf,
  setting = 'store.dataDir',
): Promise<void> {
  const free = await freeBytes(folder)
  if (free < MIN_FREE_BYTES)
    throw new AppError('DISK_FULL', `${Math.floor(free / 2 ** 20)} MiB are free on the disk of ${setting}`)
}

/** Writes a row, since a server with a full disk still answers queries. Throws DATABASE_*. */
export async function expectWritable(db: Database, at: Date): Promise<void> {
  await db.query(QUERIES.setCursor.sql, ['ready', '', at.toISOString()])
}
