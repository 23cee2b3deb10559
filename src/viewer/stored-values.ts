// Intensities as stored for the pages: twelve bits, more than a screen shows at any useful window.

import type { Window } from '../domain/shown-images.ts'
import type { Volume } from '../domain/volume.ts'
import { FOREGROUND_SHARE } from '../reports/plane.ts'

export const MAX_STORED = 4095

export interface StoredScale {
  /** Value of the source = stored value * slope + intercept. */
  slope: number
  intercept: number
  window: Window
}

/** The brightest voxel in 5000 is stored as white: a vessel must not take up the brain's range. */
const BRIGHTEST = 0.9998

/** Scale and first window, from an even sample of at most 200 000 voxels with data. */
export function scaleOf({ data }: Volume<Float32Array>): StoredScale {
  const stride = Math.max(1, Math.floor(data.length / 200_000))
  const sample = new Float32Array(Math.ceil(data.length / stride))
  let count = 0
  for (let n = 0; n < data.length; n += stride) if (Number.isFinite(data[n])) sample[count++] = data[n]!
  const sorted = sample.subarray(0, count).sort()
  const at = (share: number) => sorted[Math.min(count - 1, Math.floor(share * count))] ?? 0
  const low = sorted[0] ?? 0
  const high = at(BRIGHTEST)
  const slope = high > low ? (high - low) / MAX_STORED : 1
  const threshold = low + FOREGROUND_SHARE * (at(0.99) - low)
  const first = sorted.findIndex((value) => value > threshold)
  const foreground = first < 0 ? sorted : sorted.subarray(first)
  const brightness = (share: number) =>
    foreground[Math.min(foreground.length - 1, Math.floor(share * foreground.length))] ?? 0
  const stored = (value: number) => Math.min(MAX_STORED, Math.max(0, Math.round((value - low) / slope)))
  const black = stored(brightness(0.01))
  return { slope, intercept: low, window: [black, Math.max(black + 1, stored(brightness(0.995)))] }
}

/** Clamped to 0 to 4095; NaN is black. */
export function toStored(data: Float32Array, { slope, intercept }: Pick<StoredScale, 'slope' | 'intercept'>) {
  const out = new Uint16Array(data.length)
  for (let n = 0; n < data.length; n++) {
    const stored = (data[n]! - intercept) / slope + 0.5
    out[n] = stored > MAX_STORED ? MAX_STORED : stored > 0 ? stored : 0
  }
  return out
}
