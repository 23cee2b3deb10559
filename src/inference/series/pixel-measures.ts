// Measures of weighting from the pixels of registered images of one head: how bright fluid is, which tissue is the
// smooth one, and how two images relate.
import { type Grid, type Volume, voxelCount } from '../../domain/volume.ts'
import { componentsOf } from '../volumes/components.ts'
import { distanceMap } from '../volumes/distance-map.ts'
import { alignedGrid, subGrid } from '../volumes/grids.ts'
import { quantileOf, quantilesAbove } from '../volumes/quantile.ts'
import { smoothed } from '../volumes/resample.ts'
import { WITNESS_LIMITS } from './witness-limits.ts'

const { voxel, depth, height, tissue, shading, inside, closedGaps, gyrus } = WITNESS_LIMITS
const { smoothest, leftOut, extreme, tail, fineTail, tissueQuantile } = WITNESS_LIMITS
const EDGE = voxel.value
const CLOSED_MM = closedGaps.value
const [SMOOTHEST, MIDDLE, EXTREME] = [smoothest.value, leftOut.value, extreme.value]

/** `own`: measures of each image, in order; `pairs[a][b]`: of two images, for a < b. All measures are dimensionless. */
export interface PixelMeasures {
  own: number[][]
  pairs: number[][][]
}

/** LPS-aligned grid around a head, with a margin of air, on which `measurePixels` expects every image. */
export function witnessGrid(grid: Grid): Grid {
  const aligned = alignedGrid(grid, [EDGE, EDGE, EDGE])
  const margin = Math.ceil(CLOSED_MM / EDGE) + 1
  const to = aligned.size.map((n) => n + margin) as [number, number, number]
  return subGrid(aligned, [-margin, -margin, -margin], to)
}

/** All images lie on one `witnessGrid`; undefined if they show too little of a head. */
export function measurePixels(images: readonly Volume<Float32Array>[]): PixelMeasures | undefined {
  const [first] = images
  if (!first) return undefined
  const outline = outlineOf(images)
  const deep = deepOf(outline, height.value)
  if (!deep) return undefined
  const within = smoothed({ grid: outline.grid, data: Float32Array.from(outline.data) }, shading.value)
  const even = images.map((image) => withoutShading(image, outline.data, within.data))
  const ranks = even.map(({ data }) => ranksOf(deep.map((v) => data[v]!)))
  return {
    own: even.map((image, n) => ownMeasures(image, deep, ranks[n]!)),
    pairs: ranks.map((a, n) => ranks.map((b, m) => (m > n ? pairMeasures(a, b) : []))),
  }
}

/** 1 where every image shows tissue or tissue encloses the voxel: the largest piece, its gaps closed, grown by CLOSED_MM. */
function outlineOf(images: readonly Volume<Float32Array>[]): Volume<Uint8Array> {
  const { grid } = images[0]!
  const mask = new Uint8Array(voxelCount(grid)).fill(1)
  for (const { data } of images) {
    // NaN for an image without positive voxels: nothing is above it.
    const least = tissue.value * quantilesAbove(data, 0, [tissueQuantile.value])[0]!
    for (let v = 0; v < mask.length; v++) if (!(data[v]! > least)) mask[v] = 0
  }
  let largest: number[] = []
  for (const piece of componentsOf({ grid, data: mask })) if (piece.length > largest.length) largest = piece
  const alone = new Uint8Array(mask.length)
  for (const v of largest) alone[v] = 1
  const away = distanceMap(alone, grid.size, grid.spacing)
  return {
    grid,
    data: filled(
      Uint8Array.from(away, (mm) => Number(mm <= CLOSED_MM)),
      grid,
    ),
  }
}

/** Fills the holes of each axial slice: everything that cannot be reached from the border of the slice. */
function filled(mask: Uint8Array, grid: Grid): Uint8Array {
  const [nx, ny, nz] = grid.size
  const out = new Uint8Array(mask.length).fill(1)
  for (let k = 0; k < nz; k++) {
    const slice = nx * ny * k
    const open: number[] = []
    const visit = (i: number, j: number) => {
      if (i < 0 || j < 0 || i >= nx || j >= ny) return
      const v = slice + i + nx * j
      if (mask[v] === 1 || out[v] === 0) return
      out[v] = 0
      open.push(v)
    }
    for (let i = 0; i < nx; i++) for (const j of [0, ny - 1]) visit(i, j)
    for (let j = 0; j < ny; j++) for (const i of [0, nx - 1]) visit(i, j)
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [i, j] = [(at - slice) % nx, Math.floor((at - slice) / nx)]
      visit(i - 1, j)
      visit(i + 1, j)
      visit(i, j - 1)
      visit(i, j + 1)
    }
  }
  return out
}

/** Voxels common to all images, deep enough below the surface to be brain, down to `heightMm` below the top of the head. */
export function deepVoxels(images: readonly Volume<Float32Array>[], heightMm: number): number[] | undefined {
  return deepOf(outlineOf(images), heightMm)
}

/** Undefined if there are too few to judge by. */
function deepOf({ grid, data }: Volume<Uint8Array>, heightMm: number): number[] | undefined {
  const plane = grid.size[0] * grid.size[1]
  const top = Math.floor(data.lastIndexOf(1) / plane)
  const below = distanceMap(
    data.map((value) => 1 - value),
    grid.size,
    grid.spacing,
  )
  const lowest = Math.max(0, top - Math.round((heightMm + CLOSED_MM) / EDGE))
  const deep: number[] = []
  for (let v = lowest * plane; v < data.length; v++) if (below[v]! >= depth.value + CLOSED_MM) deep.push(v)
  return deep.length * EDGE ** 3 < inside.value * 1000 ? undefined : deep
}

/** Divides by the local mean around each voxel, so that the coil's sensitivity is not mistaken for tissue; `within` is the mask, as smooth. */
function withoutShading(
  { grid, data }: Volume<Float32Array>,
  mask: Uint8Array,
  within: Float32Array,
): Volume<Float32Array> {
  const around = smoothed({ grid, data: data.map((value, v) => value * mask[v]!) }, shading.value)
  return { grid, data: data.map((value, v) => (value * within[v]!) / Math.max(around.data[v]!, Number.MIN_VALUE)) }
}

/** Ranks from 0 to 1 in ascending order; equal values share their mean rank. */
function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, v) => v).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let n = from; n < to; n++) ranks[order[n]!] = (from + to + 1) / 2 / values.length
    from = to
  }
  return ranks
}

/**
 * Logarithm of the ratio of bright to dark tail (fluid is the extreme); mean rank of the smoothest tissue (white matter); the tails
 * again, for structures finer than a gyrus.
 */
function ownMeasures(image: Volume<Float32Array>, deep: readonly number[], ranks: Float64Array): number[] {
  const fine = smoothed(image, gyrus.value)
  const tails = (data: Float32Array, share: number) => {
    const sorted = Float32Array.from(deep, (v) => data[v]!).sort()
    const [low, middle, high] = [share, 0.5, 1 - share].map((q) => quantileOf(sorted, q))
    return Math.log(positive(high! - middle!) / positive(middle! - low!))
  }
  return [
    tails(image.data, tail.value),
    smoothestRank(image, deep, ranks),
    tails(
      image.data.map((value, v) => value - fine.data[v]!),
      fineTail.value,
    ),
  ]
}

const positive = (value: number) => Math.max(value, 1e-6)

function smoothestRank({ grid, data }: Volume<Float32Array>, deep: readonly number[], ranks: Float64Array): number {
  const steps = [1, grid.size[0], grid.size[0] * grid.size[1]]
  const around = steps.flatMap((step) => [-step, 0, step])
  const slope = (v: number) => steps.reduce((sum, step) => sum + (data[v + step]! - data[v - step]!) ** 2, 0)
  const usual = [...deep.keys()].filter((n) => ranks[n]! > MIDDLE && ranks[n]! < 1 - MIDDLE)
  const slopes = Float64Array.from(usual, (n) => around.reduce((sum, step) => sum + slope(deep[n]! + step), 0))
  const least = quantileOf(slopes.toSorted(), SMOOTHEST)
  const smooth = usual.filter((_, n) => slopes[n]! <= least)
  return smooth.reduce((sum, n) => sum + ranks[n]!, 0) / Math.max(1, smooth.length)
}

/** Rank correlation, overall and without the extremes; mean rank of one image where the other is brightest and darkest, both ways. */
function pairMeasures(a: Float64Array, b: Float64Array): number[] {
  const isUsual = (rank: number) => rank > MIDDLE && rank < 1 - MIDDLE
  const usual = [...a.keys()].filter((n) => isUsual(a[n]!) && isUsual(b[n]!))
  const where = (of: Float64Array, other: Float64Array, fits: (rank: number) => boolean) => {
    const fitting = [...of.keys()].filter((n) => fits(of[n]!))
    return fitting.reduce((sum, n) => sum + other[n]!, 0) / Math.max(1, fitting.length)
  }
  const both = (fits: (rank: number) => boolean) => where(a, b, fits) + where(b, a, fits)
  return [
    correlation(a, b),
    correlation(
      usual.map((n) => a[n]!),
      usual.map((n) => b[n]!),
    ),
    both((rank) => rank > 1 - EXTREME),
    both((rank) => rank < EXTREME),
  ]
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let n = 0; n < a.length; n++) {
    const [x, y] = [a[n]! - ma, b[n]! - mb]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0
}
