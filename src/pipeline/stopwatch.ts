// Times the steps of an analysis and reports each in the record, so that people see how far it is.
import type { Clock } from '../domain/ports/clock.ts'
import { NO_TRACING, type Tracing } from '../domain/ports/tracing.ts'
import type { Step } from '../domain/steps.ts'

export interface Stopwatch {
  /** Runs one step and adds its seconds to `seconds`; those of a repeated step are added up. */
  time<T>(step: Step, work: () => Promise<T> | T): Promise<T>
  readonly seconds: Partial<Record<Step, number>>
}

/** `onStep` is called at the start of a step (without seconds) and at its end. */
export function createStopwatch(
  clock: Clock,
  onStep: (step: Step, seconds?: number) => Promise<void>,
  tracing: Tracing = NO_TRACING,
): Stopwatch {
  const seconds: Partial<Record<Step, number>> = {}
  return {
    seconds,
    async time(step, work) {
      await onStep(step)
      const started = clock.now().getTime()
      const value = await tracing.span(step, {}, async () => work())
      const spent = Math.round(clock.now().getTime() - started) / 1000
      seconds[step] = (seconds[step] ?? 0) + spent
      await onStep(step, spent)
      return value
    },
  }
}
