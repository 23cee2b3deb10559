// The real time, for tests in which time is not the subject.
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../src/domain/ports/clock.ts'

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds) => wait(milliseconds),
}
