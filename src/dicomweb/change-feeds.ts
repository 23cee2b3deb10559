// What changed in an archive, from two kinds of change feed: Orthanc's /changes (Orthanc Book, "Tracking changes"), and that of Azure's DICOM service
// and Microsoft's dicom-server (v1 and v2).
import { z } from 'zod'
import { isUidInUse } from '../dicom/uid.ts'
import { AppError } from '../domain/errors.ts'
import { readAs } from '../domain/json-text.ts'
import type { ChangeFeed, Changes } from '../domain/ports/change-feed.ts'
import type { Uid } from '../domain/study.ts'
import type { Connection } from './connection.ts'

type Asking = Pick<Connection, 'getJson' | 'describe'>

const ORTHANC_PAGE = 100
/** Orthanc ids: sha1 in five groups. */
const ORTHANC_ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/

/**
 * `connection` is to Orthanc's own REST root. A study is reported when it is new, and again each time nothing was added for
 * StableAge seconds. In an emptied Orthanc the numbers start over, and so does the cursor.
 */
export function orthancChanges(connection: Asking, name: string): ChangeFeed {
  const ask = async (query: string) => {
    const what = 'changes of Orthanc'
    const answer = await connection.getJson(`/changes?${query}`, what)
    const { Changes: changes, Last: last, Done: done } = asObject(answer)
    if (Array.isArray(changes) && Number.isSafeInteger(last))
      return { changes: changes.map(asObject), last: Number(last), done: done !== false }
    throw unexpected(connection, '/changes', what)
  }
  const isCursor = (text: string) => /^\d{1,15}$/.test(text)
  return {
    name,
    isCursor,
    end: async () => String((await ask('last')).last),
    async after(cursor): Promise<Changes> {
      if (!isCursor(cursor)) throw noCursor(name)
      const { changes, last, done } = await ask(`since=${cursor}&limit=${ORTHANC_PAGE}`)
      const ids = changes.flatMap(({ ChangeType: type, ID: id }) =>
        (type === 'NewStudy' || type === 'StableStudy') && typeof id === 'string' && ORTHANC_ID.test(id) ? [id] : [],
      )
      const studies = await Promise.all([...new Set(ids)].map((id) => studyOf(connection, id)))
      return { studies: inUse(studies), cursor: String(last), more: !done }
    },
  }
}

/** Nothing for a study that has been removed since. */
async function studyOf(connection: Asking, id: string): Promise<Uid | undefined> {
  try {
    const { MainDicomTags: tags } = asObject(await connection.getJson(`/studies/${id}`, 'a study of Orthanc'))
    const uid = asObject(tags).StudyInstanceUID
    return typeof uid === 'string' ? uid : undefined
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}

const AZURE_PAGE = 100

/** How far the feed was read: v1 counts by sequence number; v2 by how many entries were read from a timestamp on, including that timestamp. */
interface AzureCursor {
  sequence: number
  /** As the service wrote it, with seven digits of a second; '' before the first entry. */
  since: string
  read: number
}

const count = z.int().nonnegative()
const azureCursor: z.ZodType<AzureCursor> = z.object({ sequence: count, since: z.string(), read: count })

/** `connection` is to the service root, whose last segment names the version: "/v1" or "/v2"; without one it is v1. */
export function azureChanges(connection: Asking, name: string): ChangeFeed {
  const what = 'change feed'
  const isWindowed = /\/v([2-9]|\d\d)$/.test(new URL(connection.describe('', what).target).pathname)
  return {
    name,
    isCursor: (text) => readAs(azureCursor, text) !== undefined,
    async end() {
      const entry = readEntry(await connection.getJson('/changefeed/latest?includeMetadata=false', what, { empty: {} }))
      return JSON.stringify({ sequence: entry?.sequence ?? 0, since: entry?.timestamp ?? '', read: entry ? 1 : 0 })
    },
    async after(text): Promise<Changes> {
      const cursor = readAs(azureCursor, text)
      if (cursor === undefined) throw noCursor(name)
      const from = isWindowed
        ? [...(cursor.since === '' ? [] : [`startTime=${encodeURIComponent(cursor.since)}`]), `offset=${cursor.read}`]
        : [`offset=${cursor.sequence}`]
      const path = `/changefeed?${[...from, `limit=${AZURE_PAGE}`, 'includeMetadata=false'].join('&')}`
      const rows = await connection.getJson(path, what, { empty: [] })
      if (!Array.isArray(rows)) throw unexpected(connection, '/changefeed', what)
      const entries = rows.map(readEntry).filter((entry) => entry !== undefined)
      return {
        studies: inUse(entries.map(({ study }) => study)),
        cursor: JSON.stringify(moved(cursor, entries)),
        more: entries.length > 0,
      }
    },
  }
}

interface AzureEntry {
  sequence: number
  timestamp: string
  study: Uid
}

/** Names begin with a capital letter in v1 and a small one in v2. */
function readEntry(row: unknown): AzureEntry | undefined {
  const named = Object.fromEntries(Object.entries(asObject(row)).map(([key, value]) => [key.toLowerCase(), value]))
  const { sequence, timestamp, studyinstanceuid: study } = named
  if (!Number.isSafeInteger(sequence) || typeof timestamp !== 'string' || typeof study !== 'string') return undefined
  return { sequence: Number(sequence), timestamp, study }
}

/** Several entries may share a timestamp: those already read are counted from it. */
function moved(cursor: AzureCursor, entries: readonly AzureEntry[]): AzureCursor {
  const last = entries.at(-1)
  if (last === undefined) return cursor
  const { timestamp: since } = last
  const atOnce = entries.filter(({ timestamp }) => timestamp === since).length
  const sequence = Math.max(cursor.sequence, ...entries.map((entry) => entry.sequence))
  return { sequence, since, read: since === cursor.since ? cursor.read + entries.length : atOnce }
}

const inUse = (studies: readonly (Uid | undefined)[]): Uid[] => [
  ...new Set(studies.filter((uid) => uid !== undefined && isUidInUse(uid)) as Uid[]),
]

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const noCursor = (name: string) =>
  new AppError('INTERNAL', `what was kept as the cursor of the change feed ${name} is none`)

function unexpected(connection: Asking, path: string, what: string): AppError {
  const { target } = connection.describe(path, what)
  return new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${what} has an unknown form (${target})`)
}
