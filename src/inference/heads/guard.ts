// The guard of a tabular head: how far a patient's features are from the training data (squared Mahalanobis distance).
import type { RunnableHead } from '../bundle/heads.ts'

export interface GuardVerdict {
  distance: number
  within: boolean
  /** The feature that contributes most to the distance. */
  farthest: string
}

/** A missing feature (NaN) is set to the mean and so adds nothing. */
export function checkGuard(head: Pick<RunnableHead, 'features' | 'guard'>, row: ArrayLike<number>): GuardVerdict {
  const { mean, precision, limit } = head.guard
  const away = mean.map((centre, n) => (Number.isFinite(row[n]!) ? row[n]! - centre : 0))
  const shares = away.map((a, i) => a * precision[i]!.reduce((sum, p, j) => sum + p * away[j]!, 0))
  const distance = shares.reduce((sum, share) => sum + share, 0)
  const farthest = head.features[shares.indexOf(Math.max(...shares))] ?? ''
  return { distance, within: distance <= limit, farthest }
}
