// Reports something once however often it happens, until it has not happened for a while.
import { MINUTE_MS } from './durations.ts'
import type { Clock } from './ports/clock.ts'

/** Looking at one thing, on a page that refreshes itself, is one access; coming back after this long is another. */
const QUIET_MS = 10 * MINUTE_MS

/** Runs `tell` for a key that has not been seen for ten minutes. If it fails, it runs again the next time. */
export function createOncePer(clock: Clock) {
  const seen = new Map<string, number>()
  return async (key: string, tell: () => Promise<void>): Promise<void> => {
    const now = clock.now().getTime()
    for (const [other, at] of seen) if (now - at > QUIET_MS) seen.delete(other)
    const isSame = seen.has(key)
    seen.set(key, now)
    if (isSame) return
    try {
      await tell()
    } catch (error) {
      seen.delete(key)
      throw error
    }
  }
}
