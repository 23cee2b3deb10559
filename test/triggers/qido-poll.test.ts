// The poll's windows, its durable cursor, and how it lives through an archive that is down.
import { beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { StudySummary } from '../../src/domain/study-search.ts'
import { OLDER_PER_LOOK } from '../../src/triggers/due-studies.ts'
import { freshSince, reachBack, sinceWhen, windowStart } from '../../src/triggers/poll-cursor.ts'
import { createQidoPoll, type QidoPollSettings, waitAfter } from '../../src/triggers/qido-poll.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore, type MemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'

const settings: QidoPollSettings = {
  intervalSeconds: 30,
  firstLookbackDays: 1,
  overlapDays: 2,
  lateDays: 30,
  lateIntervalSeconds: 3600,
}

let archive: StudySummary[]
let zone: string
let queries: string[]
let hints: string[]
let onLook: (look: number) => void
let onHint: (study: string) => void
let store: MemoryWatchStore
let clock: ManualClock
let log: KeptLog
let outcomes: (string | undefined)[]

beforeEach(() => {
  archive = []
  zone = 'UTC'
  queries = []
  hints = []
  onLook = () => undefined
  onHint = () => undefined
  store = createMemoryWatchStore()
  clock = createManualClock('2026-03-01T03:00:00.000Z')
  log = createKeptLog()
  outcomes = []
})

const study = (uid: string, studyDate: string, instanceCount = 10): StudySummary => ({
  studyInstanceUid: uid,
  studyDate,
  studyTime: '031500',
  modalities: ['MR'],
  instanceCount,
})

/** Runs so many looks of one process; `onLook` may throw in place of the archive. */
async function run(looks: number): Promise<void> {
  const stopping = new AbortController()
  let count = 0
  const poll = createQidoPoll({
    archive: {
      async searchStudies({ from, to, modality, undated }) {
        if (undated) {
          expect([from, to, modality]).toEqual([undefined, undefined, 'MR'])
          return archive.filter((one) => one.studyDate === '')
        }
        expect([to, modality]).toEqual([undefined, 'MR'])
        queries.push(from!)
        count += 1
        onLook(count)
        return archive.filter((one) => one.studyDate !== '' && one.studyDate >= from!)
      },
    },
    watchStore: store,
    timeZone: zone,
    clock: {
      now: clock.now,
      async sleep(milliseconds) {
        await clock.sleep(milliseconds)
        if (count >= looks) stopping.abort()
      },
    },
    settings,
    log,
    onLook: (failure) => outcomes.push(failure?.code),
  })
  expect(poll.name).toBe('qido')
  await poll.run(async (uid) => {
    onHint(uid)
    hints.push(uid)
  }, stopping.signal)
}

const cursor = () => JSON.parse(store.cursors.get('qido')!)

describe('windows', () => {
  it('begin at the first start, so far back as is set, and never reach further', async () => {
    archive = [study('1.1', '20260227'), study('1.2', '20260228'), study('1.3', '20260301'), study('1.4', '20260302')]
    await run(1)
    expect(queries).toEqual(['20260228'])
    expect(hints).toEqual(['1.2', '1.3', '1.4'])
    expect(cursor()).toEqual({ since: '20260228', through: '20260301' })
    clock.advance(10 * 86_400)
    await run(1)
    expect(queries.at(-1)).toBe('20260228')
    expect(hints).not.toContain('1.1')
  })

  it('are narrow between wide looks, and wide at a start and each hour', async () => {
    store.cursors.set('qido', JSON.stringify({ since: '20250101', through: '20260301' }))
    await run(122)
    expect(queries[0]).toBe('20260130')
    expect(queries.slice(1, 120).every((from) => from === '20260227')).toBe(true)
    expect(queries[120]).toBe('20260130')
    expect(queries[121]).toBe('20260227')
  })

  it('reach back to where the last success was, however long the service was down', async () => {
    store.cursors.set('qido', JSON.stringify({ since: '20240101', through: '20251220' }))
    archive = [study('1.1', '20251219')]
    await run(1)
    expect(hints).toEqual(['1.1'])
    expect(queries).toEqual(['20251120'])
    expect(cursor()).toEqual({ since: '20240101', through: '20260301' })
  })

  it('are computed over month and year ends, and with clocks that ran ahead', () => {
    expect(windowStart({ since: '20000101', through: '20260101' }, '20260101', 2)).toBe('20251230')
    expect(windowStart({ since: '20000101', through: '20240301' }, '20240301', 1)).toBe('20240229')
    expect(windowStart({ since: '20000101', through: '20300101' }, '20260301', 1)).toBe('20260228')
    expect(windowStart({ since: '20260301', through: '20260301' }, '20260301', 9)).toBe('20260301')
  })
})

describe('hints', () => {
  it('are given for new and changed studies, not for unchanged ones', async () => {
    archive = [study('1.1', '20260301', 4)]
    onLook = (look) => {
      if (look === 3) archive = [study('1.1', '20260301', 5), study('1.2', '20260301', 1)]
    }
    await run(5)
    expect(hints).toEqual(['1.1', '1.1', '1.2'])
  })

  it('are given each time when the archive gives no counts', async () => {
    archive = [study('1.1', '20260301', 0)]
    await run(3)
    expect(hints).toEqual(['1.1', '1.1', '1.1'])
  })

  it('are given for all studies at a wide look: their sets may have changed without their counts', async () => {
    archive = [study('1.1', '20260301')]
    await run(121)
    expect(hints).toEqual(['1.1', '1.1'])
  })

  it('are repeated for a study that could not be looked at, and keep its day open', async () => {
    store.cursors.set('qido', JSON.stringify({ since: '20260101', through: '20260220' }))
    archive = [study('1.1', '20260205'), study('1.2', '20260301')]
    let failing = 2
    onHint = (uid) => {
      if (uid === '1.1' && failing > 0) {
        failing -= 1
        expect(cursor().through).toBe('20260220')
        throw new AppError('ARCHIVE_ERROR', 'the archive answered 500')
      }
    }
    await run(4)
    expect(hints).toEqual(['1.2', '1.1'])
    expect(log.lines.map((line) => [line.level, line.fields.studyInstanceUid])).toEqual([
      ['warn', '1.1'],
      ['warn', '1.1'],
    ])
    expect(cursor().through).toBe('20260301')
  })
})

describe('a hint that names no study', () => {
  it('ends the pause, a crowd of them once, and not the pause of an archive that is down', async () => {
    const stopping = new AbortController()
    const slept: number[] = []
    let looks = 0
    let down = false
    const poll = createQidoPoll({
      archive: {
        async searchStudies({ undated }) {
          if (!undated) looks += 1
          if (down) throw new AppError('ARCHIVE_UNREACHABLE', 'away')
          return []
        },
      },
      watchStore: store,
      timeZone: 'UTC',
      clock: {
        now: clock.now,
        sleep: async (milliseconds, signal) => {
          slept.push(milliseconds / 1000)
          if (slept.length >= 40) stopping.abort()
          if (milliseconds === 30_000) for (let n = 0; n < 5; n += 1) poll.lookNow()
          if (milliseconds === 30_000) expect(signal?.aborted).toBe(true)
          if (looks === 3) down = true
          if (looks === 4) stopping.abort()
        },
      },
      settings,
      log,
    })
    await poll.run(async () => {}, stopping.signal)
    expect(slept).toEqual([30, 2, 30, 2, 30, 2, 30, 30])
    expect(looks).toBe(4)
  })
})

describe('an archive that is down', () => {
  it('is asked less and less often, and found again, with nothing lost', async () => {
    store.cursors.set('qido', JSON.stringify({ since: '20260101', through: '20260228' }))
    const times: number[] = []
    const start = clock.now().getTime()
    onLook = (look) => {
      times.push((clock.now().getTime() - start) / 1000)
      if (look < 7) throw new AppError('ARCHIVE_UNREACHABLE', 'the archive cannot be reached')
    }
    archive = [study('1.1', '20260228')]
    await run(8)
    expect(times).toEqual([0, 30, 90, 210, 450, 750, 1050, 1080])
    expect(hints).toEqual(['1.1'])
    expect(
      log.lines
        .slice(0, 6)
        .map((line) => [line.level, line.fields.code, line.fields.failures, line.fields.waitSeconds]),
    ).toEqual([30, 60, 120, 240, 300, 300].map((wait, index) => ['warn', 'ARCHIVE_UNREACHABLE', index + 1, wait]))
    expect(log.lines[6]).toEqual({ level: 'info', fields: { failures: 6 }, message: 'the archive answers again' })
    expect(log.lines).toHaveLength(7)
  })

  it('in the middle of the hints leaves the rest for the next look', async () => {
    archive = [study('1.1', '20260301'), study('1.2', '20260301')]
    let down = true
    onHint = (uid) => {
      if (uid === '1.2' && down) {
        down = false
        throw new AppError('ARCHIVE_UNREACHABLE', 'the archive cannot be reached')
      }
    }
    await run(2)
    expect(hints).toEqual(['1.1', '1.1', '1.2'])
  })

  it('is waited for as long as it asks', () => {
    expect(waitAfter(1, 30)).toBe(30)
    expect(waitAfter(1, 30, 1000)).toBe(1000)
    expect(waitAfter(3, 600)).toBe(600)
    expect(waitAfter(40, 30)).toBe(300)
  })
})

describe('studies without a date, and days of the site', () => {
  it('finds a study without StudyDate at the wide looks, which come every hour', async () => {
    archive = [study('1.2.1', '20260301'), study('1.2.2', '')]
    await run(3)
    expect(hints).toEqual(['1.2.1', '1.2.2'])
  })

  it('counts the days of the archive in the time zone of the site', async () => {
    zone = 'Asia/Tokyo'
    clock = createManualClock('2026-03-01T16:00:00.000Z')
    await run(1)
    expect(JSON.parse(store.cursors.get('qido')!)).toEqual({ since: '20260301', through: '20260302' })
    expect(queries).toEqual(['20260301'])
  })
})

it('tells after every look whether it was whole', async () => {
  onLook = (look) => {
    if (look === 2) throw new AppError('ARCHIVE_AUTH', 'the archive answered 401')
  }
  await run(3)
  expect(outcomes).toEqual([undefined, 'ARCHIVE_AUTH', undefined])
})

it('says once that more days back do nothing after the first start', async () => {
  store.cursors.set('qido', JSON.stringify({ since: '20260301', through: '20260301' }))
  await run(3)
  const said = log.lines.filter(({ message }) => message.includes('backfill'))
  expect(said).toMatchObject([{ level: 'warn', fields: { lookBackFrom: '20260228', since: '20260301' } }])
})

describe('a cursor that cannot be read', () => {
  it.each([
    '',
    'null',
    '{"since":"20260201"',
    '{"since":"20260201"}',
    '{"since":"2026-02-01","through":"20260228"}',
    '{"since":"20260230","through":"20260301"}',
    '{"since":"20260201","through":20260228}',
  ])('%j begins anew, with a word of it', async (text) => {
    store.cursors.set('qido', text)
    expect(await sinceWhen(store)).toBeUndefined()
    expect(await freshSince(store)).toBeUndefined()
    await run(2)
    expect(cursor()).toEqual({ since: '20260228', through: '20260301' })
    expect(log.lines.map(({ level, fields }) => ({ level, fields }))).toEqual([
      { level: 'warn', fields: { since: '20260228' } },
    ])
    expect(log.lines[0]!.message).toContain('gliabridge backfill')
  })
})

describe('older studies that a person had taken', () => {
  const old = Array.from({ length: 50 }, (_, n) => study(`1.9.${n}`, '20250615'))

  it('come a few at a look, after the fresh ones, and are searched for once', async () => {
    archive = [...old, study('1.1', '20260301')]
    await run(1)
    expect(hints).toEqual(['1.1'])
    await reachBack(store, '20250101')
    expect(await freshSince(store)).toBe('20260228')
    onLook = (look) => {
      if (look === 2) archive = [...archive, study('1.2', '20260301')]
    }
    hints = []
    queries = []
    await run(4)
    const fresh = hints.flatMap((uid, at) => (uid.startsWith('1.9.') ? [] : [at]))
    // The first of its look each: a process that starts looks at all of them again.
    expect(fresh).toEqual([0, 1 + OLDER_PER_LOOK])
    expect(hints.filter((uid) => uid.startsWith('1.9.'))).toEqual(old.map(({ studyInstanceUid }) => studyInstanceUid))
    expect(queries).toEqual(['20250101', '20260227', '20260227', '20260227'])
    expect(cursor()).toEqual({ since: '20250101', through: '20260301', freshSince: '20260228' })
  })

  it('are searched for again by a process that starts before all had their turn', async () => {
    archive = old
    await run(1)
    await reachBack(store, '20250101')
    await run(2)
    expect(cursor().through).toBe('20250101')
    await run(3)
    expect(new Set(hints).size).toBe(50)
    expect(cursor().through).toBe('20260301')
  })

  it('keep the first day of what is fresh when the beginning is moved back twice', async () => {
    await run(1)
    await reachBack(store, '20250101')
    await reachBack(store, '20240101')
    expect(await freshSince(store)).toBe('20260228')
  })
})

it('a study that is no more found by a wide look is looked at once more: it may have disappeared', async () => {
  archive = [study('1.1', '20260301'), study('1.2', '20260301')]
  onLook = (look) => {
    if (look === 2) archive = [study('1.1', '20260301')]
  }
  await run(123)
  expect(hints.filter((uid) => uid === '1.2')).toHaveLength(2)
})
