// Quantiles with linear interpolation between order statistics (numpy's default, Hyndman and Fan type 7).

/** `share` in 0..1; NaN if there are no values. */
export function quantile(values: ArrayLike<number>, share: number): number {
  return quantileOf(Float64Array.from(values).sort(), share)
}

/** The same for values already in ascending order. */
export function quantileOf(ascending: ArrayLike<number>, share: number): number {
  return between(ascending.length, share, (rank) => ascending[rank]!)
}

/** `valueAt`: the value that has this many below it. */
function between(count: number, share: number, valueAt: (rank: number) => number): number {
  if (count === 0) return Number.NaN
  const at = share * (count - 1)
  const below = Math.floor(at)
  const low = valueAt(below)
  const high = valueAt(Math.min(below + 1, count - 1))
  return low + (high - low) * (at - below)
}

const HALF = 2 ** 16

/**
 * Quantiles of the values above `least` (0 or more), in any order; NaN if there are none. Counts bits instead of sorting: an image has millions of
 * voxels, and positive floats are in the order of their bits (IEEE 754).
 */
export function quantilesAbove(values: Float32Array, least: number, shares: readonly number[]): number[] {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const upper = new Uint32Array(HALF)
  let count = 0
  for (let v = 0; v < values.length; v++) {
    if (!(values[v]! > least)) continue
    upper[bits[v]! >>> 16]!++
    count++
  }
  const valueAt = (rank: number) => {
    const [top, before] = binOf(upper, rank)
    const lower = new Uint32Array(HALF)
    for (let v = 0; v < values.length; v++)
      if (bits[v]! >>> 16 === top && values[v]! > least) lower[bits[v]! & (HALF - 1)]!++
    const [low] = binOf(lower, rank - before)
    return new Float32Array(Uint32Array.of(top * HALF + low).buffer)[0]!
  }
  return shares.map((share) => between(count, share, valueAt))
}

/** The bin that holds the value of a rank, and how many values lie in bins before it. */
function binOf(counts: Uint32Array, rank: number): [bin: number, before: number] {
  let before = 0
  for (let bin = 0; bin < counts.length; bin++) {
    if (before + counts[bin]! > rank) return [bin, before]
    before += counts[bin]!
  }
  throw new RangeError(`there are ${before} values, and none of rank ${rank}`)
}

/** The five quantiles that describe a distribution in the features, of ascending values. */
export function quantilesOf(ascending: Float64Array) {
  const [p10, p25, median, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map((share) => quantileOf(ascending, share))
  return { p10: p10!, p25: p25!, median: median!, p75: p75!, p90: p90! }
}

/** The central 95 % range. */
export function interval95(values: ArrayLike<number>): [number, number] {
  return [quantile(values, 0.025), quantile(values, 0.975)]
}
