// A comparison with an earlier study whose present volumes a reviewer corrected.
import type { Comparison, VolumeChange } from './comparison.ts'
import type { Measurement } from './finding.ts'

/** The changes, recalculated; where `reasons` are given, the category by size can no longer stand, for these reasons. */
export function correctedComparison(
  comparison: Comparison,
  measurements: readonly Measurement[],
  reasons?: string[],
): Comparison {
  const volumes = comparison.volumes.map((change): VolumeChange => {
    const now = measurements.find(({ region }) => region === change.region)?.value
    if (now === undefined || now === change.now) return change
    const { region, name, earlier } = change
    const difference = now - earlier
    const percent = earlier > 0 && { percent: (100 * difference) / earlier }
    return { region, name, earlier, now, change: difference, ...percent }
  })
  if (!reasons) return { ...comparison, volumes }
  const { productThen, productNow } = comparison.response
  return { ...comparison, volumes, response: { productThen, productNow, reasons } }
}
