// Which clock measures leases and waits, and the SQL that uses it.
import { LIMITS } from '../domain/limits.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Database } from './database.ts'

/** Due at once by any clock, even by one that is set back later. */
export const AT_ONCE = '1970-01-01T00:00:00.000Z'

/** A wait longer than this many seconds was written before the clock was set back. */
export function longestWait(seconds: number): number {
  return seconds + LIMITS.retryAfterSeconds + 60
}

/**
 * For statements that take an instant or null. On a server null: the server reads its own clock, so that a machine whose clock is wrong neither
 * takes a lease too early nor loses one. For an embedded database, whose folder has one owner, that owner's clock.
 */
export function timeOf({ engine }: Pick<Database, 'engine'>, clock: Pick<Clock, 'now'>): string | null {
  return engine === 'postgres' ? null : clock.now().toISOString()
}

/** SQL: the instant passed as the parameter, or the server's own if it is null. */
export const timeOr = (parameter: `$${number}`) => `coalesce(${parameter}::timestamptz, now())`
/** SQL: that many seconds before it. */
export const before = (time: string, seconds: `$${number}`) => `${time} - ${seconds}::float8 * interval '1 second'`
/** SQL: that many seconds after it. */
export const after = (time: string, seconds: `$${number}`) => `${time} + ${seconds}::float8 * interval '1 second'`
