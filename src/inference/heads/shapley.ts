// Exact Shapley values of a function over all coalitions of at most a dozen players (Shapley 1953; single-baseline, interventional).

/** Values of the function for the coalitions `masks`; bit p of a mask means that player p takes part. */
export type Coalitions = (masks: readonly number[]) => Promise<ArrayLike<number>>

/** Maximum number of coalitions per call of `worthOf`. */
const CHUNK = 1024

/** Shapley values of `players` players; they add up to f(all) - f(none), which are also returned. */
export async function shapleyValues(
  players: number,
  worthOf: Coalitions,
): Promise<{ values: number[]; none: number; all: number }> {
  const count = 2 ** players
  const f = new Float64Array(count)
  for (let from = 0; from < count; from += CHUNK) {
    const masks = Array.from({ length: Math.min(CHUNK, count - from) }, (_, n) => from + n)
    f.set(Float64Array.from(await worthOf(masks)), from)
  }
  const weights = coalitionWeights(players)
  const values = Array.from({ length: players }, (_, player) => {
    let value = 0
    for (let mask = 0; mask < count; mask++) {
      if (mask & (1 << player)) continue
      value += weights[bitCount(mask)]! * (f[mask | (1 << player)]! - f[mask]!)
    }
    return value
  })
  return { values, none: f[0]!, all: f[count - 1]! }
}

/** s! (n - s - 1)! / n! for s = 0 … n - 1, without large factorials. */
function coalitionWeights(players: number): number[] {
  const weights = [1 / players]
  for (let s = 1; s < players; s++) weights.push((weights[s - 1]! * s) / (players - s))
  return weights
}

function bitCount(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}
