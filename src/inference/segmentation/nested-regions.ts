// Combines nested regions from several stages into one answer: postprocessed masks, and a probability per class.
import { type Grid, voxelCount } from '../../domain/volume.ts'
import type { RegionTransform } from '../bundle/graph.ts'
import type { RegionChain } from '../bundle/regions.ts'
import { componentsOf } from '../volumes/components.ts'
import { quantile } from '../volumes/quantile.ts'
import { addCavities } from './cavities.ts'
import { transformMask } from './mask-transforms.ts'

/** Normalised images on the answer's grid, by sequence; undefined for a missing one. */
export type ImageOf = (sequence: string) => Float32Array | undefined

/**
 * Nests regions, widest first, in place: the widest absorbs the next (the core is tumour, whatever the tumour's outline), and
 * every narrower one keeps only what lies in the one around it. For probabilities, and for masks of 0 and 1.
 */
export function nest(regions: readonly (Float32Array | Uint8Array)[]): void {
  const [widest, second, ...narrower] = regions
  if (!widest || !second) return
  for (let v = 0; v < widest.length; v++) widest[v] = Math.max(widest[v]!, second[v]!)
  let around = second
  for (const one of narrower) {
    for (let v = 0; v < one.length; v++) one[v] = Math.min(one[v]!, around[v]!)
    around = one
  }
}

/**
 * The masks after the bundle's transforms, in order. What is removed from a region is removed from those inside it, and what is
 * added to it is added to those around it.
 */
export function transformRegions(
  masks: readonly Uint8Array[],
  chain: RegionChain,
  transforms: readonly RegionTransform[],
  grid: Grid,
  imageOf: ImageOf,
): Uint8Array[] {
  const now = [...masks]
  for (const transform of transforms) {
    for (const name of transform.applied_labels) {
      const n = chain.findIndex(({ region }) => region === name)
      const changed = transformOne(now[n]!, transform, grid, imageOf)
      now[n] = changed
      for (let m = 0; m < n; m++) now[m] = combined(now[m]!, changed, 1)
      for (let m = n + 1; m < now.length; m++) now[m] = combined(now[m]!, changed, 0)
    }
  }
  return now
}

/** A copy of `mask` with `value` wherever `other` has it: their union for 1, their intersection for 0. */
function combined(mask: Uint8Array, other: Uint8Array, value: 0 | 1): Uint8Array {
  const out = mask.slice()
  for (let v = 0; v < out.length; v++) if (other[v] === value) out[v] = value
  return out
}

function transformOne(mask: Uint8Array, transform: RegionTransform, grid: Grid, imageOf: ImageOf): Uint8Array {
  if (transform.name === 'AddCavities') {
    const image = imageOf(transform.sequence)
    return image ? addCavities(mask, grid, transform, image) : mask.slice()
  }
  if (!('minuend' in transform)) return transformMask(mask, grid, transform)
  const [bright, dark] = [imageOf(transform.minuend), imageOf(transform.subtrahend)]
  const out = mask.slice()
  if (!bright || !dark) return out
  for (const component of componentsOf({ grid, data: mask }))
    if (!isBrighter(component, bright, dark, transform)) for (const at of component) out[at] = 0
  return out
}

type ByContrast = Extract<RegionTransform, { minuend: string }>

function isBrighter(object: readonly number[], bright: Float32Array, dark: Float32Array, rule: ByContrast): boolean {
  if (rule.name === 'RemoveObjectsByContrast') {
    const sum = object.reduce((total, at) => total + bright[at]! - dark[at]!, 0)
    return sum / object.length > rule.min_mean_difference
  }
  const uptake = object.map((at) => bright[at]! - dark[at]! - rule.subtrahend_share * Math.max(0, dark[at]!))
  return quantile(uptake, rule.percentile / 100) > rule.min_uptake
}

/** Above 1/2 by enough that a single-precision sum of shares stays above it. */
const JUST_INSIDE = 0.5 + 1e-4

/** Where a mask and its probability disagree, the rules have overruled the network: p becomes 1 - p, on the mask's side of 1/2. */
export function overturn(probabilities: readonly Float32Array[], masks: readonly Uint8Array[]): void {
  for (const [n, p] of probabilities.entries()) {
    const mask = masks[n]!
    for (let v = 0; v < p.length; v++) {
      if (mask[v] === 1 && !(p[v]! > 0.5)) p[v] = Math.max(1 - p[v]!, JUST_INSIDE)
      else if (mask[v] === 0 && p[v]! > 0.5) p[v] = 1 - p[v]!
    }
    const around = probabilities[n - 1]
    if (around) for (let v = 0; v < p.length; v++) p[v] = Math.min(p[v]!, around[v]!)
  }
}

/** The label of each voxel: that of the narrowest mask that contains it. */
export function labelsOf(masks: readonly Uint8Array[], chain: RegionChain): Uint8Array {
  const out = new Uint8Array(masks[0]!.length)
  for (const [n, mask] of masks.entries())
    for (let v = 0; v < out.length; v++) if (mask[v] === 1) out[v] = chain[n]!.label
  return out
}

/**
 * Probabilities of background, the labels, and anatomy (each including the tumour inside it), from those of nested regions. A
 * label's probability is that of its region minus the next narrower one; anatomy's excludes its tumour.
 */
export function classesOf(
  regions: readonly Float32Array[],
  chain: RegionChain,
  anatomy: readonly Float32Array[],
  grid: Grid,
): Float32Array[] {
  const out = Array.from({ length: 1 + chain.length + anatomy.length }, () => new Float32Array(voxelCount(grid)))
  const [background, tumour] = [out[0]!, regions[0]!]
  for (const [n, { label }] of chain.entries()) {
    const [target, outer, inner] = [out[label]!, regions[n]!, regions[n + 1]]
    for (let v = 0; v < target.length; v++) target[v] = outer[v]! - (inner?.[v] ?? 0)
  }
  background.fill(1)
  for (let v = 0; v < tumour.length; v++) background[v]! -= tumour[v]!
  for (const [n, whole] of anatomy.entries()) {
    const target = out[1 + chain.length + n]!
    for (let v = 0; v < target.length; v++) {
      // Several anatomy classes together may not exceed what there is.
      target[v] = Math.min(background[v]!, Math.max(0, whole[v]! - tumour[v]!))
      background[v]! -= target[v]!
    }
  }
  return out
}
