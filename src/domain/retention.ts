// Removes old data every hour until told to stop: images kept for the pages, and analyses if the site wants that.
import { DAY_MS, HOUR_MS } from './durations.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import { repeat } from './repeat.ts'

export interface AgedThings {
  /** Their name in log lines, in the plural. */
  name: string
  /** Removes everything kept before that moment; returns how many. */
  removeBefore(moment: Date): Promise<number>
}

/** Runs until the signal aborts; with zero days nothing is kept. */
export function keepRetention(
  { name, removeBefore }: AgedThings,
  keepDays: number,
  { clock, log }: { clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  const round = async () => {
    const removed = await removeBefore(new Date(clock.now().getTime() - keepDays * DAY_MS))
    if (removed > 0) log.info({ count: removed }, `${name} were removed by their age`)
  }
  const failure = `${name} could not be removed by their age`
  return repeat(round, { pauseMs: HOUR_MS, failure }, { clock, log }, signal)
}
