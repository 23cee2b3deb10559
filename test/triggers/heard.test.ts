// Hints that were acknowledged are followed until the archive has answered, and forgotten when it has nothing.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { createHintStore } from '../../src/store/hints.ts'
import { createHeardTrigger } from '../../src/triggers/heard.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const STUDY = { studyInstanceUid: '1.2.3', studyDate: '20260301', studyTime: '', modalities: ['MR'], instanceCount: 1 }

let db: Database
beforeAll(async () => {
  db = await openDatabase()
})
beforeEach(() => db.query('delete from gliabridge.hints'))
afterAll(() => db?.close())

/** The store is a real one. `archive` is what the archive has by accession number; each look remembers the study. */
async function setUp(archive: (number: string) => Promise<string[]>) {
  const clock = createManualClock()
  const log = createKeptLog()
  const hints = createHintStore(db, clock)
  const watchStore = createMemoryWatchStore()
  const searched: { at: string; number: string }[] = []
  const looked: string[] = []
  const seconds = () => (clock.now().getTime() - Date.parse('2026-03-01T03:00:00.000Z')) / 1000
  /** Runs until the clock has moved so far. */
  async function run(until: number, there = true) {
    const stop = new AbortController()
    const trigger = createHeardTrigger({
      hints,
      watchStore,
      clock: {
        now: clock.now,
        async sleep(ms) {
          await clock.sleep(ms)
          if (seconds() >= until) stop.abort()
        },
      },
      log,
      intervalSeconds: 10,
      archive: {
        async searchStudies({ accessionNumber = '' }) {
          searched.push({ at: String(seconds()), number: accessionNumber })
          return (await archive(accessionNumber)).map((studyInstanceUid) => ({ ...STUDY, studyInstanceUid }))
        },
      },
    })
    await trigger.run(async (uid) => {
      looked.push(uid)
      const at = clock.now().toISOString()
      if (there)
        await watchStore.put({
          studyInstanceUid: uid,
          instanceSetDigest: 'd',
          instanceCount: 1,
          firstSeenAt: at,
          changedAt: at,
        })
    }, stop.signal)
  }
  return { clock, log, hints, searched, looked, run }
}

it('looks at the studies of an accession number and at a study that is named, once', async () => {
  const { hints, looked, run } = await setUp(async (number) => (number === 'A-1' ? ['1.2.3', '1.2.4'] : []))
  await hints.add([
    { kind: 'accession', value: 'A-1' },
    { kind: 'study', value: '1.2.9' },
    { kind: 'accession', value: 'A-1' },
  ])
  await run(60)
  expect(looked.sort()).toEqual(['1.2.3', '1.2.4', '1.2.9'])
  expect(await db.query('select * from gliabridge.hints')).toEqual([])
})

it('asks again for an order whose images have not come, and forgets it in the end', async () => {
  const { hints, searched, log, run } = await setUp(async () => [])
  await hints.add([{ kind: 'accession', value: 'A-1' }])
  await run(10_000)
  expect(searched.map(({ at }) => Number(at))).toEqual([0, 60, 360, 1260, 4860])
  expect(await db.query('select * from gliabridge.hints')).toEqual([])
  expect(JSON.stringify(log.lines)).not.toContain('A-1')
})

it('keeps what it cannot ask for however long the archive is away', async () => {
  let isAway = true
  const { hints, looked, run, log } = await setUp(async () => {
    if (isAway) throw new AppError('ARCHIVE_UNREACHABLE', 'the archive cannot be reached')
    return ['1.2.3']
  })
  await hints.add([{ kind: 'accession', value: 'A-1' }])
  await run(7 * 86_400)
  expect(looked).toEqual([])
  expect(log.lines.every(({ fields }) => fields.code === 'ARCHIVE_UNREACHABLE')).toBe(true)
  isAway = false
  await run(7 * 86_400 + 600)
  expect(looked).toEqual(['1.2.3'])
})

it('does not forget what was heard again while it was followed', async () => {
  const { hints, clock } = await setUp(async () => [])
  await hints.add([{ kind: 'study', value: '1.2.3' }])
  const [first] = await hints.due(10)
  clock.advance(1)
  await hints.add([{ kind: 'study', value: '1.2.3' }])
  await hints.done(first!)
  await hints.later(first!, new Date('2026-03-02T00:00:00Z'))
  expect(await hints.due(10)).toMatchObject([{ value: '1.2.3', attempts: 0 }])
})

it('is not kept waiting by a clock that was set back', async () => {
  const { hints, clock } = await setUp(async () => [])
  await hints.add([{ kind: 'study', value: '1.2.3' }])
  clock.advance(-86_400)
  expect(await hints.due(10)).toHaveLength(1)
})
