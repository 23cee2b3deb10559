// The graph of networks in a bundle manifest: networks, masks, and stages that run one after the other. It uses MONAI's words where MONAI has one.
import { z } from 'zod'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'
import { normalisationSchema } from './normalisation.ts'

const text = z.string().min(1)
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name inside the bundle folder')
const positive = z.number().positive()
const count = z.int().min(1)
const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and "-"')

/** Windows of one size, blended where they overlap (MONAI's SlidingWindowInferer). */
export const slidingWindowSchema = z.strictObject({
  /** Z, Y, X */
  roi_size: z.tuple([count, count, count]),
  overlap: z.number().min(0).lt(1),
  mode: z.enum(['gaussian', 'constant']),
  sigma_scale: positive,
  /** What is averaged where windows overlap: "probabilities" (the default) or, as MONAI and nnU-Net do, "logits". */
  blend: z.enum(['probabilities', 'logits']).optional(),
  /** What surrounds a volume smaller than the window: each channel's "minimum" (the default) or "zero". */
  padding: z.enum(['minimum', 'zero']).optional(),
})

export const flipsSchema = z
  .array(z.array(z.enum(['z', 'y', 'x'])))
  .min(1)
  .refine((all) => all.every((axes) => new Set(axes).size === axes.length), 'an axis may occur once per flip')

/** How a network is run over a stage's grid. */
const inferer = z.discriminatedUnion('name', [
  slidingWindowSchema.extend({ name: z.literal('SlidingWindowInferer') }),
  /** The whole grid at once, input float32 [1, C, Z, Y, X]. */
  z.strictObject({
    name: z.literal('SimpleInferer'),
    /** Each side is padded to a multiple of this (MONAI's DivisiblePad). */
    divisible_pad: count,
    padding: z.enum(['minimum', 'zero']).optional(),
  }),
  /** The slices of a view form the batch: input float32 [D, C, H, W], output [D - 2 context, K, H, W]. */
  z.strictObject({
    name: z.literal('SliceInferer'),
    /** How many neighbouring slices on each side the network sees; beyond the grid they are zero. */
    context: z.int().min(0),
    /** Rows and columns are zero-padded at the end to a multiple of this. */
    divisible_pad: count,
    /** Maximum number of input voxels per run, context included; this limits the memory. */
    slab_voxels: count,
  }),
])

const network = z.strictObject({
  file: fileName,
  /** The same network in a form that the CPU runs faster; every other provider runs `file`. */
  cpu_file: fileName.optional(),
  input: text,
  output: text,
  inferer,
  /** How many networks the file contains; its output holds the classes of each in turn. */
  members: count.max(16).optional(),
})

/** Operations on a mask; components connect by faces, edges or corners, holes by faces. */
export const maskTransforms = [
  z.strictObject({ name: z.literal('KeepLargestConnectedComponent'), num_components: count.optional() }),
  z.strictObject({ name: z.literal('RemoveSmallObjects'), min_size_ml: z.number().min(0) }),
  /** `per_slice`: also fills what is a hole only within a slice, in any of the three planes. */
  z.strictObject({ name: z.literal('FillHoles'), per_slice: z.boolean().optional() }),
  /** Dilation, then erosion, by a cube of 3 voxels, as on an unbounded grid. */
  z.strictObject({ name: z.literal('BinaryClosing'), iterations: count.optional() }),
] as const

const applied = { applied_labels: z.array(text).min(1) }
const sequence = z.enum(SEQUENCES as [Sequence, ...Sequence[]])

/** Adds the tumour's cysts (segmentation/cavities.ts); does nothing without the sequence. */
const addCavities = z.strictObject({
  name: z.literal('AddCavities'),
  ...applied,
  sequence,
  /** As normalised for the result's stage, with 0 outside the brain. */
  below: z.number().lt(0),
  min_size_ml: z.number().min(0),
  /** The share of a cavity's surface that borders the region. */
  min_contact: z.number().gt(0).max(1),
})
export type AddCavities = z.infer<typeof addCavities>

/**
 * Keeps objects whose `percentile` of the uptake exceeds `min_uptake`. Uptake is `minuend` minus `subtrahend`, both as normalised for
 * the result's stage, minus `subtrahend_share` of what is above 0 in `subtrahend`: blood and fat are bright before contrast as well, and
 * a z-score makes them brighter still where little else in the image is. If one of the two sequences is missing, all objects stay.
 */
const removeByUptake = z.strictObject({
  name: z.literal('RemoveObjectsByUptake'),
  ...applied,
  minuend: sequence,
  subtrahend: sequence,
  subtrahend_share: z.number().min(0),
  percentile: z.number().min(0).max(100),
  min_uptake: z.number(),
})

/** The same for regions of the answer, plus three operations that look at the images. */
export const regionTransformSchema = z.discriminatedUnion('name', [
  maskTransforms[0].extend(applied),
  maskTransforms[1].extend(applied),
  maskTransforms[2].extend(applied),
  maskTransforms[3].extend(applied),
  /**
   * Keeps objects in which the mean of `minuend` minus `subtrahend`, both normalised for the result's stage, exceeds
   * `min_mean_difference`. If one of the two sequences is missing, all objects stay.
   */
  z.strictObject({
    name: z.literal('RemoveObjectsByContrast'),
    ...applied,
    minuend: sequence,
    subtrahend: sequence,
    min_mean_difference: z.number(),
  }),
  removeByUptake,
  addCavities,
])

const mask = z.strictObject({
  stage: name,
  /** Outputs of the stage, or regions made of them; probabilities of several classes are added. */
  outputs: z.array(text).min(1),
  /** Higher probabilities are inside (MONAI's AsDiscrete). */
  threshold: z.number().gt(0).lt(1),
  transforms: z.array(z.discriminatedUnion('name', [...maskTransforms])),
})

const output = z.discriminatedUnion('activation', [
  /** Mutually exclusive classes, the background first. */
  z.strictObject({
    activation: z.literal('softmax'),
    classes: z
      .array(text)
      .min(2)
      .refine(([first]) => first === 'background', 'the first class must be "background"')
      .refine((all) => new Set(all).size === all.length, 'classes must differ'),
  }),
  /** Independent regions, which may lie inside each other. */
  z.strictObject({
    activation: z.literal('sigmoid'),
    regions: z
      .array(text)
      .min(1)
      .refine((all) => new Set(all).size === all.length, 'regions must differ'),
  }),
])

const member = z.union([
  z.strictObject({
    network: name,
    /** Axis order of a SliceInferer: axial (z, y, x), sagittal (x, z, y), coronal (y, z, x). */
    view: z.enum(['axial', 'sagittal', 'coronal']).optional(),
    tta_flips: flipsSchema.optional(),
  }),
  /** What an earlier stage answered for the same outputs, resampled to this stage's grid. */
  z.strictObject({ stage: name }),
])

const memberWeightsSchema = z
  .array(z.number().min(0))
  .refine((all) => all.some((weight) => weight > 0), 'at least one must be above zero')

const stage = z.strictObject({
  name,
  grid: z.union([
    /** The stage's own voxel size (X, Y, Z in mm), to which the images are resampled. */
    z.strictObject({ spacing_mm: z.tuple([positive, positive, positive]) }),
    /** The voxels of an earlier stage, with its channels unchanged. */
    z.strictObject({ stage: name }),
  ]),
  /** Only the box around a mask plus a margin, clipped to the mask's grid. */
  box: z.strictObject({ mask: name, margin_mm: z.number().min(0), if_empty: z.enum(['skip', 'refuse']) }).optional(),
  /** For a stage with its own voxel size. */
  normalisation: normalisationSchema.optional(),
  /** A mask outside of which each sample's answer is background. */
  within: name.optional(),
  /** An earlier stage's segmentation as additional channels, one per class, 1 where that class leads (nnU-Net's cascade). */
  previous_stage: z.strictObject({ stage: name, classes: z.array(text).min(1) }).optional(),
  output,
  members: z.array(member).min(1),
  /** How to combine the members' probabilities; weights in the order of the members, equal by default. A member of weight 0 is not run. */
  fusion: z.strictObject({
    name: z.literal('MeanEnsemble'),
    weights: memberWeightsSchema.optional(),
    /** Weights for a study without a sequence; if it lacks several, those of the first one stated count. */
    weights_without: z
      .array(z.strictObject({ sequence, weights: memberWeightsSchema }))
      .min(1)
      .optional(),
  }),
})

const result = z.strictObject({
  /** The stage whose grid carries the answer; without `regions`, its classes are the answer. */
  stage: name,
  /** The stage that provides each of the bundle's regions, which are nested. */
  regions: z.record(text, name).optional(),
  /** The stage that provides each anatomy class, including tumour inside it. */
  anatomy: z.record(text, name).optional(),
})

export const graphSchemas = {
  networks: z.record(name, network),
  masks: z.record(name, mask),
  stages: z.array(stage).min(1),
  result,
}

export type Graph = { [K in keyof typeof graphSchemas]: z.infer<(typeof graphSchemas)[K]> }
export type Network = z.infer<typeof network>
export type Inferer = z.infer<typeof inferer>
export type SlidingWindowRules = z.infer<typeof slidingWindowSchema>
export type SliceRules = Extract<Inferer, { name: 'SliceInferer' }>
export type Flips = z.infer<typeof flipsSchema>
export type Mask = z.infer<typeof mask>
export type MaskTransform = Mask['transforms'][number]
export type RegionTransform = z.infer<typeof regionTransformSchema>
export type Stage = z.infer<typeof stage>
export type StageOutput = z.infer<typeof output>
export type Member = z.infer<typeof member>
export type NetworkMember = Extract<Member, { network: string }>
export type View = NonNullable<NetworkMember['view']>

/** Names of a stage's outputs, in the order of its networks' outputs. */
export function outputNames(of: StageOutput): string[] {
  return of.activation === 'softmax' ? of.classes : of.regions
}

/** Weight of each member of a stage, for a study that lacks these sequences. */
export function memberWeights({ members, fusion }: Stage, missing: ReadonlySet<Sequence> = new Set()): number[] {
  const special = fusion.weights_without?.find((one) => missing.has(one.sequence))
  return special?.weights ?? fusion.weights ?? members.map(() => 1)
}

/** A small input that a network must be able to process, and how many numbers it then returns. `sequences` are the bundle's channels. */
export function trialOf(
  name: string,
  { networks, stages }: Graph,
  sequences: number,
): { dims: number[]; width: number } {
  const { inferer, members = 1 } = networks[name]!
  const stage = stages.find((one) => one.members.some((member) => 'network' in member && member.network === name))!
  const channels = sequences + (stage.previous_stage?.classes.length ?? 0)
  const outputs = outputNames(stage.output).length
  if (inferer.name === 'SlidingWindowInferer') {
    const [z, y, x] = inferer.roi_size
    return { dims: [1, channels, z, y, x], width: members * outputs * z * y * x }
  }
  // Several times the multiple; otherwise the deepest level of a network would be a single voxel.
  const side = 4 * inferer.divisible_pad
  return inferer.name === 'SimpleInferer'
    ? { dims: [1, channels, side, side, side], width: members * outputs * side ** 3 }
    : { dims: [1 + 2 * inferer.context, channels, side, side], width: outputs * side ** 2 }
}

/** Names of the masks that a stage reads. */
export function masksOf({ box, normalisation, within }: Stage): string[] {
  return [
    ...(box ? [box.mask] : []),
    ...(normalisation?.name === 'mask-zscore' ? [normalisation.mask] : []),
    ...(within ? [within] : []),
  ]
}
