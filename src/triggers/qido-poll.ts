// Finds studies by querying the archive periodically: a window of study dates behind a durable cursor (QIDO-RS).
import { z } from 'zod'
import { dayOf, dicomDate } from '../domain/dicom-date.ts'
import { DAY_MS } from '../domain/durations.ts'
import { type AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import { readAs } from '../domain/json-text.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Trigger } from '../domain/ports/trigger.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'
import type { StudyQuery, StudySummary } from '../domain/study-search.ts'
import { stillWaits } from '../domain/waits.ts'

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

/**
 * `since`: no study older than this date is ever taken. `through`: all searches up to this date succeeded. `freshSince`:
 * earlier studies are taken because a person moved the beginning back; defaults to `since`. DICOM DA.
 */
export interface PollCursor {
  since: string
  through: string
  freshSince?: string
}

/** They are compared as text. */
const date = z.string().refine((text) => /^\d{8}$/.test(text) && dayOf(text) !== undefined, 'is no DICOM date')
const pollCursor: z.ZodType<PollCursor> = z.object({ since: date, through: date, freshSince: z.exactOptional(date) })

/** How many older studies one search reports, after all fresh ones: fetching their metadata must not keep the archive busy. */
export const OLDER_PER_LOOK = 20

const NAME = 'qido'
const MAX_WAIT_SECONDS = 300

/** After a hint that names no study. */
const HINTED_PAUSE_SECONDS = 2

/** A trigger that survives an archive that is down: it waits longer each time, says so, and resumes where it left off. */
export function createQidoPoll(options: QidoPollOptions): Trigger & { lookNow(): void } {
  const { archive, watchStore, clock, timeZone, settings, log, onLook } = options
  const {
    intervalSeconds,
    firstLookbackDays = 1,
    overlapDays = 2,
    lateDays = 30,
    lateIntervalSeconds = 3600,
  } = settings
  /** Instance counts at the last hint: an unchanged study is not reported again until the next wide search. */
  const hinted = new Map<Uid, number>()
  /** Studies that could not be looked at; they are reported again, whatever the window. */
  const failed = new Set<Uid>()
  /** Older studies still waiting for their turn, and the beginning with which they were searched for. */
  const older = { since: '', studies: new Map<Uid, number>() }
  let lastWide: number | undefined
  let hasWarned = false

  async function poll(hint: (studyInstanceUid: Uid) => Promise<void>, signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const today = dateIn(timeZone, now)
    const text = await watchStore.cursor(NAME)
    const stored = readCursor(text)
    const cursor = stored ?? { since: dateDaysBefore(today, firstLookbackDays), through: today }
    if (text !== undefined && stored === undefined)
      log.warn(
        { since: cursor.since },
        'how far the archive was searched cannot be read; the search begins anew, and gliabridge backfill takes older studies',
      )
    if (stored === undefined) await watchStore.setCursor(NAME, JSON.stringify(cursor))
    const lookBackFrom = dateDaysBefore(today, firstLookbackDays)
    if (lookBackFrom < cursor.since && !hasWarned) {
      hasWarned = true
      log.warn(
        { lookBackFrom, since: cursor.since },
        'pacs.poll.lookBackDays counts at the very first start only; gliabridge backfill takes older studies',
      )
    }
    const maxWaitMs = lateIntervalSeconds * 1000
    const wide = lastWide === undefined || !stillWaits(lastWide + maxWaitMs, now.getTime(), maxWaitMs)
    const isListed = older.studies.size > 0 && older.since === cursor.since
    const behind = isListed ? { ...cursor, through: today } : cursor
    const from = windowStart(behind, today, wide ? Math.max(lateDays, overlapDays) : overlapDays)
    const studies: StudySummary[] = []
    for (const query of searchesOf(from, wide)) studies.push(...(await archive.searchStudies(query)))
    const due = new Map<Uid, number>()
    for (const study of studies.filter((one) => wide || isChanged(one))) {
      const isOlder = study.studyDate !== '' && study.studyDate < (cursor.freshSince ?? cursor.since)
      const list = isOlder ? older.studies : due
      list.set(study.studyInstanceUid, study.instanceCount)
    }
    older.since = cursor.since
    for (const studyInstanceUid of failed) if (!due.has(studyInstanceUid)) due.set(studyInstanceUid, 0)
    if (wide) {
      const present = new Set(studies.map((study) => study.studyInstanceUid))
      for (const uid of hinted.keys()) {
        if (present.has(uid)) continue
        // Too old for this window, or gone from the archive: looking at it once more will tell.
        hinted.delete(uid)
        due.set(uid, 0)
      }
    }
    const turn = [...due, ...[...older.studies].slice(0, OLDER_PER_LOOK)]
    for (const [studyInstanceUid, instanceCount] of turn) {
      if (signal.aborted) return
      await hintOne(studyInstanceUid, hint)
      older.studies.delete(studyInstanceUid)
      if (!failed.has(studyInstanceUid) && instanceCount > 0) hinted.set(studyInstanceUid, instanceCount)
    }
    if (wide) lastWide = now.getTime()
    // A study that failed keeps the window open, so that a restart does not lose it. So does a beginning that a person has moved back meanwhile
    // (reachBack).
    const isMoved = readCursor(await watchStore.cursor(NAME))?.since !== cursor.since
    if (cursor.through !== today && failed.size === 0 && older.studies.size === 0 && !isMoved) {
      await watchStore.setCursor(NAME, JSON.stringify({ ...cursor, through: today }))
    }
  }

  /** One study that the archive cannot describe must not hold up the others. */
  async function hintOne(studyInstanceUid: Uid, hint: (studyInstanceUid: Uid) => Promise<void>): Promise<void> {
    try {
      await hint(studyInstanceUid)
      failed.delete(studyInstanceUid)
    } catch (thrown) {
      const error = asAppError(thrown)
      failed.add(studyInstanceUid)
      if (error.code === 'ARCHIVE_UNREACHABLE' || error.code === 'ARCHIVE_AUTH') throw error
      log.warn(
        { studyInstanceUid, code: error.code, error: error.message, ...unforeseenFields(thrown) },
        'a study could not be looked at; it is tried again',
      )
    }
  }

  /** If an archive returns no counts, each study is looked at every time. */
  function isChanged(study: StudySummary): boolean {
    return study.instanceCount === 0 || hinted.get(study.studyInstanceUid) !== study.instanceCount
  }

  /** Ends the pause between two searches. */
  let pause = new AbortController()

  return {
    name: NAME,
    lookNow: () => pause.abort(),
    async run(hint, signal) {
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

/** First study date of a search: back from the cursor or from today, whichever is earlier, but never before `since`. */
export function windowStart(cursor: PollCursor, today: string, backDays: number): string {
  const from = dateDaysBefore(cursor.through < today ? cursor.through : today, backDays)
  if (from > cursor.since) return from
  return cursor.since
}

/** The date from which studies are taken; undefined before the first search. */
export async function sinceWhen(watchStore: Pick<WatchStore, 'cursor'>): Promise<string | undefined> {
  return readCursor(await watchStore.cursor(NAME))?.since
}

/** The date from which studies are fresh; older ones are taken because a person asked for them. */
export async function freshSince(watchStore: Pick<WatchStore, 'cursor'>): Promise<string | undefined> {
  const cursor = readCursor(await watchStore.cursor(NAME))
  return cursor?.freshSince ?? cursor?.since
}

/** Moves that date back: the next search starts there. A date later than the current one changes nothing. */
export async function reachBack(watchStore: Pick<WatchStore, 'cursor' | 'setCursor'>, from: string): Promise<void> {
  const cursor = readCursor(await watchStore.cursor(NAME))
  if (cursor !== undefined && cursor.since <= from) return
  // Before the first search, the studies taken at first count as older too.
  const fresh = cursor && { freshSince: cursor.freshSince ?? cursor.since }
  await watchStore.setCursor(NAME, JSON.stringify({ since: from, through: from, ...fresh } satisfies PollCursor))
}

/** Undefined before the first search, and for a text that is no cursor. */
function readCursor(stored: string | undefined): PollCursor | undefined {
  return stored === undefined ? undefined : readAs(pollCursor, stored)
}

/** The date of a moment in a time zone, as DICOM DA. */
export function dateIn(timeZone: string, moment: Date): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(moment)
  return ['year', 'month', 'day'].map((type) => parts.find((part) => part.type === type)?.value ?? '').join('')
}

/** From a DICOM DA to a DICOM DA. */
export function dateDaysBefore(date: string, days: number): string {
  return dicomDate((dayOf(date) ?? Number.NaN) - days * DAY_MS)
}
