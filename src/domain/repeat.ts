// Loops that run beside the service until they are told to stop.
import { asAppError, unforeseenFields } from './errors.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import { sleepUnlessAborted } from './sleep.ts'

export interface Rounds {
  pauseMs: number
  /** What a round that failed did not do, in words for the log. */
  failure: string
  /** "warn" by default; "error" if a round never fails in normal operation. */
  level?: 'warn' | 'error'
}

/** Does the work in rounds, with a pause after each, until the signal aborts. A round that fails is logged, and the next one tries again. */
export async function repeat(
  work: () => Promise<unknown>,
  { pauseMs, failure, level = 'warn' }: Rounds,
  { clock, log }: { clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
    } catch (thrown) {
      const { code, message } = asAppError(thrown)
      log[level]({ code, error: message, ...unforeseenFields(thrown) }, `${failure}; it is tried again`)
    }
    await sleepUnlessAborted(clock, pauseMs, signal)
  }
}

/** Starts a loop; the returned function stops it and waits until it has ended. */
export function startLoop(run: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  const stopping = new AbortController()
  const running = run(stopping.signal)
  return async () => {
    stopping.abort()
    await running
  }
}
