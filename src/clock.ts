// The real clock.
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from './domain/ports/clock.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    await wait(milliseconds, undefined, signal ? { signal } : {}).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error
    })
  },
}
