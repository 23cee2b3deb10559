// Intensity features that do not depend on the image's unit, as defined in training/gliatrain/tabular/features.py.
import { quantilesOf } from '../volumes/quantile.ts'
import { moments } from './first-order.ts'
import { binByWidth } from './levels.ts'

/** Bins per standard deviation; narrower bins no longer change the densities. */
const BINS_PER_SD = 24

export const SCALE_FREE_FEATURES = [
  't1c_cov',
  't1c_skewness',
  't1c_kurtosis',
  't1c_p10_over_median',
  't1c_p90_over_median',
  't1c_iqr_over_median',
  't1c_mean_over_median',
  't1c_mad_over_sd',
  't1c_rmad_over_sd',
  't1c_density_energy',
  't1c_density_entropy',
] as const

/** Width of the bins for texture and densities, in the image's unit: a 24th of the standard deviation. */
export function scaleFreeBinWidth(values: Float64Array): number {
  return Math.sqrt(moments(values).variance) / BINS_PER_SD
}

/**
 * Of the T1c values inside the whole tumour, in any unit: coefficient of variation, standardised moments, percentiles over the
 * median, mean deviations over the standard deviation, and energy and entropy (bits) of the density in units of the standard
 * deviation. NaN for a flat region.
 */
export function scaleFreeFeatures(values: Float64Array): Record<(typeof SCALE_FREE_FEATURES)[number], number> {
  const { mean, variance, third, fourth, absolute } = moments(values)
  const sd = variance > 0 ? Math.sqrt(variance) : Number.NaN
  const sorted = values.toSorted()
  const { p10, p25, median, p75, p90 } = quantilesOf(sorted)
  const robust = values.filter((x) => x >= p10 && x <= p90)
  const { energy, entropy } = density(values, sd)
  return {
    t1c_cov: sd / mean,
    t1c_skewness: third / sd ** 3,
    t1c_kurtosis: fourth / sd ** 4,
    t1c_p10_over_median: p10 / median,
    t1c_p90_over_median: p90 / median,
    t1c_iqr_over_median: (p75 - p25) / median,
    t1c_mean_over_median: mean / median,
    t1c_mad_over_sd: absolute / sd,
    t1c_rmad_over_sd: moments(robust).absolute / sd,
    t1c_density_energy: energy,
    t1c_density_entropy: entropy,
  }
}

function density(values: Float64Array, sd: number): { energy: number; entropy: number } {
  if (Number.isNaN(sd)) return { energy: Number.NaN, entropy: Number.NaN }
  const counts = new Map<number, number>()
  for (const bin of binByWidth(values, sd / BINS_PER_SD)) counts.set(bin, (counts.get(bin) ?? 0) + 1)
  let energy = 0
  let entropy = 0
  for (const count of counts.values()) {
    const p = count / values.length
    energy += p * p
    entropy -= p * Math.log2(p)
  }
  return { energy: energy * BINS_PER_SD, entropy: entropy - Math.log2(BINS_PER_SD) }
}
