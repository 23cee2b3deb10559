// The graph of networks in a bundle manifest: networks, masks, and stages that run one after the other. Words are MONAI's where it has one.
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
  /** What is averaged where windows overlap: "probabilities" (when absent) or, as MONAI and nnU-Net do, "logits". */
  blend: z.enum(['probabilities', 'logits']).optional(),
  /** What surrounds a volume smaller than the window: each channel's "minimum" (when absent) or "zero". */
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
  /** Slices of a view are the batch: input float32 [D, C, H, W], output [D - 2 context, K, H, W]. */
  z.strictObject({
    name: z.literal('SliceInferer'),
    /** Neighbouring slices that the network sees on either side of each; beyond the grid they are zero. */
    context: z.int().min(0),
    /** Rows and columns are padded with zeros, at their ends, to a multiple of this. */
    divisible_pad: count,
    /** Voxels of the input of one run at most, context included: what bounds the memory. */
    slab_voxels: count,
  }),
])

const network = z.strictObject({
  file: fileName,
  input: text,
  output: text,
  inferer,
  /** Networks inside the file; its output holds the classes of one after those of the other. */
  members: count.max(16).optional(),
})

/** What is done to a mask; components touch by faces, edges or corners, holes by faces. */
export const maskTransforms = [
  z.strictObject({ name: z.literal('KeepLargestConnectedComponent'), num_components: count.optional() }),
  z.strictObject({ name: z.literal('RemoveSmallObjects'), min_size_ml: z.number().min(0) }),
  /** `per_slice`: also what is a hole only within a slice, in any of the three planes. */
  z.strictObject({ name: z.literal('FillHoles'), per_slice: z.boolean().optional() }),
  /** Dilation, then erosion, by a cube of 3 voxels, as on a grid without end. */
  z.strictObject({ name: z.literal('BinaryClosing'), iterations: count.optional() }),
] as const

const applied = { applied_labels: z.array(text).min(1) }
const sequence = z.enum(SEQUENCES as [Sequence, ...Sequence[]])

/** Adds the tumour's cysts (segmentation/cavities.ts); does nothing without the sequence. */
const addCavities = z.strictObject({
  name: z.literal('AddCavities'),
  ...applied,
  sequence,
  /** As normalised for the result's stage, which must leave 0 outside the brain. */
  below: z.number().lt(0),
  min_size_ml: z.number().min(0),
  /** Share of a cavity's surface that lies against the region. */
  min_contact: z.number().gt(0).max(1),
})
export type AddCavities = z.infer<typeof addCavities>

/** The same for regions of the answer, and two that look at the images. */
export const regionTransformSchema = z.discriminatedUnion('name', [
  maskTransforms[0].extend(applied),
  maskTransforms[1].extend(applied),
  maskTransforms[2].extend(applied),
  maskTransforms[3].extend(applied),
  /**
   * Objects stay in which the mean of `minuend` minus `subtrahend`, both as normalised for the result's stage, exceeds
   * `min_mean_difference`. Without one of the two sequences nothing can be told, and all stay.
   */
  z.strictObject({
    name: z.literal('RemoveObjectsByContrast'),
    ...applied,
    minuend: sequence,
    subtrahend: sequence,
    min_mean_difference: z.number(),
  }),
  addCavities,
])

const mask = z.strictObject({
  stage: name,
  /** Outputs of the stage, or regions made of them; probabilities of several classes are added. */
  outputs: z.array(text).min(1),
  /** Inside is what has a higher probability (MONAI's AsDiscrete). */
  threshold: z.number().gt(0).lt(1),
  transforms: z.array(z.discriminatedUnion('name', [...maskTransforms])),
})

const output = z.discriminatedUnion('activation', [
  /** Exclusive classes, the background first. */
  z.strictObject({
    activation: z.literal('softmax'),
    classes: z
      .array(text)
      .min(2)
      .refine(([first]) => first === 'background', 'the first class must be "background"')
      .refine((all) => new Set(all).size === all.length, 'classes must differ'),
  }),
  /** Regions, each by itself, that may lie inside each other. */
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
  /** What an earlier stage answered for the same outputs, brought to this stage's grid. */
  z.strictObject({ stage: name }),
])

const stage = z.strictObject({
  name,
  grid: z.union([
    /** Voxels of its own, X, Y, Z in mm; the images are resampled onto them. */
    z.strictObject({ spacing_mm: z.tuple([positive, positive, positive]) }),
    /** The voxels of an earlier stage, and its channels as they are. */
    z.strictObject({ stage: name }),
  ]),
  /** Only the box of a mask and a margin around it, cut at the grid in which the mask lies. */
  box: z.strictObject({ mask: name, margin_mm: z.number().min(0), if_empty: z.enum(['skip', 'refuse']) }).optional(),
  /** Of a stage with voxels of its own. */
  normalisation: normalisationSchema.optional(),
  /** A mask outside of which each sample's answer is background. */
  within: name.optional(),
  /** An earlier stage's segmentation as further channels, one per class, 1 where it leads (nnU-Net's cascade). */
  previous_stage: z.strictObject({ stage: name, classes: z.array(text).min(1) }).optional(),
  output,
  members: z.array(member).min(1),
  /** How the members' probabilities become one; weights in the order of the members, alike when absent. */
  fusion: z.strictObject({ name: z.literal('MeanEnsemble'), weights: z.array(positive).optional() }),
})

const result = z.strictObject({
  /** On whose grid the answer lies; without `regions` its classes are the answer. */
  stage: name,
  /** The stage that gives each of the bundle's regions; they lie inside each other. */
  regions: z.record(text, name).optional(),
  /** The stage that gives each class of anatomy, tumour inside it included. */
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

/** Names of what a stage answers, in the order of its networks' outputs. */
export function outputNames(of: StageOutput): string[] {
  return of.activation === 'softmax' ? of.classes : of.regions
}

/** A small input that a network must be able to answer, and how many numbers it then gives. `sequences` are the bundle's channels. */
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
  // Several times the multiple, since a network's deepest level would otherwise be a single voxel.
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
