// Wording of the worklist.
import type { Priority } from '../domain/priority.ts'

export const WORKLIST = {
  title: 'Worklist',
  search: 'Name, patient ID, accession, UID',
  find: 'Find',
  matching: (count: number) => (count === 1 ? '1 analysis found.' : `${count} analyses found.`),
  all: 'Show all',
  noMatch: 'No analysis matches.',
  toReview: 'To review',
  nothingToReview: 'Nothing is waiting for review.',
  newest: 'Newest first',
  waiting: 'What needs a person first',
  captionNewest: 'Analyses, newest first',
  captionWaiting: 'Analyses: holds first, then those to review, the oldest of each first',
  release: 'Release',
  resolve: 'Resolve',
  board: 'Tumour board',
  reviewing: (names: readonly string[]) => `Open: ${names.join(', ')}`,
  activity: 'The last 24 hours',
  priority: 'Priority',
  by: 'Set by',
  set: 'Set',
} as const

export const PRIORITY_NAMES: Readonly<Record<Priority, string>> = { first: 'First', fresh: 'Usual', backfill: 'Later' }

/** "45 s", "12 min", "3 h 20 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const deliveredCount = (count: number) => (count === 1 ? '1 study delivered' : `${count} studies delivered`)
export const oldestNow = (seconds: number) =>
  seconds === 0 ? 'Nothing is waiting to be analysed' : `The oldest study has waited ${duration(seconds)}`
export const longestWait = (seconds: number) => `Longest wait in this period: ${duration(seconds)}`
/** Labels under a chart whose last bar ends now. */
export const HOURS_AGO = ['24 h ago', '12 h ago', 'now'] as const
