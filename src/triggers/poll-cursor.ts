// How far the archive was searched, kept beyond the process: where a search begins, and from when on studies are taken.
import { z } from 'zod'
import { dayOf, dicomDate } from '../domain/dicom-date.ts'
import { DAY_MS } from '../domain/durations.ts'
import { readAs } from '../domain/json-text.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'

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

/** Of the search, and of its cursor. */
export const QIDO = 'qido'

/** First study date of a search: back from the cursor or from today, whichever is earlier, but never before `since`. */
export function windowStart(cursor: PollCursor, today: string, backDays: number): string {
  const from = dateDaysBefore(cursor.through < today ? cursor.through : today, backDays)
  if (from > cursor.since) return from
  return cursor.since
}

/** The date from which studies are taken; undefined before the first search. */
export async function sinceWhen(watchStore: Pick<WatchStore, 'cursor'>): Promise<string | undefined> {
  return readCursor(await watchStore.cursor(QIDO))?.since
}

/** The date from which studies are fresh; older ones are taken because a person asked for them. */
export async function freshSince(watchStore: Pick<WatchStore, 'cursor'>): Promise<string | undefined> {
  const cursor = readCursor(await watchStore.cursor(QIDO))
  return cursor?.freshSince ?? cursor?.since
}

/** Moves that date back: the next search starts there. A date later than the current one changes nothing. */
export async function reachBack(watchStore: Pick<WatchStore, 'cursor' | 'setCursor'>, from: string): Promise<void> {
  const cursor = readCursor(await watchStore.cursor(QIDO))
  if (cursor !== undefined && cursor.since <= from) return
  // Before the first search, the studies taken at first count as older too.
  const fresh = cursor && { freshSince: cursor.freshSince ?? cursor.since }
  await watchStore.setCursor(QIDO, JSON.stringify({ since: from, through: from, ...fresh } satisfies PollCursor))
}

/** Undefined before the first search, and for a text that is no cursor. */
export function readCursor(stored: string | undefined): PollCursor | undefined {
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
