// The encoder in a bundle manifest: one network over the whole image, whose outputs the heads take as features, and its library.
import { z } from 'zod'

const text = z.string().min(1)
const fileName = (ending: string) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]*\\.${ending}$`), `must be a plain .${ending} file name`)
const count = z.int().min(1)

export const encoderSchema = z.strictObject({
  file: fileName('onnx'),
  /** float32 [1, C, Z, Y, X] */
  input: text,
  /** float32 [1, width]: the features image_1 … image_<width>. */
  output: text,
  width: count.max(4096),
  /** Size in voxels (Z, Y, X) of the window cut out of the working grid; outside the grid it holds each channel's lowest value. */
  size: z.tuple([count, count, count]),
  /** The centre of the window: the middle of the head's box, or the tumour's centre of mass. */
  centre: z.enum(['head', 'tumour']),
  /** Voxels farther than this from the tumour are set to each channel's lowest value; if absent, the whole image is seen. */
  tumour_margin_mm: z.number().min(0).optional(),
  library: z
    .strictObject({
      /** gliabridge-library/1: see library.ts. */
      file: fileName('json'),
      /** The encoder output used as key for the library, float32 [1, key_width]. */
      output: text,
      /** If even the nearest past patient is less similar than this, heads that use the proxy do not answer. */
      least_cosine: z.number().min(-1).max(1),
    })
    .optional(),
  /** How to explain the heads that use the image: see occlusion.ts. */
  occlusion: z
    .strictObject({
      block_voxels: count,
      stride_voxels: count,
      /** Only the tumour and voxels within this distance of it are examined. */
      margin_mm: z.number().min(0),
      /** The value of a hidden voxel, after normalisation. */
      baseline: z.number(),
    })
    .refine(
      ({ block_voxels: block, stride_voxels: stride }) => stride <= block,
      'stride_voxels must not exceed block_voxels',
    )
    .optional(),
})

export type Encoder = z.infer<typeof encoderSchema>

const FEATURE = /^(image|proxy)_([1-9]\d*)$/

/** "image_3": the encoder's third number; "proxy_2": the second number that the library supplies for data not at hand. */
export function isEncoderFeature(name: string): boolean {
  return FEATURE.test(name)
}

/** { image_1: …, image_2: … } */
export function encoderFeatures(kind: 'image' | 'proxy', values: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(Array.from(values, (value, n) => [`${kind}_${n + 1}`, value]))
}

/** Head features that the encoder does not provide; `proxies` is the width of the library's values, once it has been read. */
export function encoderProblems(
  encoder: Encoder | undefined,
  heads: Readonly<Record<string, { status?: unknown; features?: readonly string[] | undefined }>>,
  proxies = Number.POSITIVE_INFINITY,
): string[] {
  const widths = { image: encoder?.width ?? 0, proxy: encoder?.library ? proxies : 0 }
  return Object.entries(heads).flatMap(([head, { features = [] }]) =>
    features.flatMap((name) => {
      const [, kind, number] = FEATURE.exec(name) ?? []
      if (kind === undefined || Number(number) <= widths[kind as 'image' | 'proxy']) return []
      return [`heads.${head}.features: ${name} is not given by the encoder`]
    }),
  )
}
