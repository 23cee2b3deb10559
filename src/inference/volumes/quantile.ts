// Quantiles with linear interpolation between order statistics (numpy's default, Hyndman and Fan type 7).

/** `share` in 0..1; NaN if there are no values. */
export function quantile(values: ArrayLike<number>, share: number): number {
  return quantileOf(Float64Array.from(values).sort(), share)
}

/** The same for values already in ascending order. */
export function quantileOf(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) return Number.NaN
  const at = share * (ascending.length - 1)
  const below = Math.floor(at)
  const low = ascending[below]!
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!
  return low + (high - low) * (at - below)
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
