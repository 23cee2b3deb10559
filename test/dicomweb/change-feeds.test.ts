// The feeds of two archives, each against a stand-in that keeps to what its vendor documents. Orthanc's is tested against Orthanc itself besides.
import { describe, expect, it } from 'vitest'
import { azureChanges, orthancChanges } from '../../src/dicomweb/change-feeds.ts'
import { openConnection } from '../../src/dicomweb/client-connection.ts'
import type { ChangeFeed } from '../../src/domain/ports/change-feed.ts'
import { failureOf } from '../support/failure-of.ts'

type Answer = { status?: number; body?: unknown; text?: string }

function connected(url: string, answer: (path: string, query: URLSearchParams) => Answer) {
  const asked: string[] = []
  const connection = openConnection({
    url,
    auth: { type: 'bearer', token: 'a-token' },
    timeoutMs: 5000,
    fetch: async (input) => {
      const { pathname, search, searchParams } = new URL(String(input))
      asked.push(pathname + search)
      const { status = 200, body, text } = answer(pathname, searchParams)
      return new Response(text ?? (body === undefined ? null : JSON.stringify(body)), { status })
    },
  })
  return { connection, asked }
}

async function readAll(
  feed: ChangeFeed,
  cursor: string,
): Promise<{ studies: string[]; cursor: string; pages: number }> {
  const studies: string[] = []
  for (let at = cursor, pages = 1; ; pages += 1) {
    const page = await feed.after(at)
    studies.push(...page.studies)
    at = page.cursor
    if (!page.more) return { studies, cursor: at, pages }
  }
}

interface Entry {
  sequence: number
  study: string
  timestamp: string
}

/** Two entries of each moment from the third on, so that pages end within a moment. */
const entries: Entry[] = Array.from({ length: 250 }, (_, n) => ({
  sequence: n + 1,
  study: `1.2.${Math.floor(n / 10)}`,
  timestamp: `2026-03-01T03:00:${String(Math.floor((n + 1) / 100)).padStart(2, '0')}.1234567Z`,
}))

/** v1: after a sequence. v2: skips within a window of time, in the order of time. */
function azure(version: 'v1' | 'v2', log: Entry[]) {
  const row = ({ sequence, study, timestamp }: Entry) =>
    version === 'v1'
      ? { Sequence: sequence, StudyInstanceUid: study, Action: 'Create', Timestamp: timestamp, State: 'Current' }
      : { sequence, studyInstanceUid: study, action: 'create', timestamp, state: 'current' }
  const { connection, asked } = connected(`https://ws.example/${version}`, (path, query) => {
    expect(query.get('includeMetadata')).toBe('false')
    if (path.endsWith('/latest')) return log.length > 0 ? { body: row(log.at(-1)!) } : { status: 204 }
    const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))]
    expect(limit).toBeLessThanOrEqual(100)
    const start = query.get('startTime') ?? ''
    const from =
      version === 'v1'
        ? log.filter(({ sequence }) => sequence > offset)
        : log.filter(({ timestamp }) => timestamp >= start).slice(offset)
    return { body: from.slice(0, limit).map(row) }
  })
  return { feed: azureChanges(connection, 'azure'), asked }
}

describe.each(['v1', 'v2'] as const)('the change feed of Azure, %s', (version) => {
  it('is read from its end on, each entry once, over pages and over entries of one moment', async () => {
    const log = entries.slice(0, 1)
    const { feed } = azure(version, log)
    const begin = await feed.end()
    expect(await feed.after(begin)).toEqual({ studies: [], cursor: begin, more: false })
    log.push(...entries.slice(1))
    const read = await readAll(feed, begin)
    expect([...new Set(read.studies)]).toEqual(Array.from({ length: 25 }, (_, n) => `1.2.${n}`))
    // One study may end a page and begin the next.
    expect(read.studies.length).toBeLessThanOrEqual(25 + read.pages)
    expect((await feed.after(read.cursor)).studies).toEqual([])
    log.push({ sequence: 251, study: '1.3', timestamp: entries.at(-1)!.timestamp })
    expect((await feed.after(read.cursor)).studies).toEqual(['1.3'])
  })

  it('of a service that holds nothing yet is read from its beginning', async () => {
    const log: Entry[] = []
    const { feed } = azure(version, log)
    const begin = await feed.end()
    expect((await feed.after(begin)).studies).toEqual([])
    log.push(entries[0]!)
    expect((await feed.after(begin)).studies).toEqual(['1.2.0'])
  })
})

it('the change feed of Azure refuses what is no list', async () => {
  const { connection } = connected('https://ws.example/v2', () => ({ body: { error: 'x' } }))
  const failure = await failureOf(azureChanges(connection, 'azure').after('{"sequence":0,"since":"","read":0}'))
  expect(failure.code).toBe('ARCHIVE_NOT_DICOMWEB')
  expect(failure.message).toContain('an unknown form')
})

it.each(['', 'null', '[]', '7', '{"sequence":0', '{"sequence":"0","since":"","read":0}', '{"sequence":0,"since":""}'])(
  'the change feed of Azure takes %j for no cursor',
  async (text) => {
    const { feed, asked } = azure('v2', entries)
    expect(feed.isCursor(text)).toBe(false)
    const failure = await failureOf(feed.after(text))
    expect([failure.code, failure.message]).toEqual([
      'INTERNAL',
      'what was kept as the cursor of the change feed azure is none',
    ])
    expect(asked).toEqual([])
    expect(feed.isCursor(await feed.end())).toBe(true)
  },
)

describe("Orthanc's changes", () => {
  const ID = '0123abcd-0123abcd-0123abcd-0123abcd-0123abcd'

  it('leave out a study that is gone since, an id that is none, and what is no change of a study', async () => {
    const { connection, asked } = connected('https://orthanc.example', (path) => {
      if (path === '/changes') {
        const of = (type: string, id: unknown) => ({ ChangeType: type, ID: id, Seq: 9 })
        const changes = [of('NewStudy', '../../tools'), of('NewInstance', ID), of('StableStudy', ID), of('NewStudy', 7)]
        return { body: { Changes: changes, Last: 9, Done: true } }
      }
      return { status: 404 }
    })
    const feed = orthancChanges(connection, 'orthanc')
    expect(await feed.after('5')).toEqual({ studies: [], cursor: '9', more: false })
    expect(asked).toEqual(['/changes?since=5&limit=100', `/studies/${ID}`])
  })

  it.each(['', '-1', '5&limit=0', '{}'])('take %j for no cursor', async (text) => {
    const { connection, asked } = connected('https://orthanc.example', () => ({
      body: { Changes: [], Last: 0, Done: true },
    }))
    const feed = orthancChanges(connection, 'orthanc')
    expect(feed.isCursor(text)).toBe(false)
    expect((await failureOf(feed.after(text))).message).toContain('of the change feed orthanc')
    expect(asked).toEqual([])
    expect(feed.isCursor(await feed.end())).toBe(true)
  })

  it('that are no such thing are refused', async () => {
    for (const answer of [{ body: [] }, { text: '<html>' }, { body: { Changes: {}, Last: 3 } }]) {
      const { connection } = connected('https://orthanc.example', () => answer)
      expect((await failureOf(orthancChanges(connection, 'orthanc').end())).code).toBe('ARCHIVE_NOT_DICOMWEB')
    }
  })
})
