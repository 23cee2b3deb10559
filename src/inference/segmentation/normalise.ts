// Intensity normalisation as declared by the bundle: z-score of one channel on the working grid, over its foreground or its non-zero voxels.
import { AppError } from '../../domain/errors.ts'
import type { Volume } from '../../domain/volume.ts'
import type { ForegroundNormalisation } from '../bundle/normalisation.ts'
import { quantilesAbove } from '../volumes/quantile.ts'

type ForegroundRules = Extract<ForegroundNormalisation, { name: 'foreground-zscore' }>

/** Dispatches by the rules' name; throws INPUT_IMPLAUSIBLE, naming the sequence, for an empty or constant image. */
export function normalise(
  volume: Volume<Float32Array>,
  rules: ForegroundNormalisation,
  name: string,
): Volume<Float32Array> {
  return rules.name === 'nonzero-zscore' ? normaliseNonzero(volume, name) : normaliseForeground(volume, rules, name)
}

/**
 * "nonzero-zscore": mean and population deviation of the voxels that are not exactly zero; those become (v - mean) / deviation,
 * and zeros stay zero. Same result as MONAI's NormalizeIntensity(nonzero=True, channel_wise=True), except that a constant image
 * is refused.
 */
function normaliseNonzero(volume: Volume<Float32Array>, name: string): Volume<Float32Array> {
  const present = volume.data.filter((value) => value !== 0)
  if (present.length === 0) throw new AppError('INPUT_IMPLAUSIBLE', `the ${name} image has no voxel other than zero`)
  const { mean, deviation } = moments(present, name)
  return { grid: volume.grid, data: volume.data.map((value) => (value === 0 ? 0 : (value - mean) / deviation)) }
}

/**
 * "foreground-zscore": threshold = fraction * P99 of the voxels > 0; foreground = voxels > threshold; lo and hi are percentiles
 * of the foreground, mean and population deviation those of the clipped foreground; every voxel, background included, becomes
 * clip((clip(v, lo, hi) - mean) / deviation).
 */
function normaliseForeground(volume: Volume<Float32Array>, rules: ForegroundRules, name: string): Volume<Float32Array> {
  if (!volume.data.some((value) => value > 0))
    throw new AppError('INPUT_IMPLAUSIBLE', `the ${name} image has no voxel above zero inside the head`)
  const threshold = foregroundThreshold(volume, rules)
  const shares = rules.clip_percentiles.map((percent) => percent / 100)
  const [low, high] = quantilesAbove(volume.data, threshold, shares) as [number, number]
  // Loops: `map` and `filter`, with a call per voxel, take four times as long.
  const foreground = new Float32Array(volume.data.length)
  let count = 0
  for (let v = 0; v < volume.data.length; v++)
    if (volume.data[v]! > threshold) foreground[count++] = clamp(volume.data[v]!, low, high)
  const { mean, deviation } = moments(foreground.subarray(0, count), name)
  const data = new Float32Array(volume.data.length)
  for (let v = 0; v < data.length; v++)
    data[v] = clamp((clamp(volume.data[v]!, low, high) - mean) / deviation, rules.clip[0], rules.clip[1])
  return { grid: volume.grid, data }
}

/**
 * "mask-zscore": mean and population deviation of the voxels above zero inside the mask (non-zero there); those become (v -
 * mean) / deviation, all others exactly zero. In place, since at 1 mm every copy counts; returns the same array.
 */
export function normaliseInMask(data: Float32Array, mask: Uint8Array, name: string): Float32Array {
  const inside = new Float32Array(data.length)
  let count = 0
  for (let v = 0; v < data.length; v++) if (data[v]! > 0 && mask[v] !== 0) inside[count++] = data[v]!
  const present = inside.subarray(0, count)
  if (count === 0) throw new AppError('INPUT_IMPLAUSIBLE', `the ${name} image has no voxel above zero in the brain`)
  const { mean, deviation } = moments(present, name)
  for (let v = 0; v < data.length; v++) data[v] = data[v]! > 0 && mask[v] !== 0 ? (data[v]! - mean) / deviation : 0
  return data
}

/** Mean and population deviation; a constant image is refused. */
function moments(values: Float32Array, name: string): { mean: number; deviation: number } {
  let sum = 0
  for (let v = 0; v < values.length; v++) sum += values[v]!
  const mean = sum / values.length
  let squares = 0
  for (let v = 0; v < values.length; v++) squares += (values[v]! - mean) ** 2
  const deviation = Math.sqrt(squares / values.length)
  if (!(deviation >= 1e-6)) throw new AppError('INPUT_IMPLAUSIBLE', `the ${name} image is constant inside the head`)
  return { mean, deviation }
}

/** Intensity above which a voxel counts as head; 0 for an image without positive voxels. */
export function foregroundThreshold(volume: Volume<Float32Array>, rules: ForegroundNormalisation): number {
  const [p99] = quantilesAbove(volume.data, 0, [0.99])
  return Number.isNaN(p99!) ? 0 : rules.threshold_fraction_of_p99 * p99!
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : Math.min(value, high)
}
