// Recalculates a comparison with an earlier study after a reviewer corrected the current volumes.
import type { Comparison, VolumeChange } from './comparison.ts'
import type { Measurement } from './finding.ts'

/** The comparison with recalculated changes; if `reasons` are given, the category by size is dropped for these reasons. */
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
