// Summary statistics of a load run: percentiles, and a line fitted to what should not grow.

/** The smallest value that is not exceeded by at least this share of all values. NaN if there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export interface Fit {
  slope: number
  /** Half-width of the 95 % interval of the slope, by the normal distribution: for about thirty points or more. */
  halfWidth: number
}

/** Least squares; NaN below three points. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Fit {
  const n = points.length
  if (n < 3) return { slope: Number.NaN, halfWidth: Number.NaN }
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / n
  const [mx, my] = [mean(0), mean(1)]
  const sxx = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / sxx
  const residual = points.reduce((sum, [x, y]) => sum + (y - my - slope * (x - mx)) ** 2, 0)
  return { slope, halfWidth: 1.96 * Math.sqrt(residual / (n - 2) / sxx) }
}
