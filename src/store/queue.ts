// The queue only wakes workers (pg-boss on the same database); what there is to do is in our own tables.
import { PgBoss } from 'pg-boss'
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Log } from '../domain/ports/log.ts'
import { databaseError } from './database.ts'
import type { EmbeddedDatabase } from './pglite.ts'

/** Handles whatever is due; `signal` aborts at stop. */
export type Handler = (signal: AbortSignal) => Promise<unknown>

export interface Queue {
  /** Wakes one worker of this kind soon, wherever it runs; several wakes before it starts count as one. The sweep makes up for a lost wake. */
  wake(kind: string): Promise<void>
  /** The same at a later time, to the second. */
  wakeAt(kind: string, when: Date): Promise<void>
  /** Calls each handler at every wake and every sweep; none of them twice at once in this process. */
  work(kind: string, ...handlers: Handler[]): Promise<void>
  /** Aborts the handlers' signals, waits for them, and stops. */
  stop(): Promise<void>
}

export interface QueueOptions {
  log: Log
  sweepSeconds: number
}

/** With NOTIFY a wake takes milliseconds; polling is for wakes in the future and for a lost listener. */
const WORK = { batchSize: 100, pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2 }
/** 'short': at most one waiting job per key. Finished jobs are of no interest. */
const QUEUE = {
  policy: 'short',
  notify: true,
  retryLimit: 0,
  expireInSeconds: 60,
  retentionSeconds: 7 * 86_400,
  deleteAfterSeconds: 600,
}

export async function startQueue(
  place: { databaseUrl: string } | { embedded: EmbeddedDatabase },
  { log, sweepSeconds }: QueueOptions,
): Promise<Queue> {
  const boss = new PgBoss({
    ...('databaseUrl' in place
      ? {
          connectionString: place.databaseUrl,
          max: 3,
          application_name: 'gliabridge-queue',
          query_timeout: LIMITS.databaseSeconds * 1000,
        }
      : { backend: 'pglite' as const, db: adapt(place.embedded) }),
    useListenNotify: true,
    schedule: false,
  })
  boss.on('error', (error) => log.warn({ code: databaseError(error).code }, 'the queue had a database error'))
  await boss.start().catch((error) => {
    throw databaseError(error)
  })

  const stopping = new AbortController()
  const drains = new Set<Drain>()
  const queues = new Map<string, Promise<void>>()
  const ready = (kind: string) => {
    const made = queues.get(kind) ?? boss.createQueue(kind, QUEUE)
    queues.set(kind, made)
    // A failed attempt is not cached, so that the next one tries again.
    return made.catch((error) => {
      queues.delete(kind)
      throw error
    })
  }
  const send = async (kind: string, key: string, startAfter?: Date) => {
    try {
      await ready(kind)
      await boss.send(kind, {}, { singletonKey: key, ...(startAfter ? { startAfter } : {}) })
    } catch (error) {
      log.warn({ kind, code: databaseError(error).code }, 'a wake-up was lost; the sweep will catch up')
    }
  }
  const sweep = setInterval(() => {
    for (const drain of drains) drain.signal()
  }, sweepSeconds * 1000)

  return {
    wake: (kind) => send(kind, 'now'),
    wakeAt: (kind, when) => send(kind, when.toISOString().slice(0, 19), when),
    async work(kind, ...handlers) {
      const all = handlers.map((handler) => createDrain(kind, handler, stopping.signal, log))
      for (const drain of all) drains.add(drain)
      const signal = () => {
        for (const drain of all) drain.signal()
      }
      await ready(kind)
      // The job is finished once the workers are awake: a long analysis must not look like an expired job.
      await boss.work(kind, WORK, async () => signal())
      signal()
    },
    async stop() {
      clearInterval(sweep)
      stopping.abort()
      await Promise.all([...drains].map((drain) => drain.idle()))
      await boss.stop({ graceful: true, timeout: 5000 })
    },
  }
}

interface Drain {
  signal(): void
  idle(): Promise<void>
}

/** One run at a time; a signal during a run causes one more run after it, so that nothing in between is missed. */
function createDrain(kind: string, handler: Handler, stopping: AbortSignal, log: Log): Drain {
  let running: Promise<void> | undefined
  let again = false
  const run = async () => {
    do {
      again = false
      try {
        await handler(stopping)
      } catch (error) {
        const { frames = '' } = unforeseenFields(error)
        log.error({ kind, code: asAppError(error).code, frames }, 'a worker failed; the sweep will start it again')
      }
    } while (again && !stopping.aborted)
    running = undefined
  }
  return {
    signal() {
      if (stopping.aborted) return
      if (running) again = true
      else running = run()
    },
    async idle() {
      await running
    },
  }
}

function adapt(db: EmbeddedDatabase) {
  return {
    executeSql: async (sql: string, values?: unknown[]) => db.foreign(sql, values) as Promise<{ rows: never[] }>,
    async listen(channel: string, heard: (payload: string) => void, connected: () => void) {
      const stop = await db.listen(channel, heard)
      connected()
      return { close: stop }
    },
  }
}
