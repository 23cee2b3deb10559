// Co-occurrence of grey levels (pyradiomics "Gray Level Co-occurrence Matrix (GLCM) Features"; IBSI "Grey level co-occurrence based features").
import { type Cells, countCells, meanOf } from './cells.ts'
import { EPSILON } from './first-order.ts'
import { maximalCorrelation } from './glcm-mcc.ts'
import type { Joint } from './joint.ts'
import type { Levels, TextureSettings } from './levels.ts'
import { directions, strides } from './neighbours.ts'
import type { Features } from './roi.ts'

export const GLCM_FEATURES = [
  'Autocorrelation',
  'ClusterProminence',
  'ClusterShade',
  'ClusterTendency',
  'Contrast',
  'Correlation',
  'DifferenceAverage',
  'DifferenceEntropy',
  'DifferenceVariance',
  'Id',
  'Idm',
  'Idmn',
  'Idn',
  'Imc1',
  'Imc2',
  'InverseVariance',
  'JointAverage',
  'JointEnergy',
  'JointEntropy',
  'MCC',
  'MaximumProbability',
  'SumAverage',
  'SumEntropy',
  'SumSquares',
] as const

/** The 24 features, each averaged over the directions in which the region has neighbours; the unit is the level. */
export function glcmFeatures(levels: Levels, settings: TextureSettings): Features {
  const present = levels.counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
  const perDirection = [...strides(directions(settings), levels.size)].flatMap((step) => {
    const joint = countPairs(levels, step, settings.symmetricalGLCM)
    return joint ? [jointFeatures(joint, levels.highest, present)] : []
  })
  return meanOf(perDirection, GLCM_FEATURES)
}

/** Pairs of a voxel and its neighbour one step on, both inside; undefined if there are none. */
function countPairs({ level, voxels, highest }: Levels, step: number, symmetrical: boolean): Joint | undefined {
  const width = highest + 1
  const keys = new Float64Array(symmetrical ? 2 * voxels.length : voxels.length)
  let pairs = 0
  for (const at of voxels) {
    const a = level[at]!
    const b = level[at + step]!
    if (b === 0) continue
    keys[pairs++] = a * width + b
    if (symmetrical) keys[pairs++] = b * width + a
  }
  return pairs === 0 ? undefined : asShares(countCells(keys.subarray(0, pairs), width), width)
}

function asShares({ row, column, count, total }: Cells, width: number): Joint {
  const p = count.map((n) => n / total)
  const px = new Float64Array(width)
  const py = new Float64Array(width)
  for (let n = 0; n < p.length; n++) {
    px[row[n]!]! += p[n]!
    py[column[n]!]! += p[n]!
  }
  return { row, column, p, px, py }
}

function jointFeatures(joint: Joint, highest: number, present: number): Record<string, number> {
  const { row, column, p, px, py } = joint
  const ux = mean(px)
  const uy = mean(py)
  const sumShares = new Float64Array(2 * highest + 1)
  const differenceShares = new Float64Array(highest)
  let [product, prominence, shade, tendency, covariance, varianceX, varianceY] = [0, 0, 0, 0, 0, 0, 0]
  let [energy, entropy, crossEntropy, maximum] = [0, 0, 0, 0]
  for (let n = 0; n < p.length; n++) {
    const i = row[n]!
    const j = column[n]!
    const share = p[n]!
    const d = i + j - ux - uy
    product += share * i * j
    tendency += share * d ** 2
    shade += share * d ** 3
    prominence += share * d ** 4
    varianceX += share * (i - ux) ** 2
    varianceY += share * (j - uy) ** 2
    covariance += share * (i - ux) * (j - uy)
    energy += share * share
    entropy -= share * Math.log2(share + EPSILON)
    crossEntropy -= share * Math.log2(px[i]! * py[j]! + EPSILON)
    maximum = Math.max(maximum, share)
    sumShares[i + j]! += share
    differenceShares[Math.abs(i - j)]! += share
  }
  const deviations = Math.sqrt(varianceX) * Math.sqrt(varianceY)
  const marginal = Math.max(entropyOf(px), entropyOf(py))
  // px and py are independent here, so the entropy of their product is the sum of theirs.
  const information = entropyOf(px) + entropyOf(py) - entropy
  return {
    Autocorrelation: product,
    ClusterProminence: prominence,
    ClusterShade: shade,
    ClusterTendency: tendency,
    Correlation: deviations === 0 ? 1 : covariance / (deviations + EPSILON),
    Imc1: marginal === 0 ? 0 : (entropy - crossEntropy) / marginal,
    Imc2: Math.sqrt(Math.max(0, 1 - Math.exp(-2 * information))),
    JointAverage: ux,
    JointEnergy: energy,
    JointEntropy: entropy,
    MCC: present < 2 ? 1 : maximalCorrelation(joint),
    MaximumProbability: maximum,
    SumAverage: mean(sumShares),
    SumEntropy: entropyOf(sumShares),
    SumSquares: varianceX,
    ...differenceFeatures(differenceShares, highest),
  }
}

/** Of the shares of |i - j|. */
function differenceFeatures(shares: Float64Array, highest: number): Record<string, number> {
  const average = mean(shares)
  let [contrast, variance, id, idm, idn, idmn, inverse] = [0, 0, 0, 0, 0, 0, 0]
  for (let k = 0; k < shares.length; k++) {
    const share = shares[k]!
    contrast += share * k * k
    variance += share * (k - average) ** 2
    id += share / (1 + k)
    idm += share / (1 + k * k)
    idn += share / (1 + k / highest)
    idmn += share / (1 + (k / highest) ** 2)
    if (k > 0) inverse += share / (k * k)
  }
  return {
    Contrast: contrast,
    DifferenceAverage: average,
    DifferenceEntropy: entropyOf(shares),
    DifferenceVariance: variance,
    Id: id,
    Idm: idm,
    Idmn: idmn,
    Idn: idn,
    InverseVariance: inverse,
  }
}

function mean(shares: Float64Array): number {
  return shares.reduce((sum, share, value) => sum + share * value, 0)
}

function entropyOf(shares: Float64Array): number {
  return shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log2(share + EPSILON) : sum), 0)
}
