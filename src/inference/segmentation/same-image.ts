// Two sequences that show one and the same image: a series that is not what its headers say, or a copy that fills a gap.
import { AppError } from '../../domain/errors.ts'
import type { Sequence } from '../../domain/study.ts'
import type { Volume } from '../../domain/volume.ts'
import { PLAUSIBILITY_LIMITS } from './limits.ts'

/** Throws INPUT_IMPLAUSIBLE when two of the normalised channels, which lie on one grid, are the same image but for noise. */
export function refuseSameImage(channels: readonly (Volume<Float32Array> | null)[], order: readonly Sequence[]): void {
  const there = channels.flatMap((channel, n) =>
    channel ? [{ sequence: order[n]!, data: channel.data, lowest: lowestOf(channel.data) }] : [],
  )
  for (const [n, a] of there.entries())
    for (const b of there.slice(n + 1)) {
      const found = correlation(a, b)
      if (found > PLAUSIBILITY_LIMITS.sameImage.value) {
        const what = `${a.sequence} and ${b.sequence} show the same image (correlation ${found.toFixed(3)})`
        throw new AppError('INPUT_IMPLAUSIBLE', `${what}: one of the two series is not what its headers say`)
      }
    }
}

interface Channel {
  data: Float32Array
  lowest: number
}

const lowestOf = (data: Float32Array) => data.reduce((least, value) => Math.min(least, value), Infinity)

/** Pearson's, over the voxels that are above the lowest value in either. */
function correlation(a: Channel, b: Channel): number {
  let [n, sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0]
  for (let v = 0; v < a.data.length; v++) {
    const [x, y] = [a.data[v]!, b.data[v]!]
    if (x <= a.lowest && y <= b.lowest) continue
    n++
    sumA += x
    sumB += y
    squaresA += x * x
    squaresB += y * y
    products += x * y
  }
  return (n * products - sumA * sumB) / Math.sqrt((n * squaresA - sumA ** 2) * (n * squaresB - sumB ** 2))
}
