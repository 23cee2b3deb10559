// The features of one patient's tumour that tabular heads may request; names and units as in training/gliatrain/tabular/features.py.
import type { LabelVolume, Volume } from '../../domain/volume.ts'
import { quantile, quantileOf } from '../volumes/quantile.ts'
import type { Brain } from './brain.ts'
import { DEFAULT_SETTINGS } from './levels.ts'
import { LOCATION_FEATURES, locationFeatures, patientBox } from './location.ts'
import { cutRoi, type Features, valuesInside } from './roi.ts'
import { SCALE_FREE_FEATURES, scaleFreeBinWidth, scaleFreeFeatures } from './scale-free.ts'
import { SHAPE_FEATURES, shapeFeatures } from './shape.ts'
import { FAMILIES, intensityFeatures } from './texture.ts'
import { onTumourGrid, tumourMask } from './tumour-grid.ts'

/** Label values of the parts of a tumour; absent if the bundle has no such label. */
export interface TumourLabels {
  whole: readonly number[]
  enhancing: readonly number[]
  necrosis: readonly number[]
  oedema: readonly number[]
}

export interface TumourInput {
  /** Images in the labels' patient space, on any grid; absent if the study lacks the sequence. */
  t1c?: Volume<Float32Array> | undefined
  t2?: Volume<Float32Array> | undefined
  flair?: Volume<Float32Array> | undefined
  /** The segmentation, on the reference series' grid. */
  labels: LabelVolume
  tumour: TumourLabels
  /** In the same patient space, on any grid. */
  brain?: Brain | undefined
  /** The requested features; texture is computed only for the families named here. */
  names?: readonly string[]
}

export interface TumourFeatures {
  /** NaN if unknown. Names that are not image features (age_years) are left out. */
  features: Features
  /** What is missing, and the features that are NaN because of it. */
  missing: { reason: MissingReason; features: string[] }[]
}

export type MissingReason = 'no tumour' | 'no T1c' | 'no T2 or FLAIR' | 'no brain mask' | 'no such label' | 'undefined'

const FRACTIONS = ['enhancing_fraction', 'necrosis_fraction', 'oedema_fraction'] as const
const BRAIN_RELATIVE = ['t1c_median_over_brain', 't1c_p90_over_brain'] as const
const SHAPE = SHAPE_FEATURES.map((name) => `shape_${name}`)

/** Computed if no features are requested: every feature in features.py, and the segmentation's own. */
export const TUMOUR_FEATURES: readonly string[] = [
  ...SHAPE,
  ...SCALE_FREE_FEATURES,
  'glcm_Correlation',
  ...LOCATION_FEATURES,
  ...BRAIN_RELATIVE,
  ...FRACTIONS,
  't2_flair_mismatch',
]

/**
 * The requested features. Shape, T1c intensities and texture are of the whole tumour on a 1 mm grid along the patient's axes;
 * firstorder_* and texture use bins of a 24th of T1c's standard deviation inside it, since MRI has no unit. Fractions are of
 * the labels' own voxels: enhancing, necrotic and oedema voxels over those of the whole tumour.
 */
export function computeTumourFeatures(input: TumourInput): TumourFeatures {
  const names = (input.names ?? TUMOUR_FEATURES).filter(isTumourFeature)
  const mask = tumourMask(input.labels, input.tumour.whole)
  const shape = mask ? { ...measureTumour(input, mask, names) } : {}
  const features: Features = {}
  const missing = new Map<MissingReason, string[]>()
  for (const name of names) {
    features[name] = shape[name] ?? Number.NaN
    if (Number.isFinite(features[name])) continue
    features[name] = Number.NaN
    const reason = reasonFor(name, input, mask !== undefined)
    missing.set(reason, [...(missing.get(reason) ?? []), name])
  }
  return { features, missing: [...missing].map(([reason, names]) => ({ reason, features: names })) }
}

/** Whether this file has a feature of that name; texture features are recognised by their family. */
export function isTumourFeature(name: string): boolean {
  return TUMOUR_FEATURES.includes(name) || FAMILIES.some((family) => name.startsWith(`${family}_`))
}

function measureTumour(input: TumourInput, mask: Volume<Uint8Array>, names: readonly string[]): Features {
  const isWanted = (some: readonly string[]) => some.some((name) => names.includes(name))
  const shape = isWanted(SHAPE) ? shapeFeatures(mask) : {}
  const brainBox = isWanted(LOCATION_FEATURES) ? input.brain?.box() : undefined
  return {
    ...Object.fromEntries(Object.entries(shape ?? {}).map(([name, value]) => [`shape_${name}`, value])),
    ...(isWanted(FRACTIONS) ? fractions(input) : {}),
    ...(brainBox ? locationFeatures(patientBox(mask)!, brainBox) : {}),
    ...(input.t1c ? enhancement(input.t1c, mask, input.brain, names) : {}),
    ...(input.t2 && input.flair && names.includes('t2_flair_mismatch')
      ? { t2_flair_mismatch: mismatch(input.t2, input.flair, mask) }
      : {}),
  }
}

/** All features of T1c inside the mask. */
function enhancement(
  t1c: Volume<Float32Array>,
  mask: Volume<Uint8Array>,
  brain: Brain | undefined,
  names: readonly string[],
): Features {
  const image = onTumourGrid(t1c, mask.grid)
  const values = valuesInside(image, cutRoi(mask)!)
  const families = FAMILIES.filter((family) => names.some((name) => name.startsWith(`${family}_`)))
  const binWidth = scaleFreeBinWidth(values)
  const isFlat = !(binWidth > 0)
  const texture =
    isFlat || families.length === 0 ? {} : intensityFeatures(image, mask, { ...DEFAULT_SETTINGS, binWidth }, families)
  return { ...scaleFreeFeatures(values), ...texture, ...(brain ? overBrain(t1c, brain, values, names) : {}) }
}

/** Median and 90th percentile inside the tumour over the mean of the brain. */
function overBrain(t1c: Volume<Float32Array>, brain: Brain, values: Float64Array, names: readonly string[]): Features {
  if (!BRAIN_RELATIVE.some((name) => names.includes(name))) return {}
  const sorted = values.toSorted()
  const mean = brain.meanOf(t1c)
  return { t1c_median_over_brain: quantileOf(sorted, 0.5) / mean, t1c_p90_over_brain: quantileOf(sorted, 0.9) / mean }
}

/** Shares of the whole tumour's voxels. */
function fractions({ labels, tumour }: Pick<TumourInput, 'labels' | 'tumour'>): Features {
  const counts = new Float64Array(256)
  for (let v = 0; v < labels.data.length; v++) counts[labels.data[v]!]!++
  const voxels = (members: readonly number[]) => members.reduce((sum, label) => sum + counts[label]!, 0)
  const share = (members: readonly number[]) =>
    members.length === 0 ? Number.NaN : voxels(members) / voxels(tumour.whole)
  return {
    enhancing_fraction: share(tumour.enhancing),
    necrosis_fraction: share(tumour.necrosis),
    oedema_fraction: share(tumour.oedema),
  }
}

/**
 * How far T2 and FLAIR contradict each other inside the whole tumour: twice the share of voxels whose T2 is above its median
 * there while their FLAIR is below its median there. 0 if both agree in every voxel, 0.5 if they are unrelated, 1 if FLAIR is
 * low exactly where T2 is high, as in the T2-FLAIR mismatch sign.
 */
function mismatch(t2: Volume<Float32Array>, flair: Volume<Float32Array>, mask: Volume<Uint8Array>): number {
  const roi = cutRoi(mask)!
  const [high, low] = [t2, flair].map((image) => valuesInside(onTumourGrid(image, mask.grid), roi)) as [
    Float64Array,
    Float64Array,
  ]
  const [t2Median, flairMedian] = [quantile(high, 0.5), quantile(low, 0.5)]
  let contradicting = 0
  for (let n = 0; n < high.length; n++) if (high[n]! > t2Median && low[n]! < flairMedian) contradicting++
  return (2 * contradicting) / high.length
}

function reasonFor(name: string, input: TumourInput, hasTumour: boolean): MissingReason {
  if (!hasTumour) return 'no tumour'
  const isOf = (some: readonly string[]) => some.includes(name)
  if (isOf(FRACTIONS)) return 'no such label'
  if (name === 't2_flair_mismatch') return input.t2 && input.flair ? 'undefined' : 'no T2 or FLAIR'
  if (isOf(LOCATION_FEATURES)) return 'no brain mask'
  if (isOf(SHAPE)) return 'undefined'
  if (!input.t1c) return 'no T1c'
  return isOf(BRAIN_RELATIVE) && !input.brain ? 'no brain mask' : 'undefined'
}
