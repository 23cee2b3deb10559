// What went through the service in the last hours, and how long studies waited, from the times each one arrived and was done. Pure.
import { HOUR_MS } from './durations.ts'

/** One analysis: when it was registered, when it first came to rest, and when it was delivered. */
export interface Passage {
  /** ISO 8601 UTC */
  createdAt: string
  /** When it first came to rest: delivered, held or superseded; absent while work on it continues by itself. */
  restedAt?: string
  deliveredAt?: string
}

export interface Hour {
  /** Its end, ISO 8601 UTC. */
  until: string
  delivered: number
  /** Age of the oldest analysis that was still being worked on at its end; 0 when there was none. */
  oldestSeconds: number
}

export const HOURS_SHOWN = 24
/** The charts do not include older analyses. */
export const MAX_PASSAGE_AGE_HOURS = 72

/** The last hours, oldest first; the last one ends now. */
export function hourly(passages: readonly Passage[], now: Date): Hour[] {
  const times = passages.map(({ createdAt, restedAt, deliveredAt }) => ({
    created: Date.parse(createdAt),
    rested: restedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(restedAt),
    delivered: deliveredAt === undefined ? Number.NaN : Date.parse(deliveredAt),
  }))
  return Array.from({ length: HOURS_SHOWN }, (_, n) => {
    const until = now.getTime() - (HOURS_SHOWN - 1 - n) * HOUR_MS
    const waiting = times.filter(({ created, rested }) => created <= until && rested > until)
    const oldest = waiting.reduce((least, { created }) => Math.min(least, created), until)
    return {
      until: new Date(until).toISOString(),
      delivered: times.filter(({ delivered }) => delivered > until - HOUR_MS && delivered <= until).length,
      oldestSeconds: Math.round((until - oldest) / 1000),
    }
  })
}
