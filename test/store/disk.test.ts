// Ready means that results can be written: room on the disk of the folder, a row in the database.
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { databaseError } from '../../src/store/database.ts'
import { expectRoom, expectWritable } from '../../src/store/disk.ts'
import { openDatabase } from '../support/database.ts'

const MIB = 2 ** 20

it('is not ready below 256 MiB, and names the folder by its setting', async () => {
  await expectRoom(tmpdir(), async () => 256 * MIB)
  await expect(expectRoom(tmpdir(), async () => 256 * MIB - 1)).rejects.toMatchObject({
    code: 'DISK_FULL',
    class: 'transient',
    message: '255 MiB are free on the disk of store.dataDir',
  })
  await expectRoom(tmpdir())
})

it('writes a row each time, and is not ready when the server has no room for it', async () => {
  const db = await openDatabase()
  await expectWritable(db, new Date(1000))
  await expectWritable(db, new Date(2000))
  const rows = await db.query<{ updated_at: Date }>(
    `select updated_at from gliabridge.cursors where trigger_name = 'ready'`,
  )
  expect(rows.map((row) => row.updated_at.getTime())).toEqual([2000])
  await db.close()
  const full: Pick<Database, 'transaction'> = {
    transaction: () =>
      Promise.reject(databaseError(Object.assign(new Error('No space left on device'), { code: '53100' }))),
  }
  await expect(expectWritable(full as Database, new Date())).rejects.toMatchObject({ code: 'DISK_FULL' })
})
