// Quantiles with linear interpolation between order statistics (numpy's default, Hyndman and Fan type 7).

/** `share` in 0..1; NaN of no values. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0) return Number.NaN
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (at - below)
}

/** The middle 95 %. */
export function interval95(values: ArrayLike<number>): [number, number] {
  return [quantile(values, 0.025), quantile(values, 0.975)]
}
