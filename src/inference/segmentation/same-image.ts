// Detects two sequences that show the same image: a series that is not what its headers say, or a copy that fills a gap.
import { AppError } from '../../domain/errors.ts'
import type { Sequence } from '../../domain/study.ts'
import type { Grid, Vec3, Volume } from '../../domain/volume.ts'
import { COPY_LIMITS, PLAUSIBILITY_LIMITS } from './input-limits.ts'

const BLOCK_MM = COPY_LIMITS.block.value
const MIN_BLOCKS = COPY_LIMITS.minBlocks.value
const FOREGROUND_SHARE = COPY_LIMITS.foregroundShare.value

/** Throws INPUT_IMPLAUSIBLE if two of the normalised channels, which share one grid, are the same image except for noise and resampling. */
export function refuseSameImage(channels: readonly (Volume<Float32Array> | null)[], order: readonly Sequence[]): void {
  const there = channels.flatMap((channel, n) =>
    channel ? [{ sequence: order[n]!, blocks: blockMeans(channel) }] : [],
  )
  for (const [n, a] of there.entries())
    for (const b of there.slice(n + 1)) {
      const correlation = blockCorrelation(a.blocks, b.blocks)
      if (correlation > PLAUSIBILITY_LIMITS.sameImage.value) {
        const what = `${a.sequence} and ${b.sequence} show the same image (correlation ${correlation.toFixed(3)})`
        throw new AppError('INPUT_IMPLAUSIBLE', `${what}: one of the two series is not what its headers say`)
      }
    }
}

/** Mean of each block of BLOCK_MM, x fastest; NaN if a voxel of the block lies outside the head. Incomplete blocks at the upper ends are left out. */
export function blockMeans({ grid, data }: Volume<Float32Array>): Float64Array {
  const edge = blockSize(grid)
  const [bx, by, bz] = [0, 1, 2].map((axis) => Math.floor(grid.size[axis]! / edge[axis]!)) as [number, number, number]
  const [nx, ny] = grid.size
  const least = foregroundLevel(data)
  const means = new Float64Array(bx * by * bz)
  const voxels = edge[0] * edge[1] * edge[2]
  for (let z = 0; z < bz * edge[2]; z++)
    for (let y = 0; y < by * edge[1]; y++) {
      const row = nx * (y + ny * z)
      const block = bx * (Math.floor(y / edge[1]) + by * Math.floor(z / edge[2]))
      for (let x = 0; x < bx * edge[0]; x++) {
        const value = data[row + x]!
        means[block + Math.floor(x / edge[0])]! += value > least ? value / voxels : Number.NaN
      }
    }
  return means
}

/** Pearson's correlation over the blocks that both images fill; NaN if there are too few. */
export function blockCorrelation(a: Float64Array, b: Float64Array): number {
  let [n, meanA, meanB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0]
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[k]!, b[k]!]
    if (Number.isNaN(x) || Number.isNaN(y)) continue
    n++
    const [offA, offB] = [x - meanA, y - meanB]
    meanA += offA / n
    meanB += offB / n
    squaresA += offA * (x - meanA)
    squaresB += offB * (y - meanB)
    products += offA * (y - meanB)
  }
  return n < MIN_BLOCKS ? Number.NaN : products / Math.sqrt(squaresA * squaresB)
}

function blockSize({ spacing }: Grid): Vec3 {
  const edge = (mm: number) => Math.max(1, Math.round(BLOCK_MM / mm))
  return [edge(spacing[0]), edge(spacing[1]), edge(spacing[2])]
}

function foregroundLevel(data: Float32Array): number {
  const lowest = data.reduce((least, value) => Math.min(least, value), Infinity)
  let [sum, count] = [0, 0]
  for (const value of data) {
    if (value <= lowest) continue
    sum += value
    count++
  }
  return lowest + FOREGROUND_SHARE * (sum / Math.max(1, count) - lowest)
}
