// A clock that moves only when told.
import type { Clock } from '../../src/domain/ports/clock.ts'

export interface ManualClock extends Clock {
  advance(seconds: number): void
}

export function createManualClock(start = '2026-03-01T03:00:00.000Z'): ManualClock {
  let time = Date.parse(start)
  return {
    now: () => new Date(time),
    async sleep(milliseconds) {
      time += milliseconds
    },
    advance(seconds) {
      time += seconds * 1000
    },
  }
}
