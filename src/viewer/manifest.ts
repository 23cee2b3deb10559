// The manifest of a kept analysis, by schema: which volumes its folder holds, where their bricks lie, and what the pages show of them.
import { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { jsonOf } from '../domain/json-text.ts'
import type { KeptVolume } from '../domain/ports/image-spool.ts'
import type { ShownImages } from '../domain/shown-images.ts'
import { SEQUENCES } from '../domain/study.ts'
import { type BrickIndex, bricksAlong } from './bricks.ts'

export interface Manifest {
  version: 1
  shown: ShownImages
  volumes: Partial<Record<KeptVolume, BrickIndex>>
  /** Name of the file with the labels of the last redrawing. */
  redrawn?: string
}

const text = z.string()
const number = z.number()
const count = z.int().nonnegative()
const maybe = z.exactOptional
const vector = z.tuple([number, number, number])
const index = z.tuple([count, count, count])
const sequence = z.enum(SEQUENCES)
const imageName = z.enum([...SEQUENCES, ...SEQUENCES.map((one) => `prior-${one}` as const)])

const brickIndex = z
  .object({ size: index, bytes: z.union([z.literal(1), z.literal(2)]), offsets: z.array(count) })
  .refine(
    ({ size, offsets }) => offsets.length === bricksAlong(size).reduce((product, n) => product * n, 1) + 1,
    'has another number of bricks than the size of the volume implies',
  )

const shown = z.object({
  grid: z.object({ size: index, spacing: vector, origin: vector, direction: z.array(number).length(9) }),
  images: z.array(
    z.object({
      name: imageName,
      sequence,
      isPrior: z.boolean(),
      window: z.tuple([number, number]),
      slope: number,
      intercept: number,
    }),
  ),
  segments: z.array(z.object({ label: count, key: text, name: text, colour: text })),
  start: index,
  largest: z.record(text, index),
  isRedrawn: maybe(z.literal(true)),
  prior: maybe(z.object({ analysisId: text, studyDate: text, hasLabels: z.boolean() })),
  keptAt: z.iso.datetime(),
})

const manifest: z.ZodType<Manifest> = z.object({
  version: z.literal(1),
  shown,
  volumes: z.partialRecord(z.enum(['labels', 'redrawn-labels', 'prior-labels', ...imageName.options]), brickIndex),
  redrawn: maybe(text.regex(/^redrawn-labels-\d+$/)),
})

/** Throws INTERNAL if the file is damaged. */
export function parseManifest(analysisId: string, json: string): Manifest {
  const parsed = manifest.safeParse(jsonOf(json))
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.map(({ path }) => path.join('.') || 'its beginning').slice(0, 5)
  throw new AppError(
    'INTERNAL',
    `the images kept of analysis ${analysisId} are damaged: their manifest does not fit at ${where.join(', ')}; they cannot be shown`,
  )
}
