// Opens the store, and waits for a database that is not there yet: a machine that starts brings its services up in any order.
import { asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import { openStore, type Store, type StoreOptions } from './store.ts'

const FIRST_WAIT_SECONDS = 1
const MAX_WAIT_SECONDS = 30

export interface Waiting {
  clock: Clock
  log: Log
  /** Ends the waiting with the error of the last attempt. */
  signal: AbortSignal
  /** Told what stands in the way, once per attempt. */
  onWait?: (code: string) => void
}

/** As openStore, but DATABASE_UNREACHABLE is tried again, later each time up to half a minute. Any other error is thrown. */
export async function openStoreWhenThere(
  options: StoreOptions,
  { clock, log, signal, onWait }: Waiting,
  open: (options: StoreOptions) => Promise<Store> = openStore,
): Promise<Store> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open(options)
    } catch (thrown) {
      const error = asAppError(thrown)
      if (error.code !== 'DATABASE_UNREACHABLE') throw thrown
      const waitSeconds = Math.min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
      log.warn({ code: error.code, error: error.message, attempt, waitSeconds }, 'the database is not there yet')
      onWait?.(error.code)
      if (signal.aborted) throw thrown
      await clock.sleep(waitSeconds * 1000, signal)
      if (signal.aborted) throw thrown
    }
  }
}
