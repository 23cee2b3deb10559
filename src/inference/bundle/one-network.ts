// A bundle of one network (gliabridge-bundle/1): its own parts of the manifest, and the equivalent graph of one stage.
import { z } from 'zod'
import { flipsSchema, type Graph, slidingWindowSchema } from './graph.ts'
import { foregroundNormalisationSchema } from './normalisation.ts'

const text = z.string().min(1)
const positive = z.number().positive()

export const oneNetworkSchemas = {
  preprocess: z.strictObject({
    orientation: z.literal('LPS'),
    spacing_mm: z.tuple([positive, positive, positive]),
    normalisation: foregroundNormalisationSchema,
  }),
  network: z.strictObject({
    file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name inside the bundle folder'),
    input: text,
    output: text,
    axes: z.literal('NCZYX'),
    /** How many networks the file contains; its output holds the classes of each in turn. */
    members: z.int().min(1).max(16).optional(),
  }),
  inference: slidingWindowSchema.extend({ activation: z.literal('softmax'), tta_flips: flipsSchema }),
}

type Parts = { [K in keyof typeof oneNetworkSchemas]: z.infer<(typeof oneNetworkSchemas)[K]> } & {
  labels: readonly { key: string }[]
  anatomy?: readonly { key: string }[] | undefined
}

const ONLY = 'segmentation'

/** One stage over the whole head, whose classes are the answer. */
export function graphOfOne({ preprocess, network, inference, labels, anatomy = [] }: Parts): Graph {
  const { axes: _zyx, ...file } = network
  const { activation, tta_flips, ...windows } = inference
  return {
    networks: { [ONLY]: { ...file, inferer: { name: 'SlidingWindowInferer', ...windows } } },
    masks: {},
    stages: [
      {
        name: ONLY,
        grid: { spacing_mm: preprocess.spacing_mm },
        normalisation: preprocess.normalisation,
        output: { activation, classes: ['background', ...[...labels, ...anatomy].map(({ key }) => key)] },
        members: [{ network: ONLY, tta_flips }],
        fusion: { name: 'MeanEnsemble' },
      },
    ],
    result: { stage: ONLY },
  }
}
