// The pools of a process: how many analyses may retrieve, compute and be delivered at once, and how many bytes of images they may hold in the meantime.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { PRIORITIES } from '../domain/priority.ts'
import { createSlots, type Slots } from '../domain/slots.ts'

export const POOLS = ['retrieve', 'infer', 'deliver'] as const
export type Pool = (typeof POOLS)[number]

export interface PoolSizes extends Readonly<Record<Pool, number>> {
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
  figures(): { pools: PoolFigures[]; inFlight: { bytes: number; limit: number; waiting: number } }
}

/** The turns of one analysis among all in this process: the most urgent first, then in the order of registration. */
export interface Turns extends Readonly<Record<Pool, <T>(work: () => Promise<T>) => Promise<T>>> {
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
  deliver: (work) => work(),
  hold: async () => undefined,
}

export function createPools(sizes: PoolSizes, clock: Pick<Clock, 'now'>): Pools {
  const slots = Object.fromEntries(POOLS.map((pool) => [pool, createSlots(sizes[pool])])) as Record<Pool, Slots>
  const memory = createSlots(sizes.inFlightBytes)
  const since: Record<Pool, Set<{ at: number }>> = { retrieve: new Set(), infer: new Set(), deliver: new Set() }
  const now = () => clock.now().getTime()
  return {
    enter({ priority, sequence }, signal) {
      const rank = [PRIORITIES[priority], sequence]
      const inPool =
        (pool: Pool) =>
        async <T>(work: () => Promise<T>): Promise<T> => {
          const entry = { at: now() }
          since[pool].add(entry)
          try {
            return await slots[pool].run(work, { rank, signal })
          } finally {
            since[pool].delete(entry)
          }
        }
      let leave = () => {}
      const end = () => {
        leave()
        leave = () => {}
      }
      return {
        retrieve: inPool('retrieve'),
        infer: inPool('infer'),
        deliver: inPool('deliver'),
        async hold(bytes) {
          end()
          leave = await memory.enter({ rank, amount: bytes, signal })
        },
        end,
      }
    },
    figures: () => ({
      pools: POOLS.map((pool) => ({
        pool,
        size: sizes[pool],
        busy: slots[pool].taken,
        waiting: slots[pool].waiting,
        oldestSeconds: Math.max(0, ...[...since[pool]].map(({ at }) => (now() - at) / 1000)),
      })),
      inFlight: { bytes: memory.taken, limit: sizes.inFlightBytes, waiting: memory.waiting },
    }),
  }
}
