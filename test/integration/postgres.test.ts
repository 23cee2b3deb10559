// The store on a real PostgreSQL: the contracts, migrations that race, several workers, and a server that goes away.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
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

analysisStoreContract('PostgreSQL', open)
accessStoreContract('PostgreSQL', open)
watchStoreContract('PostgreSQL', open)
auditTrailContract('PostgreSQL', open)
reviewStoreContract('PostgreSQL', open)
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
