// What GLRLM, GLSZM and GLDM have in common: a matrix of grey level by size, with its emphases, non-uniformities and spreads.
import type { Cells } from './cells.ts'
import { EPSILON } from './first-order.ts'

/** Statistics of a matrix whose rows are grey levels (from 1 on) and whose columns are sizes (from 1 on). */
export interface SizeStatistics {
  smallEmphasis: number
  largeEmphasis: number
  greyNonUniformity: number
  greyNonUniformityNormalised: number
  sizeNonUniformity: number
  sizeNonUniformityNormalised: number
  /** How many voxels each entry covers. */
  percentage: number
  greyVariance: number
  sizeVariance: number
  entropy: number
  lowGreyEmphasis: number
  highGreyEmphasis: number
  smallLowEmphasis: number
  smallHighEmphasis: number
  largeLowEmphasis: number
  largeHighEmphasis: number
}

/** Level i in rows, size j in columns; every sum is over the entries, divided by their number. */
export function sizeStatistics({ row, column, count, total }: Cells): SizeStatistics {
  const byLevel = new Map<number, number>()
  const bySize = new Map<number, number>()
  let [small, large, low, high, smallLow, smallHigh, largeLow, largeHigh] = [0, 0, 0, 0, 0, 0, 0, 0]
  let [level, size, entropy] = [0, 0, 0]
  for (let n = 0; n < count.length; n++) {
    const i = row[n]!
    const j = column[n]!
    const p = count[n]! / total
    const ii = i * i
    const jj = j * j
    byLevel.set(i, (byLevel.get(i) ?? 0) + p)
    bySize.set(j, (bySize.get(j) ?? 0) + p)
    level += p * i
    size += p * j
    small += p / jj
    large += p * jj
    low += p / ii
    high += p * ii
    smallLow += p / (ii * jj)
    smallHigh += (p * ii) / jj
    largeLow += (p * jj) / ii
    largeHigh += p * ii * jj
    entropy -= p * Math.log2(p + EPSILON)
  }
  const squares = (shares: Map<number, number>) => [...shares.values()].reduce((sum, p) => sum + p * p, 0)
  const spread = (shares: Map<number, number>, mean: number) =>
    [...shares].reduce((sum, [value, p]) => sum + p * (value - mean) ** 2, 0)
  return {
    smallEmphasis: small,
    largeEmphasis: large,
    greyNonUniformity: squares(byLevel) * total,
    greyNonUniformityNormalised: squares(byLevel),
    sizeNonUniformity: squares(bySize) * total,
    sizeNonUniformityNormalised: squares(bySize),
    percentage: 1 / size,
    greyVariance: spread(byLevel, level),
    sizeVariance: spread(bySize, size),
    entropy,
    lowGreyEmphasis: low,
    highGreyEmphasis: high,
    smallLowEmphasis: smallLow,
    smallHighEmphasis: smallHigh,
    largeLowEmphasis: largeLow,
    largeHighEmphasis: largeHigh,
  }
}
