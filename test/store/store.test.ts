// The embedded store in a folder: opening, migrations, the queue, and what outlives a clean stop.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-store-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const analysis = { analysisId: 'a', studyInstanceUid: '1.2', bundleId: 't', bundleDigest: 'b', instanceSetDigest: 's' }
const open = (sweepSeconds = 3600, log = createKeptLog()) =>
  openStore({ dataDir: join(folder, 'data'), clock: realClock, log, sweepSeconds })

it('asks for a place', async () => {
  await expect(openStore({ clock: realClock, log: createKeptLog() })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
  })
})

it('is used by one process, keeps its rows over a stop, and frees leases that nobody can hold', async () => {
  const first = await open()
  await first.ping()
  await expect(open()).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  await first.analyses.register(analysis)
  expect((await first.analyses.claim('dead', 86_400))?.analysisId).toBe('a')
  await first.close()

  const log = createKeptLog()
  const second = await open(3600, log)
  expect((await second.analyses.claim('alive', 60))?.analysisId).toBe('a')
  expect(log.lines.map((line) => line.message)).toEqual(['leases of an earlier process ended'])
  await second.close()
})

it('wakes a worker at once, later, and by the sweep, never twice at once, and stops it cleanly', async () => {
  const log = createKeptLog()
  const store = await open(3600, log)
  let calls = 0
  let busy = 0
  let most = 0
  await store.queue.work('analyses', async () => {
    busy += 1
    most = Math.max(most, busy)
    calls += 1
    await wait(30)
    busy -= 1
    if (calls === 2) throw new Error('Doe^Jane')
  })
  await until(() => calls === 1)
  await store.queue.wake('analyses')
  await until(() => calls === 2)
  await Promise.all(Array.from({ length: 10 }, () => store.queue.wake('analyses')))
  await until(() => calls >= 3)
  await store.queue.wakeAt('analyses', new Date(Date.now() + 1500))
  const before = calls
  await until(() => calls > before)
  expect(most).toBe(1)
  expect(log.lines.filter((line) => line.level !== 'info')).toEqual([
    {
      level: 'error',
      fields: { kind: 'analyses', code: 'INTERNAL', frames: expect.stringContaining('test/store/store.test.ts:') },
      message: 'a worker failed; the sweep will start it again',
    },
  ])

  let aborted = false
  await store.queue.work('long', async (signal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    aborted = true
  })
  await store.close()
  expect(aborted).toBe(true)
})

it('calls its workers when a wake was lost', async () => {
  const store = await open(1)
  let calls = 0
  await store.queue.work('analyses', async () => {
    calls += 1
  })
  await until(() => calls >= 3)
  await store.close()
})

it('refuses a database of a newer version, and one whose migrations are not these', async () => {
  const db = await openEmptyDatabase()
  const migrations = await readMigrations()
  const newer = [...migrations, { name: '9999-later.sql', sql: 'create table gliabridge.later (x int)' }]
  expect(await migrate(db, newer)).toEqual(newer.map(({ name }) => name))
  expect(await migrate(db, newer)).toEqual([])
  await expect(migrate(db, migrations)).rejects.toThrow('newer version (9999-later.sql)')
  await expect(
    migrate(
      db,
      newer.map((m) => ({ ...m, sql: `${m.sql}\n-- edited` })),
    ),
  ).rejects.toThrow('is not the one')
  const broken = [...newer, { name: '99999-broken.sql', sql: 'create table gliabridge.half (x int); select nonsense' }]
  await expect(migrate(db, broken)).rejects.toThrow('database error 42703')
  expect(await db.query(`select to_regclass('gliabridge.half') as half`)).toEqual([{ half: null }])
  await db.close()
})

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i += 1) {
    if (i > 600) throw new Error('waited a minute for nothing')
    await wait(100)
  }
}
