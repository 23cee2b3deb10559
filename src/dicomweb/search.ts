// QIDO-RS searches with all their pages, in the way that the archive takes (PS3.18 Sections 8.3.4 and 10.6).
import { text } from '../dicom/dataset.ts'
import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Log } from '../domain/ports/log.ts'
import type { DicomJson } from '../domain/study.ts'
import type { Connection } from './connection.ts'
import { hasAll, type Page } from './query.ts'
import { distinctWays, JSON_WAYS, SEARCH_WAYS, type SearchWay, type Ways } from './ways.ts'

const PAGE = 200
/** For a page beyond the last, some archives answer with one of these instead of an empty list. */
const NO_MORE = new Set(['NOT_FOUND', 'ARCHIVE_REJECTED'])

export interface Search {
  /** "search of studies": used in messages, and as the name under which its way is remembered. */
  what: string
  question: string
  /** A row without one of these cannot be used; the first one identifies a row. */
  required: readonly string[]
  pathOf(page: Page, way: SearchWay): string
  /** Ends the search early. By default all pages up to the limit; a search that exceeds it is refused. */
  maxPages?: number
}

export interface Searcher {
  /**
   * Each resource once. A short page does not end the search, since archives have page limits of their own; a page with nothing
   * new does, since some archives ignore the offset. A row that is not a data set, or lacks what it needs, hides nothing but
   * itself.
   */
  all(search: Search): Promise<DicomJson[]>
  /** A list that is not a search: metadata. Every row must be intact. */
  list(path: string, what: string): Promise<DicomJson[]>
}

export function createSearcher(connection: Connection, ways: Ways, log: Log): Searcher {
  const getList = (path: string, what: string) =>
    ways.ask('lists', JSON_WAYS, ({ accept }) => connection.getList(path, what, accept))

  async function all({ what, question, required, pathOf, maxPages }: Search) {
    const path = (offset: number, way: SearchWay) => pathOf({ limit: PAGE, offset }, way)
    const choice = distinctWays(SEARCH_WAYS, (way) => path(0, way))
    const { way, firstPage } = await ways.ask(question, choice, async (one) => ({
      way: one,
      firstPage: await firstOf(path(0, one), what),
    }))
    const matches = new Map<string, DicomJson>()
    let unusable = 0
    let page: readonly (DicomJson | undefined)[] = firstPage
    for (let offset = 0, pages = 1; ; pages += 1) {
      const before = matches.size
      for (const row of page) {
        if (row === undefined || !hasAll(row, required)) unusable += 1
        else if (!matches.has(text(row, required[0]!))) matches.set(text(row, required[0]!), row)
      }
      offset += page.length
      if (matches.size === before || !way.paged) break
      if (pages === maxPages) {
        log.warn({ search: what, pages }, 'the search is not followed any further; studies on later pages are missed')
        break
      }
      if (pages >= LIMITS.searchPages)
        throw new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${what} does not end within ${pages} pages`)
      page = await nextOf(path(offset, way), what)
    }
    if (unusable > 0)
      log.warn({ search: what, rows: unusable, required: required.join(' ') }, 'some rows of an answer cannot be used')
    if (matches.size === 0 && unusable > 0)
      throw new AppError(
        'ARCHIVE_NOT_DICOMWEB',
        `the answer to ${what} has ${unusable} rows, none of them with ${required.join(' and ')}`,
      )
    return [...matches.values()]
  }

  /** If the search itself does not exist, the address is wrong; that is not the same as no matches. */
  async function firstOf(path: string, what: string) {
    try {
      return await getList(path, what)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
      throw new AppError('ARCHIVE_NOT_DICOMWEB', `no QIDO-RS service answers: ${error.message}`, { cause: error })
    }
  }

  async function nextOf(path: string, what: string) {
    try {
      return await getList(path, what)
    } catch (error) {
      if (error instanceof AppError && NO_MORE.has(error.code)) return []
      throw error
    }
  }

  return {
    all,
    async list(path, what) {
      const rows = await getList(path, what)
      const bad = rows.indexOf(undefined)
      if (bad < 0) return rows as DicomJson[]
      const where = connection.describe(path, what).target
      const how = `data set ${bad + 1} of ${rows.length} is no valid DICOM JSON`
      throw new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${what} cannot be used: ${how} (${where})`)
    },
  }
}
