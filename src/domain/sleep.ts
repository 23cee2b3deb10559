// Pauses for loops that run until told to stop.
import type { Clock } from './ports/clock.ts'

/** Sleeps; an abort ends it early without an error, since that is how the loop is stopped. */
export async function sleepUnlessAborted(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(milliseconds, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
