// Circuit breakers: a destination that failed several times in a row is left alone for a while; then one attempt decides for all.
import { asAppError, type ErrorCode } from './errors.ts'
import type { Clock } from './ports/clock.ts'

export interface Breakers {
  /** How long to leave the destination alone; 0 if this caller may try it. */
  waitSeconds(destination: string, now: Date): number
  good(destination: string): void
  failed(destination: string, code: ErrorCode, now: Date): void
}

/** This many failures in a row are an outage. */
export const FAILURES_TO_OPEN = 5
export const FIRST_PAUSE_SECONDS = 30
export const MAX_PAUSE_SECONDS = 900
/** How long one attempt may take before another is let through. */
const TRIAL_SECONDS = 120
/** Errors that say something about the destination rather than about what was sent. */
const OUTAGE = /^(ARCHIVE|EHR|NOTICE)_(UNREACHABLE|TIMEOUT|ERROR|AUTH|FORBIDDEN|THROTTLED|AMBIGUOUS)$/

const OURS = /^(INTERNAL$|DATABASE_|DISK_|STATE_)/

interface State {
  failures: number
  /** In milliseconds; when the pause is over. */
  until: number
}

/** `onClosed` hears of a destination that is back after it was left alone: what waits for it need not wait for its own time. */
export function createBreakers(onClosed: (destination: string) => void = () => undefined): Breakers {
  const states = new Map<string, State>()
  const close = (destination: string) => {
    const wasOpen = (states.get(destination)?.failures ?? 0) >= FAILURES_TO_OPEN
    states.delete(destination)
    if (wasOpen) onClosed(destination)
  }
  return {
    waitSeconds(destination, now) {
      const state = states.get(destination)
      if (state === undefined || state.failures < FAILURES_TO_OPEN) return 0
      const remaining = (state.until - now.getTime()) / 1000
      // Longer than any pause: the clock has been set back since.
      if (remaining > 0 && remaining <= MAX_PAUSE_SECONDS) return remaining
      states.set(destination, { ...state, until: now.getTime() + TRIAL_SECONDS * 1000 })
      return 0
    },
    good: close,
    failed(destination, code, now) {
      if (!OUTAGE.test(code)) {
        // A refusal is an answer. Our own faults say nothing about the destination.
        if (!OURS.test(code)) close(destination)
        return
      }
      const failures = (states.get(destination)?.failures ?? 0) + 1
      const pause = Math.min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (failures - FAILURES_TO_OPEN))
      states.set(destination, { failures, until: now.getTime() + pause * 1000 })
    },
  }
}

/** Does the work and records what it says about the destination. Without breakers nothing is recorded. */
export async function noting<T>(
  breakers: Breakers | undefined,
  destination: string,
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const done = await work()
    breakers?.good(destination)
    return done
  } catch (thrown) {
    breakers?.failed(destination, asAppError(thrown).code, clock.now())
    throw thrown
  }
}
