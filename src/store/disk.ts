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

/**
 * Writes a row, which a read-only server refuses, and has the server sort more than fits in memory, which fails if its disk is full: such a server
 * still answers queries and often finds room for a single row. Throws DATABASE_* and DISK_FULL.
 */
export async function expectWritable(db: Database, at: Date): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(QUERIES.setCursor.sql, ['ready', '', at.toISOString()])
    await tx.query(QUERIES.littleMemory.sql)
    await tx.query(QUERIES.spill.sql)
  })
}
