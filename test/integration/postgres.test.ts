// The store on a real PostgreSQL: the contracts, migrations that race, several workers, and a server that goes away.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { Clock } from '../../src/domain/ports/clock.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createWriteLedger } from '../../src/store/ledger.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openStore } from '../../src/store/store.ts'
import { accessStoreContract } from '../contract/access-store.ts'
import { analysisStoreContract } from '../contract/analysis-store.ts'
import { auditTrailContract } from '../contract/audit-trail.ts'
import { reviewStoreContract } from '../contract/review-store.ts'
import { watchStoreContract } from '../contract/watch-store.ts'
import { writeLedgerContract } from '../contract/write-ledger.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { openMovedPostgres } from '../support/moved-postgres.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.close())

const open = async () => {
  const db = openPostgres(await server.createDatabase(), createKeptLog())
  await migrate(db, await readMigrations())
  return db
}

const openAs = async (clock: Clock) => {
  const db = await openMovedPostgres(await server.createDatabase(), clock, createKeptLog())
  await migrate(db, await readMigrations())
  return db
}

analysisStoreContract('PostgreSQL', openAs)
accessStoreContract('PostgreSQL', open)
watchStoreContract('PostgreSQL', open)
auditTrailContract('PostgreSQL', open)
reviewStoreContract('PostgreSQL', openAs)
writeLedgerContract('PostgreSQL', async (clock) => {
  const db = await open()
  return { ledger: createWriteLedger(db, clock), close: () => db.close() }
})

const analysis = (n: number) => ({
  analysisId: `a-${n}`,
  studyInstanceUid: `1.2.${n}`,
  bundleId: 'tiny',
  bundleDigest: 'b',
  instanceSetDigest: `s-${n}`,
})

describe('PostgreSQL', () => {
  it('is migrated once by processes that start together', async () => {
    const url = await server.createDatabase()
    const dbs = [1, 2, 3].map(() => openPostgres(url, createKeptLog()))
    const migrations = await readMigrations()
    const applied = await Promise.all(dbs.map((db) => migrate(db, migrations)))
    expect(applied.flat()).toEqual(migrations.map(({ name }) => name))
    await Promise.all(dbs.map((db) => db.close()))
  })

  it('gives each analysis to one of many workers on connections of their own', async () => {
    const url = await server.createDatabase()
    const clock = createManualClock()
    const dbs = [1, 2, 3, 4].map(() => openPostgres(url, createKeptLog()))
    await migrate(dbs[0]!, await readMigrations())
    const stores = dbs.map((db) => createAnalysisStore(db, clock))
    for (let n = 0; n < 40; n += 1) await stores[0]!.register(analysis(n))
    const taken = await Promise.all(
      stores.flatMap((store, s) =>
        [0, 1].map(async (w) => {
          const got: string[] = []
          for (let misses = 0; misses < 3; ) {
            const record = await store.claim(`worker-${s}-${w}`, 600)
            if (record) got.push(record.analysisId)
            else misses += 1
          }
          return got
        }),
      ),
    )
    expect(taken.flat().sort()).toEqual(Array.from({ length: 40 }, (_, n) => `a-${n}`).sort())
    await Promise.all(dbs.map((db) => db.close()))
  })

  it('gives two analyses of one study to nobody at once, not even at the same moment', async () => {
    const url = await server.createDatabase()
    const [slow, other] = [openPostgres(url, createKeptLog()), openPostgres(url, createKeptLog())]
    await migrate(slow, await readMigrations())
    let [reach, go] = [() => {}, () => {}]
    const reached = new Promise<void>((resolve) => {
      reach = resolve
    })
    const gone = new Promise<void>((resolve) => {
      go = resolve
    })
    /** Claims, and waits before it commits. */
    const waiting: Database = {
      ...slow,
      transaction: (work) =>
        slow.transaction(async (tx) => {
          const result = await work(tx)
          reach()
          await gone
          return result
        }),
    }
    const store = createAnalysisStore(other, realClock)
    const { studyInstanceUid } = analysis(1)
    for (const n of [1, 2]) await store.register({ ...analysis(n), studyInstanceUid })
    const first = createAnalysisStore(waiting, realClock).claim('one', 60)
    await reached
    expect(await store.claim('two', 60)).toBeUndefined()
    go()
    expect((await first)?.analysisId).toBe('a-1')
    expect(await store.claim('two', 60)).toBeUndefined()
    await store.register(analysis(3))
    expect((await store.claim('two', 60))?.analysisId).toBe('a-3')
    await Promise.all([slow.close(), other.close()])
  })

  it('measures leases and waits by its own clock, whatever the clocks of its clients say', async () => {
    const url = await server.createDatabase()
    const db = openPostgres(url, createKeptLog())
    await migrate(db, await readMigrations())
    const offBy = (hours: number): Clock => ({ ...realClock, now: () => new Date(Date.now() + hours * 3_600_000) })
    const [right, ahead, behind] = [0, 5, -5].map((hours) => createAnalysisStore(db, offBy(hours))) as [
      AnalysisRecords,
      AnalysisRecords,
      AnalysisRecords,
    ]
    const seconds = async () => {
      const [row] = await db.query<{ lease: number | null; due: number }>(
        `select extract(epoch from lease_until - now())::float8 as lease, extract(epoch from due_at - now())::float8 as due from gliabridge.analyses`,
      )
      return row!
    }
    await right.register(analysis(1))
    for (const store of [ahead, behind]) {
      expect((await store.claim('holder', 60))?.analysisId).toBe('a-1')
      for (const thief of [right, ahead, behind]) expect(await thief.claim('thief', 60)).toBeUndefined()
      expect((await seconds()).lease).toBeGreaterThan(50)
      expect((await seconds()).lease).toBeLessThanOrEqual(60)
      expect(await store.renew('a-1', 'holder', 90)).toBe(true)
      expect((await seconds()).lease).toBeGreaterThan(80)
      expect((await seconds()).lease).toBeLessThanOrEqual(90)
      await store.release('a-1', 'holder', 40)
      expect((await seconds()).due).toBeGreaterThan(30)
      expect((await seconds()).due).toBeLessThanOrEqual(40)
      for (const early of [right, ahead, behind]) expect(await early.claim('early', 60)).toBeUndefined()
      await store.makeDue('a-1')
    }
    await db.close()
  })

  it('wakes a worker of another process through the queue', async () => {
    const databaseUrl = await server.createDatabase()
    const options = { databaseUrl, clock: realClock, log: createKeptLog(), sweepSeconds: 3600 }
    const one = await openStore(options)
    const two = await openStore(options)
    let wakes = 0
    await two.queue.work('analyses', async () => {
      wakes += 1
    })
    await until(() => wakes === 1)
    await one.queue.wake('analyses')
    await until(() => wakes === 2)
    await one.queue.wakeAt('analyses', new Date(Date.now() + 1500))
    await until(() => wakes === 3)
    await one.close()
    await two.close()
  })

  it('says that the server is away, and works again when it is back', async () => {
    const store = await openStore({
      databaseUrl: await server.createDatabase(),
      clock: realClock,
      log: createKeptLog(),
      sweepSeconds: 3600,
    })
    await store.analyses.register(analysis(1))
    await server.crash()
    const error = await store.analyses.move('a-1', 'running').catch((thrown) => thrown)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', class: 'transient' })
    await store.queue.wake('analyses')
    await server.start()
    expect((await store.analyses.move('a-1', 'running')).state).toBe('running')
    let woken = 0
    await store.queue.work('analyses', async () => {
      woken += 1
    })
    await until(() => woken >= 1)
    await store.close()
  })

  it('is not opened when nobody answers', async () => {
    const error = await openStore({
      databaseUrl: 'postgres://u:secret@127.0.0.1:1/x',
      clock: realClock,
      log: createKeptLog(),
    }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    expect(`${error.message}`).not.toContain('secret')
  })
})

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i += 1) {
    if (i > 600) throw new Error('waited a minute for nothing')
    await wait(100)
  }
}
