// How a bundle's networks require the intensities of each sequence: declared here, applied in segmentation/normalise.ts.
import { z } from 'zod'

const thresholdFraction = z.number().min(0).max(1)

/** Two numbers, the first below the second. */
const range = (number: z.ZodNumber) =>
  z.tuple([number, number]).refine(([low, high]) => low < high, 'the first must be below the second')

/** Over the head, as found from its own intensities. */
export const foregroundNormalisations = [
  z.strictObject({
    name: z.literal('foreground-zscore'),
    threshold_fraction_of_p99: thresholdFraction,
    clip_percentiles: range(z.number().min(0).max(100)),
    clip: range(z.number()),
  }),
  /** As MONAI's NormalizeIntensity(nonzero=True, channel_wise=True); the threshold only finds the head. */
  z.strictObject({ name: z.literal('nonzero-zscore'), threshold_fraction_of_p99: thresholdFraction }),
] as const

export const foregroundNormalisationSchema = z.discriminatedUnion('name', [...foregroundNormalisations])

export const normalisationSchema = z.discriminatedUnion('name', [
  ...foregroundNormalisations,
  /** Mean and population deviation of the voxels above zero inside a mask; all others become `outside`. */
  z.strictObject({ name: z.literal('mask-zscore'), mask: z.string().min(1), outside: z.literal('zero') }),
])

export type ForegroundNormalisation = z.infer<typeof foregroundNormalisationSchema>
export type Normalisation = z.infer<typeof normalisationSchema>
