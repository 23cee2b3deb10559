// How a voxel gets its label from class probabilities, and how many voxels a volume limit is: the same for the result and for each sample.
import { AppError } from '../../domain/errors.ts'
import { type Grid, voxelMillilitres } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { regionChain } from '../bundle/regions.ts'

export interface DecisionRule {
  decision: NonNullable<BundleManifest['postprocess']['decision']>
  labelCount: number
  /** For "nested-regions": the label that each region adds to the next narrower one, the widest region first. */
  nested: readonly number[]
}

export function decisionRule({
  labels,
  regions,
  postprocess,
}: Pick<BundleManifest, 'labels' | 'regions' | 'postprocess'>): DecisionRule {
  const { decision = 'most-probable' } = postprocess
  const chain = decision === 'nested-regions' ? regionChain(regions, labels) : []
  if (typeof chain === 'string') throw new AppError('BUNDLE_INVALID', `regions: ${chain}`)
  return { decision, labelCount: labels.length, nested: chain.map(({ label }) => label) }
}

/**
 * `probabilities` of one voxel: background first, then the bundle's labels, then its anatomy, which is not tumour. "most-
 * probable": the most probable class, the lower one of equals. "tumour-first": tumour if its labels have more than half
 * together (the other classes are not read), then the most probable of them. "nested-regions": the label added by the narrowest
 * region with more than half. 0 is not tumour.
 */
export function decideVoxel(probabilities: Float64Array, { decision, labelCount, nested }: DecisionRule): number {
  if (decision === 'nested-regions') return narrowest(probabilities, nested)
  const tumourFirst = decision === 'tumour-first'
  const end = tumourFirst ? labelCount + 1 : probabilities.length
  let [best, label, tumour] = [-1, 0, 0]
  for (let c = tumourFirst ? 1 : 0; c < end; c++) {
    const value = probabilities[c]!
    tumour += value
    if (value > best) {
      best = value
      label = c
    }
  }
  return (tumourFirst && tumour <= 0.5) || label > labelCount ? 0 : label
}

function narrowest(probabilities: Float64Array, nested: readonly number[]): number {
  let inside = 0
  for (let n = nested.length - 1; n >= 0; n--) {
    inside += probabilities[nested[n]!]!
    if (inside > 0.5) return nested[n]!
  }
  return 0
}

/** The smallest number of voxels that reaches a volume; without the small term, rounding would make 10 voxels of 0.1 mL fall short of 1 mL. */
export function voxelsIn(millilitres: number, grid: Grid): number {
  return Math.ceil(millilitres / voxelMillilitres(grid) - 1e-6)
}
