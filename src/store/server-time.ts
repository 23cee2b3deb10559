// The time that all processes on one database share, as leases are measured (lease-time.ts).
import type { Clock } from '../domain/ports/clock.ts'
import type { Database } from './database.ts'
import { timeOf } from './lease-time.ts'
import { QUERIES } from './queries.ts'

export async function timeNow(db: Database, clock: Pick<Clock, 'now'>): Promise<Date> {
  if (timeOf(db, clock) !== null) return clock.now()
  const [row] = await db.query<{ now: Date }>(QUERIES.serverTime.sql)
  return row!.now
}
