// Reports something once however often it happens, until it has not happened for a while.
import type { Clock } from './ports/clock.ts'

/** Runs `tell` for a key that has not been seen for `quietMs`. If it fails, it runs again the next time. */
export function createOncePer(clock: Clock, quietMs: number) {
  const seen = new Map<string, number>()
  return async (key: string, tell: () => Promise<void>): Promise<void> => {
    const now = clock.now().getTime()
    for (const [other, at] of seen) if (now - at > quietMs) seen.delete(other)
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
