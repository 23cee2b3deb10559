// The pools of a process: how many analyses may retrieve, compute and be delivered at once, and how many bytes of images they may hold in the meantime.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { LEGS, type Leg } from '../domain/delivery.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { PRIORITIES } from '../domain/priority.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import { createSlots, type Slots, type Wish } from '../domain/slots.ts'

/** Each destination has a pool of its own, so that one that hangs takes no room from the others. */
export const POOLS = ['retrieve', 'infer', ...LEGS.map((leg) => `deliver-${leg}` as const)] as const
export type Pool = (typeof POOLS)[number]

/** A destination at which a delivery takes longer is waited for by no other: they make way, so that what waits for one that hangs holds up nothing else. */
export const PATIENCE_SECONDS = 10

export interface PoolSizes {
  retrieve: number
  infer: number
  /** At each destination. */
  deliver: number
  inFlightBytes: number
}

export interface PoolFigures {
  pool: Pool
  size: number
  busy: number
  waiting: number
  /** Age of the oldest piece of work that is in the pool or waiting for it; 0 if there is none. */
  oldestSeconds: number
}

export interface Pools {
  /** The turns of one analysis; `end` gives back the memory that it holds. When the signal aborts, whatever is waiting rejects with the signal's reason. */
  enter(record: Pick<AnalysisRecord, 'priority' | 'sequence'>, signal?: AbortSignal): Turns & { end(): void }
  /** Does the work when there is room at the destination; undefined if those that are there take too long. */
  deliver<T>(
    record: Pick<AnalysisRecord, 'priority' | 'sequence'>,
    leg: Leg,
    work: () => Promise<T>,
  ): Promise<T | undefined>
  figures(): { pools: PoolFigures[]; inFlight: { bytes: number; limit: number; waiting: number } }
}

/** The turns of one analysis among all in this process: the most urgent first, then in the order of registration. */
export interface Turns extends Readonly<Record<'retrieve' | 'infer', <T>(work: () => Promise<T>) => Promise<T>>> {
  /**
   * Waits until this analysis may hold this many bytes of images. What it held before is given back first, so that no two analyses wait for each other:
   * the caller must have dropped those images. Not to be called within a turn.
   */
  hold(bytes: number): Promise<void>
}

/** For an analysis that is the only one in its process. */
export const NO_OTHERS: Turns = {
  retrieve: (work) => work(),
  infer: (work) => work(),
  hold: async () => undefined,
}

export function createPools(sizes: PoolSizes, clock: Clock): Pools {
  const sizeOf = (pool: Pool) => (pool === 'retrieve' || pool === 'infer' ? sizes[pool] : sizes.deliver)
  const slots = Object.fromEntries(POOLS.map((pool) => [pool, createSlots(sizeOf(pool))])) as Record<Pool, Slots>
  const memory = createSlots(sizes.inFlightBytes)
  const since = Object.fromEntries(POOLS.map((pool) => [pool, new Set()])) as Record<Pool, Set<{ at: number }>>
  const begunAt = Object.fromEntries(LEGS.map((leg) => [leg, new Set()])) as Record<Leg, Set<{ at: number }>>
  const now = () => clock.now().getTime()
  const rankOf = ({ priority, sequence }: Pick<AnalysisRecord, 'priority' | 'sequence'>) => [
    PRIORITIES[priority],
    sequence,
  ]
  async function inPool<T>(pool: Pool, work: () => Promise<T>, wish: Wish): Promise<T> {
    const entry = { at: now() }
    since[pool].add(entry)
    try {
      return await slots[pool].run(work, wish)
    } finally {
      since[pool].delete(entry)
    }
  }
  return {
    enter(record, signal) {
      const rank = rankOf(record)
      const turnsOf =
        (pool: Pool) =>
        <T>(work: () => Promise<T>) =>
          inPool(pool, work, { rank, signal })
      let leave = () => {}
      const end = () => {
        leave()
        leave = () => {}
      }
      return {
        retrieve: turnsOf('retrieve'),
        infer: turnsOf('infer'),
        async hold(bytes) {
          end()
          leave = await memory.enter({ rank, amount: bytes, signal })
        },
        end,
      }
    },
    async deliver(record, leg, work) {
      const pool = `deliver-${leg}` as const
      const longest = Math.max(0, ...[...begunAt[leg]].map(({ at }) => now() - at))
      const patienceMs = PATIENCE_SECONDS * 1000 - longest
      if (slots[pool].taken >= sizes.deliver && patienceMs <= 0) return undefined
      const begun = new AbortController()
      const waiting = new AbortController()
      sleepUnlessAborted(clock, Math.max(0, patienceMs), begun.signal).then(() => waiting.abort())
      const start = async () => {
        begun.abort()
        const entry = { at: now() }
        begunAt[leg].add(entry)
        return work().finally(() => begunAt[leg].delete(entry))
      }
      try {
        return await inPool(pool, start, { rank: rankOf(record), signal: waiting.signal })
      } catch (thrown) {
        if (!begun.signal.aborted) return undefined
        throw thrown
      }
    },
    figures: () => ({
      pools: POOLS.map((pool) => ({
        pool,
        size: sizeOf(pool),
        busy: slots[pool].taken,
        waiting: slots[pool].waiting,
        oldestSeconds: Math.max(0, ...[...since[pool]].map(({ at }) => (now() - at) / 1000)),
      })),
      inFlight: { bytes: memory.taken, limit: sizes.inFlightBytes, waiting: memory.waiting },
    }),
  }
}
