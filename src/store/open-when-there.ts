// Opens the store, waiting for a database that is not up yet: a booting machine starts its services in any order.
import { asAppError, type ErrorCode } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import { openStore, type Store, type StoreOptions } from './store.ts'

const WAITED_FOR: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['DATABASE_UNREACHABLE', 'DISK_FULL'])
const FIRST_WAIT_SECONDS = 1
const MAX_WAIT_SECONDS = 30

export interface Waiting {
  clock: Clock
  log: Log
  /** Ends the wait with the error of the last attempt. */
  signal: AbortSignal
  /** Told the obstacle, once per attempt. */
  onWait?: (code: string) => void
}

/** Like openStore, but retries after DATABASE_UNREACHABLE and DISK_FULL, less and less often, at least every half minute. Any other error is thrown. */
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
      if (!WAITED_FOR.has(error.code)) throw thrown
      const waitSeconds = Math.min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
      log.warn({ code: error.code, error: error.message, attempt, waitSeconds }, 'the database cannot be reached yet')
      onWait?.(error.code)
      if (signal.aborted) throw thrown
      await clock.sleep(waitSeconds * 1000, signal)
      if (signal.aborted) throw thrown
    }
  }
}
