// First-order features of the intensities inside a mask (pyradiomics "First Order Features"; IBSI "Intensity-based statistics").
import { quantilesOf } from '../volumes/quantile.ts'
import { DEFAULT_SETTINGS, discretise, type Levels, type TextureSettings } from './levels.ts'
import { type Features, type Image, type Mask, valuesInside } from './roi.ts'

/** Smallest step above 1, added inside logarithms in all families, so that an empty cell counts as 0. */
export const EPSILON = 2 ** -52

/**
 * The 18 first-order features, in the image's unit (Energy, Variance: its square; TotalEnergy: times mm3; Entropy in bits and
 * Uniformity of the binned intensities; Skewness and Kurtosis without unit, Kurtosis 3 for a Gaussian). Undefined for an empty
 * mask; throws RangeError like discretise.
 */
export function firstOrderFeatures(
  image: Image,
  mask: Mask,
  settings: TextureSettings = DEFAULT_SETTINGS,
): Features | undefined {
  const levels = discretise(image, mask, settings)
  return levels && firstOrderOf(valuesInside(image, levels), levels)
}

/** The same for values already read; `levels` are their bins. */
export function firstOrderOf(values: Float64Array, levels: Pick<Levels, 'counts' | 'spacing'>): Features {
  const { spacing, counts } = levels
  const n = values.length
  const { mean, variance, third, fourth, absolute } = moments(values)
  const sorted = values.toSorted()
  const { p10, p25, median, p75, p90 } = quantilesOf(sorted)
  const energy = values.reduce((sum, x) => sum + x * x, 0)
  let entropy = 0
  let uniformity = 0
  for (const count of counts) {
    const p = count / n
    if (p > 0) entropy -= p * Math.log2(p + EPSILON)
    uniformity += p * p
  }
  return {
    '10Percentile': p10,
    '90Percentile': p90,
    Energy: energy,
    Entropy: entropy,
    InterquartileRange: p75 - p25,
    Kurtosis: variance === 0 ? 0 : fourth / variance ** 2,
    Maximum: sorted[n - 1]!,
    Mean: mean,
    MeanAbsoluteDeviation: absolute,
    Median: median,
    Minimum: sorted[0]!,
    Range: sorted[n - 1]! - sorted[0]!,
    RobustMeanAbsoluteDeviation: moments(values.filter((x) => x >= p10 && x <= p90)).absolute,
    RootMeanSquared: Math.sqrt(energy / n),
    Skewness: variance === 0 ? 0 : third / variance ** 1.5,
    TotalEnergy: energy * spacing[0] * spacing[1] * spacing[2],
    Uniformity: uniformity,
    Variance: variance,
  }
}

/** Mean, central moments (divided by n) and mean absolute deviation; NaN without values. */
export function moments(values: Float64Array) {
  const n = values.length
  let sum = 0
  for (const x of values) sum += x
  const mean = sum / n
  let [variance, third, fourth, absolute] = [0, 0, 0, 0]
  for (const x of values) {
    const d = x - mean
    const square = d * d
    variance += square
    third += square * d
    fourth += square * square
    absolute += Math.abs(d)
  }
  return { mean, variance: variance / n, third: third / n, fourth: fourth / n, absolute: absolute / n }
}
