// Finds studies by querying the archive periodically: a window of study dates behind a durable cursor (QIDO-RS).
import { type AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Trigger } from '../domain/ports/trigger.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'
import type { StudyQuery, StudySummary } from '../domain/study-search.ts'
import { stillWaits } from '../domain/waits.ts'
import { createDueStudies } from './due-studies.ts'
import { dateDaysBefore, dateIn, type PollCursor, QIDO, readCursor, windowStart } from './poll-cursor.ts'

export interface QidoPollSettings {
  /** Time between two searches. */
  intervalSeconds: number
  /** At the very first start, how far back studies are taken (default 1 day); later the cursor decides. */
  firstLookbackDays?: number
  /** How many days before the cursor every search reaches back (default 2), for clocks, time zones and slow modalities. */
  overlapDays?: number
  /** How many days a wide search, which finds late studies and late series, reaches back (default 30) … */
  lateDays?: number
  /** … and how often it is made (default 3600). */
  lateIntervalSeconds?: number
}

export interface QidoPollOptions {
  archive: Pick<ImageArchive, 'searchStudies'>
  watchStore: Pick<WatchStore, 'cursor' | 'setCursor'>
  clock: Clock
  /** IANA time zone in which the archive's dates are counted. */
  timeZone: string
  settings: QidoPollSettings
  log: Log
  /** Called after every search: with nothing if it was complete, otherwise with the obstacle. */
  onLook?: (failure?: AppError) => void
}

const MAX_WAIT_SECONDS = 300

/** After a hint that names no study. */
const HINTED_PAUSE_SECONDS = 2

type Hint = (studyInstanceUid: Uid) => Promise<void>

/** A trigger that survives an archive that is down: it waits longer each time, says so, and resumes where it left off. */
export function createQidoPoll(options: QidoPollOptions): Trigger & { lookNow(): void } {
  const { archive, watchStore, clock, timeZone, settings, log } = options
  const { firstLookbackDays = 1, overlapDays = 2, lateDays = 30, lateIntervalSeconds = 3600 } = settings
  const due = createDueStudies()
  let lastWide: number | undefined
  let hasWarned = false

  async function poll(hint: Hint, signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const today = dateIn(timeZone, now)
    const cursor = await cursorOn(today)
    const maxWaitMs = lateIntervalSeconds * 1000
    const wide = lastWide === undefined || !stillWaits(lastWide + maxWaitMs, now.getTime(), maxWaitMs)
    const behind = due.isListed(cursor) ? { ...cursor, through: today } : cursor
    const from = windowStart(behind, today, wide ? Math.max(lateDays, overlapDays) : overlapDays)
    const studies: StudySummary[] = []
    for (const query of searchesOf(from, wide)) studies.push(...(await archive.searchStudies(query)))
    for (const [studyInstanceUid, instanceCount] of due.next(studies, cursor, wide)) {
      if (signal.aborted) return
      due.hadItsTurn(studyInstanceUid, (await isLookedAt(studyInstanceUid, hint)) ? instanceCount : undefined)
    }
    if (wide) lastWide = now.getTime()
    // A study that failed keeps the window open, so that a restart does not lose it. So does a beginning that a person has moved back meanwhile
    // (reachBack).
    const isMoved = readCursor(await watchStore.cursor(QIDO))?.since !== cursor.since
    if (cursor.through !== today && due.isDone() && !isMoved)
      await watchStore.setCursor(QIDO, JSON.stringify({ ...cursor, through: today }))
  }

  /** As it is kept; at the very first start, one that begins some days before today. */
  async function cursorOn(today: string): Promise<PollCursor> {
    const lookBackFrom = dateDaysBefore(today, firstLookbackDays)
    const text = await watchStore.cursor(QIDO)
    const stored = readCursor(text)
    const cursor = stored ?? { since: lookBackFrom, through: today }
    if (text !== undefined && stored === undefined)
      log.warn(
        { since: cursor.since },
        'how far the archive was searched cannot be read; the search begins anew, and gliabridge backfill takes older studies',
      )
    if (stored === undefined) await watchStore.setCursor(QIDO, JSON.stringify(cursor))
    if (lookBackFrom < cursor.since && !hasWarned) {
      hasWarned = true
      log.warn(
        { lookBackFrom, since: cursor.since },
        'pacs.poll.lookBackDays counts at the very first start only; gliabridge backfill takes older studies',
      )
    }
    return cursor
  }

  /** One study that the archive cannot describe must not hold up the others. */
  async function isLookedAt(studyInstanceUid: Uid, hint: Hint): Promise<boolean> {
    try {
      await hint(studyInstanceUid)
      return true
    } catch (thrown) {
      const error = asAppError(thrown)
      due.couldNotBeLookedAt(studyInstanceUid)
      if (error.code === 'ARCHIVE_UNREACHABLE' || error.code === 'ARCHIVE_AUTH') throw error
      log.warn(
        { studyInstanceUid, code: error.code, error: error.message, ...unforeseenFields(thrown) },
        'a study could not be looked at; it is tried again',
      )
      return false
    }
  }

  return { name: QIDO, ...repeatedly(poll, options) }
}

/** Search after search, until the signal aborts. While the archive is down the pauses are longer, and `lookNow` does not shorten them. */
function repeatedly(
  poll: (hint: Hint, signal: AbortSignal) => Promise<void>,
  { settings: { intervalSeconds }, clock, log, onLook }: QidoPollOptions,
) {
  /** Ends the pause between two searches. */
  let pause = new AbortController()
  return {
    lookNow: () => pause.abort(),
    async run(hint: Hint, signal: AbortSignal) {
      let failures = 0
      while (!signal.aborted) {
        let waitSeconds = intervalSeconds
        try {
          await poll(hint, signal)
          if (failures > 0) log.info({ failures }, 'the archive answers again')
          failures = 0
          onLook?.()
        } catch (thrown) {
          const error = asAppError(thrown)
          failures += 1
          onLook?.(error)
          waitSeconds = waitAfter(failures, intervalSeconds, error.retryAfterSeconds)
          log.warn(
            { code: error.code, error: error.message, ...unforeseenFields(thrown), failures, waitSeconds },
            'the search for new studies failed; it is repeated',
          )
        }
        await sleepUnlessAborted(clock, waitSeconds * 1000, AbortSignal.any([signal, pause.signal]))
        if (!pause.signal.aborted) continue
        // A burst of hints causes one search; the pauses for an archive that is down are kept.
        await sleepUnlessAborted(clock, (failures > 0 ? waitSeconds : HINTED_PAUSE_SECONDS) * 1000, signal)
        pause = new AbortController()
      }
    },
  }
}

/**
 * The queries of a search. They have no end date: a scanner whose clock runs ahead must not hide its studies. No date range
 * finds a study without a date (PS3.4 C.2.2.2.5), so a wide search asks for these as well.
 */
export function searchesOf(from: string, wide: boolean): StudyQuery[] {
  return [{ from, modality: 'MR' }, ...(wide ? [{ undated: true as const, modality: 'MR' }] : [])]
}

/** Doubles from the interval up to five minutes; longer only if the archive asks for it or the interval is longer. */
export function waitAfter(failures: number, intervalSeconds: number, retryAfterSeconds = 0): number {
  const doubled = Math.min(
    intervalSeconds * 2 ** Math.min(failures - 1, 16),
    Math.max(MAX_WAIT_SECONDS, intervalSeconds),
  )
  return Math.max(doubled, retryAfterSeconds)
}
