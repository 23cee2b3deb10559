// Grey levels of a region: intensities in bins of one width (or a fixed number of bins), as used by all texture matrices.
import { cutRoi, type Image, type Mask, type Roi, requireSameGrid, valuesInside } from './roi.ts'

/** What pyradiomics calls feature class level settings, under pyradiomics' own names. */
export interface TextureSettings {
  /** Width of a bin in the image's unit; the first bin begins at a multiple of it. */
  binWidth: number
  /** Number of equal bins between minimum and maximum; replaces binWidth. */
  binCount?: number
  /** Counts each pair of neighbours in both orders. */
  symmetricalGLCM: boolean
  /** Distances in voxels, by the largest coordinate difference; for GLCM, GLDM and NGTDM. */
  distances: readonly number[]
  /** GLDM: how many levels a neighbour may differ and still depend. */
  gldm_a: number
  /** Neighbours only within planes; force2Ddimension is the axis across the planes: 0 is z, 1 is y, 2 is x. */
  force2D: boolean
  force2Ddimension: 0 | 1 | 2
}

/** The defaults of pyradiomics 3, with which the published tables of features were made. */
export const DEFAULT_SETTINGS: TextureSettings = {
  binWidth: 25,
  symmetricalGLCM: true,
  distances: [1],
  gldm_a: 0,
  force2D: false,
  force2Ddimension: 0,
}

/** More bins than this mean that the bin width does not suit the image's unit; the matrices would not fit into memory. */
const MAX_LEVELS = 100_000

/** A region with a grey level of at least 1 in each voxel inside, and 0 elsewhere. */
export interface Levels extends Roi {
  level: Int32Array
  /** The highest level; some below it may not occur. */
  highest: number
  /** Voxels per level, by level; [0] is 0. */
  counts: Float64Array
}

/**
 * Cuts out the region and bins it (IBSI "Intensity discretisation"; pyradiomics getBinEdges): level = floor(x / w) - floor(min
 * / w) + 1. Undefined for an empty mask; throws RangeError for different grids or a width that gives too many bins.
 */
export function discretise(image: Image, mask: Mask, settings: TextureSettings = DEFAULT_SETTINGS): Levels | undefined {
  requireSameGrid(image, mask)
  const roi = cutRoi(mask, Math.max(1, ...settings.distances))
  if (!roi) return undefined
  const values = valuesInside(image, roi)
  const bins =
    settings.binCount === undefined ? binByWidth(values, settings.binWidth) : binByCount(values, settings.binCount)
  const level = new Int32Array(roi.inside.length)
  let highest = 0
  for (let n = 0; n < bins.length; n++) {
    level[roi.voxels[n]!] = bins[n]!
    if (bins[n]! > highest) highest = bins[n]!
  }
  const counts = new Float64Array(highest + 1)
  for (const bin of bins) counts[bin]!++
  return { ...roi, level, highest, counts }
}

/** Half-open bins [low + n w, low + (n + 1) w) from 1 on, low the multiple of w at or below the minimum. */
export function binByWidth(values: Float64Array, width: number): Int32Array {
  if (!(width > 0)) throw new RangeError(`binWidth must be positive, not ${width}`)
  const { minimum, maximum } = range(values)
  const low = minimum - (((minimum % width) + width) % width)
  if ((maximum - low) / width >= MAX_LEVELS)
    throw new RangeError(
      `bins of ${width} give more than ${MAX_LEVELS} grey levels; the bin width does not fit this image`,
    )
  return binFrom(values, low, width)
}

/** Equal bins between minimum and maximum; the last one is closed. */
export function binByCount(values: Float64Array, count: number): Int32Array {
  if (!(Number.isInteger(count) && count >= 1))
    throw new RangeError(`binCount must be a whole number from 1 on, not ${count}`)
  const { minimum, maximum } = range(values)
  // A flat region gets one bin on either side of its value, as in a histogram.
  const low = maximum > minimum ? minimum : minimum - 0.5
  const width = maximum > minimum ? (maximum - minimum) / count : 1 / count
  return binFrom(values, low, width).map((bin) => Math.min(bin, count))
}

/** The quotient decides, unless rounding would put a value on the wrong side of the computed edge. */
function binFrom(values: Float64Array, low: number, width: number): Int32Array {
  const bins = new Int32Array(values.length)
  for (let n = 0; n < values.length; n++) {
    const x = values[n]!
    let bin = Math.floor((x - low) / width)
    if (x >= low + (bin + 1) * width) bin++
    else if (bin > 0 && x < low + bin * width) bin--
    bins[n] = bin + 1
  }
  return bins
}

function range(values: Float64Array): { minimum: number; maximum: number } {
  let minimum = Infinity
  let maximum = -Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeError('the image has values inside the mask that are not finite')
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  return { minimum, maximum }
}
