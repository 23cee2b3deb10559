// Limits how much work runs at once; the rest waits its turn, the most urgent first, then in order of arrival.

export interface Wish {
  /** Compared number by number, the lower goes first; equal ranks go in order of arrival. */
  rank?: readonly number[]
  /** How much of the size it takes; 1 by default. Work larger than the whole size runs alone. */
  amount?: number
  /** When it aborts, waiting ends: `enter` rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

export interface Slots {
  readonly size: number
  /** How much of the size is taken, and how many are waiting. */
  readonly taken: number
  readonly waiting: number
  /** Resolves once there is room, with a function that gives it back. Large work that waits is not overtaken by small work of a lower rank. */
  enter(wish?: Wish): Promise<() => void>
  /** Starts the work once there is room; resolves or rejects as the work does. */
  run<T>(work: () => Promise<T>, wish?: Wish): Promise<T>
}

interface Waiting {
  rank: readonly number[]
  amount: number
  start(): void
}

export function createSlots(size: number): Slots {
  const queue: Waiting[] = []
  let taken = 0

  function next(): void {
    for (let first = queue[0]; first && taken + first.amount <= size; first = queue[0]) {
      queue.shift()
      taken += first.amount
      first.start()
    }
  }

  async function enter({ rank = [], amount: demand = 1, signal }: Wish = {}): Promise<() => void> {
    signal?.throwIfAborted()
    const amount = Math.min(demand, size)
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        queue.splice(queue.indexOf(one), 1)
        reject(signal?.reason)
        next()
      }
      const one: Waiting = {
        rank,
        amount,
        start() {
          signal?.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      const behind = queue.findIndex((other) => goesBefore(rank, other.rank))
      queue.splice(behind < 0 ? queue.length : behind, 0, one)
      signal?.addEventListener('abort', giveUp, { once: true })
      next()
    })
    return () => {
      taken -= amount
      next()
    }
  }

  return {
    size,
    get taken() {
      return taken
    },
    get waiting() {
      return queue.length
    },
    enter,
    async run(work, wish) {
      const leave = await enter(wish)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}

function goesBefore(rank: readonly number[], other: readonly number[]): boolean {
  const n = rank.findIndex((value, at) => value !== other[at])
  return n >= 0 && rank[n]! < (other[n] ?? 0)
}
