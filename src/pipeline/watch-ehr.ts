// Asks the EHR from time to time what the service asks it first for every study, so that an outage is known before a study needs the EHR.
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { PeerWatch } from '../domain/peers.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'

export interface EhrWatchOptions {
  /** Resolves if the EHR answers properly; throws EHR_* otherwise. */
  ask(): Promise<void>
  peers: PeerWatch
  clock: Clock
  log: Log
  intervalSeconds: number
}

/** Runs until the signal aborts. A failure is a state of the EHR, never an error of the loop. */
export async function watchEhr(options: EhrWatchOptions, signal: AbortSignal): Promise<void> {
  const { ask, peers, clock, log, intervalSeconds } = options
  while (!signal.aborted) {
    try {
      await ask()
      peers.good('ehr', clock.now())
    } catch (thrown) {
      const error = asAppError(thrown)
      if (error.code === 'INTERNAL')
        log.error({ code: error.code, ...unforeseenFields(thrown) }, 'the EHR was not asked')
      peers.failed('ehr', error, clock.now())
    }
    await sleepUnlessAborted(clock, intervalSeconds * 1000, signal)
  }
}
