// The legs of one delivery, side by side: each goes at its own pace and again after its own pause, and a destination that hangs keeps nothing from the others.
import type { Leg } from '../domain/delivery.ts'
import type { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'

/** What remains after an attempt, or a round of them. */
export type DeliveryOutcome = { do: 'done' } | { do: 'retry'; afterSeconds: number } | { do: 'hold'; error: AppError }

/**
 * Attempts every leg. One that failed for the time being is attempted again after its pause as long as another is under way, and left for the next round
 * once none is. An attempt that throws ends its leg; the error is thrown when all have ended, so that nothing goes on behind the caller's back.
 */
export async function runLegs(
  legs: readonly Leg[],
  attempt: (leg: Leg) => Promise<DeliveryOutcome>,
  clock: Clock,
): Promise<DeliveryOutcome[]> {
  const underWay = new Set(legs)
  const rest = new AbortController()
  const run = async (leg: Leg): Promise<DeliveryOutcome> => {
    for (;;) {
      underWay.add(leg)
      const outcome = await attempt(leg).finally(() => {
        underWay.delete(leg)
        if (underWay.size === 0) rest.abort()
      })
      if (outcome.do !== 'retry') return outcome
      const { afterSeconds } = outcome
      const due = clock.now().getTime() + afterSeconds * 1000
      await sleepUnlessAborted(clock, afterSeconds * 1000, rest.signal)
      if (rest.signal.aborted) {
        const remaining = (due - clock.now().getTime()) / 1000
        // No longer than it was: the clock may have been set back meanwhile.
        return { do: 'retry', afterSeconds: Math.min(afterSeconds, Math.max(0, remaining)) }
      }
    }
  }
  const ended = await Promise.allSettled(legs.map(run))
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}
