// A change feed as an event source: where the cursor stands after changes, failures and restarts.
import { beforeEach, describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../src/domain/errors.ts'
import type { ChangeFeed } from '../../src/domain/ports/change-feed.ts'
import { createChangeFeedTrigger } from '../../src/triggers/change-feed.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore, type MemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'

const CURSOR = 'changes test https://pacs.example'

let changes: string[]
let feedError: AppError | undefined
let hintErrors: Map<string, ErrorCode>
let hints: string[]
let store: MemoryWatchStore
let log: KeptLog
let slept: number[]

beforeEach(() => {
  changes = ['1.1', '1.2']
  feedError = undefined
  hintErrors = new Map()
  hints = []
  store = createMemoryWatchStore()
  log = createKeptLog()
  slept = []
})

/** Two changes a page; the cursor is their number. */
const feed: ChangeFeed = {
  name: 'test https://pacs.example',
  isCursor: (text) => /^\d+$/.test(text),
  end: async () => String(changes.length),
  async after(cursor) {
    if (feedError) throw feedError
    const from = Number(cursor)
    const studies = [...new Set(changes.slice(from, from + 2))]
    const to = Math.min(changes.length, from + 2)
    return { studies, cursor: String(to), more: to < changes.length }
  },
}

/** So many readings of one process; `between` happens after each. */
async function run(readings: number, between: (reading: number) => void = () => undefined): Promise<void> {
  const stopping = new AbortController()
  let count = 0
  const clock = {
    now: createManualClock().now,
    async sleep(ms: number) {
      slept.push(ms)
      count += 1
      between(count)
      if (count >= readings) stopping.abort()
    },
  }
  const trigger = createChangeFeedTrigger({ feed, watchStore: store, clock, intervalSeconds: 5, log })
  await trigger.run(async (study) => {
    const code = hintErrors.get(study)
    if (code) throw new AppError(code, 'not now')
    hints.push(study)
  }, stopping.signal)
}

describe('a change feed', () => {
  it('begins at its end at the very first start, and names every change since, all pages', async () => {
    await run(2, () => changes.push('1.3', '1.4', '1.3', '1.5', '1.6'))
    expect(hints).toEqual(['1.3', '1.4', '1.3', '1.5', '1.6'])
    expect(store.cursors.get(CURSOR)).toBe('7')
  })

  it('names after a restart what changed while the service was down', async () => {
    await run(1)
    changes.push('1.7')
    await run(1)
    expect(hints).toEqual(['1.7'])
  })

  it('reads the same changes again when the archive falls out within them', async () => {
    await run(1)
    changes.push('1.3', '1.4')
    hintErrors.set('1.4', 'ARCHIVE_UNREACHABLE')
    await run(2)
    expect(store.cursors.get(CURSOR)).toBe('2')
    hintErrors.clear()
    await run(1)
    expect(hints).toEqual(['1.3', '1.3', '1.3', '1.4'])
    expect(store.cursors.get(CURSOR)).toBe('4')
  })

  it('goes on from its end, and says so, where its kept cursor cannot be read', async () => {
    store.cursors.set(CURSOR, '{"since')
    await run(2, (reading) => {
      if (reading === 1) changes.push('1.3')
    })
    expect(hints).toEqual(['1.3'])
    expect(store.cursors.get(CURSOR)).toBe('3')
    expect(log.lines).toEqual([
      {
        level: 'warn',
        fields: { feed: 'test https://pacs.example' },
        message: 'how far the change feed was read cannot be read; it goes on from its end',
      },
    ])
  })

  it('goes on past a study that cannot be looked at: the search is there for it', async () => {
    await run(1)
    changes.push('1.3', '1.4')
    hintErrors.set('1.3', 'ARCHIVE_ERROR')
    await run(1)
    expect(hints).toEqual(['1.4'])
    expect(store.cursors.get(CURSOR)).toBe('4')
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('that does not answer is asked less often, and says so once', async () => {
    feedError = new AppError('ARCHIVE_ERROR', 'the archive answered 500')
    await run(4, (count) => {
      if (count === 3) feedError = undefined
    })
    expect(slept).toEqual([5000, 10_000, 20_000, 5000])
    expect(log.lines.map(({ message }) => message)).toEqual([
      'the change feed does not answer; the search still finds studies',
      'the change feed answers again',
    ])
  })
})
