// WADO-RS of a series, complete or an error: first as multipart, then what did not arrive intact one by one (PS3.18 Section 10.4).

import { readFileMeta } from '../dicom/file-meta.ts'
import { walkInstance } from '../dicom/instance-walk.ts'
import { AppError, asAppError, foreseen } from '../domain/errors.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Uid } from '../domain/study.ts'
import type { Connection } from './connection.ts'
import { resourcePath } from './query.ts'
import { OBJECT_WAYS, type Ways } from './ways.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Checked = { sopInstanceUid: Uid; bytes: Bytes; damage?: string } | { sopInstanceUid?: undefined; damage: string }

/** Some archives send only single instances. */
const WHOLE_SERIES = 'objects of a series'
const ONE_BY_ONE = 'instance by instance'
const REFUSED = new Set(['ARCHIVE_REJECTED', 'NOT_FOUND'])

/** After these errors, requesting single instances would fail as well. Others may be due to one instance that spoils the answer for all. */
const POINTLESS_TO_GO_ON = new Set(['ARCHIVE_UNREACHABLE', 'ARCHIVE_AUTH', 'ARCHIVE_FORBIDDEN'])

export function createRetriever(
  connection: Connection,
  ways: Ways,
  log: Log,
): Pick<ImageArchive, 'retrieveSeries' | 'retrieveInstance'> {
  async function* retrieveSeries(study: Uid, series: Uid, expected: Uid[]): AsyncGenerator<Bytes, void> {
    const missing = new Set(expected)
    if (missing.size === 0) return
    let interruption: AppError | undefined
    const oneByOne = (await ways.remembered())[WHOLE_SERIES] === ONE_BY_ONE
    try {
      if (!oneByOne)
        for await (const bytes of objects(WHOLE_SERIES, resourcePath(study, series), `series ${series}`)) {
          const checked = checkObject(bytes)
          // An instance that arrived after the set was fixed belongs to another analysis; a repeated one is already known.
          if (
            checked.sopInstanceUid === undefined ||
            checked.damage !== undefined ||
            !missing.delete(checked.sopInstanceUid)
          )
            continue
          yield checked.bytes
        }
    } catch (thrown) {
      interruption = foreseen(thrown)
      if (POINTLESS_TO_GO_ON.has(interruption.code)) throw interruption
    }
    if (missing.size === 0) return
    if (!oneByOne)
      log.warn(
        {
          seriesInstanceUid: series,
          expected: expected.length,
          missing: missing.size,
          code: interruption?.code ?? 'ARCHIVE_TRUNCATED',
        },
        'the series did not arrive whole; the missing instances are fetched one by one',
      )
    const absent: Uid[] = []
    for (const sopInstanceUid of missing) {
      try {
        yield await fetchInstance(study, series, sopInstanceUid)
      } catch (thrown) {
        const error = asAppError(thrown)
        if (error.code !== 'NOT_FOUND') throw error
        absent.push(sopInstanceUid)
      }
    }
    if (absent.length > 0) throw incomplete(series, expected.length, absent, interruption)
    if (interruption !== undefined && REFUSED.has(interruption.code)) await ways.remember(WHOLE_SERIES, ONE_BY_ONE)
  }

  /** In the way that the archive takes. */
  async function* objects(question: string, path: string, what: string): AsyncGenerator<Bytes, void> {
    const { source, first } = await ways.ask(question, OBJECT_WAYS, async ({ accept }) => {
      const objects = connection.getObjects(path, what, accept)
      return { source: objects, first: await objects.next() }
    })
    if (first.done) return
    yield first.value
    yield* source
  }

  async function fetchInstance(study: Uid, series: Uid, sopInstanceUid: Uid): Promise<Bytes> {
    const what = `instance ${sopInstanceUid}`
    const path = resourcePath(study, series, sopInstanceUid)
    let damage: string | undefined
    for await (const bytes of objects('objects', path, what)) {
      const checked = checkObject(bytes)
      if (checked.sopInstanceUid === sopInstanceUid && checked.damage === undefined) return checked.bytes
      damage ??= checked.damage ?? 'another instance came in its place'
    }
    const { target } = connection.describe(path, what)
    if (damage === undefined)
      throw new AppError('NOT_FOUND', `the archive answered without an instance to ${what} (${target})`)
    throw new AppError('INSTANCE_INVALID', `${what} is damaged in the archive: ${damage} (${target})`)
  }

  return { retrieveSeries, retrieveInstance: fetchInstance }
}

function checkObject(bytes: Bytes): Checked {
  const meta = readFileMeta(bytes)
  if (meta === undefined) return { damage: 'it has no readable File Meta Information' }
  const { sopInstanceUid, truncation } = walkInstance(bytes, meta)
  return { sopInstanceUid, bytes, ...(truncation === undefined ? {} : { damage: truncation }) }
}

function incomplete(series: Uid, expected: number, absent: Uid[], interruption: AppError | undefined): AppError {
  const named = absent.slice(0, 3).join(', ')
  const more = absent.length > 3 ? ` and ${absent.length - 3} more` : ''
  return new AppError(
    'ARCHIVE_TRUNCATED',
    `${absent.length} of ${expected} instances of series ${series} did not arrive, although the archive lists them: ${named}${more}`,
    interruption === undefined ? {} : { cause: interruption },
  )
}
