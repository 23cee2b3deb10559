// Removes the images of analyses that are older than the site keeps them, at the start and then every hour.
import { asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { Log } from '../domain/ports/log.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Until the signal; zero days keep nothing. */
export async function keepRetention(
  { spool, clock, log }: { spool: Pick<ImageSpool, 'removeBefore'>; clock: Clock; log: Log },
  keepDays: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const removed = await spool.removeBefore(new Date(clock.now().getTime() - keepDays * DAY_MS))
      if (removed > 0) log.info({ count: removed }, 'images kept for the pages were removed by their age')
    } catch (error) {
      log.warn(
        { code: asAppError(error).code },
        'images kept for the pages could not be removed; tried again in an hour',
      )
    }
    await clock.sleep(HOUR_MS, signal).catch(() => undefined)
  }
}
