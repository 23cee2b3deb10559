// What a review request may contain: a decision, its edits, the brush strokes.
import { z } from 'zod'
import { BRUSH_LIMITS } from '../domain/brush.ts'
import { DECISIONS, OUTLINES_TARGET } from '../domain/review.ts'

const words = (most: number) => z.string().trim().min(1, 'must not be empty').max(most, 'is too long')
const edited = z.union([z.number(), words(100)], { error: 'must be a number or text' })

const millimetres = z.number().min(-5000).max(5000)
const place = z.tuple([millimetres, millimetres, millimetres])
const stroke = z.strictObject({
  label: z.int().min(0).max(255),
  radiusMm: z.number().min(0.1).max(BRUSH_LIMITS.radiusMm),
  across: place.exactOptional(),
  points: z.array(place).min(1, 'has no point'),
})
/** Brush strokes in order; positions in LPS mm. */
const strokes = z
  .array(stroke)
  .max(BRUSH_LIMITS.strokes, 'has too many')
  .refine((all) => all.reduce((sum, { points }) => sum + points.length, 0) <= BRUSH_LIMITS.points, {
    message: `has more than ${BRUSH_LIMITS.points} points`,
  })

/** For previewing strokes before they are part of a review. */
export const strokesBody = z.strictObject({ strokes })

/** A person's decision on an analysis. `version` is the number of reviews that the person had seen. */
export const reviewBody = z
  .strictObject({
    decision: z.enum(DECISIONS, { error: `must be one of ${DECISIONS.join(', ')}` }),
    version: z.int('must be a whole number').min(0),
    reviewer: z.strictObject({
      identifier: words(64),
      system: z
        .string()
        .regex(/^(https?:\/\/|urn:)\S{1,200}$/, 'must be a URI')
        .exactOptional(),
      name: words(100),
      organization: words(64).exactOptional(),
    }),
    reason: words(1000).exactOptional(),
    edits: z
      .array(
        z.strictObject({
          target: z
            .string()
            .regex(
              /^((measurement|prediction|segment)\.[\w -]{1,40}|(diameters|lesion)\.\d{1,3}|outlines)$/,
              'must name a measurement, a prediction, diameters, a segment, a lesion, or outlines',
            ),
          from: edited,
          to: edited,
          reason: words(500),
        }),
      )
      .max(50, 'has too many')
      .default([]),
    strokes: strokes.exactOptional(),
  })
  .refine(({ decision, edits }) => (decision === 'accept-with-edits') === edits.length > 0, {
    path: ['edits'],
    message: 'belong to accept-with-edits, and to nothing else',
  })
  .refine(({ decision, reason }) => decision !== 'reject' || reason !== undefined, {
    path: ['reason'],
    message: 'must be given for a rejection',
  })
  .refine(({ edits, strokes = [] }) => edits.some(({ target }) => target === OUTLINES_TARGET) === strokes.length > 0, {
    path: ['strokes'],
    message: `and an edit of ${OUTLINES_TARGET} belong together`,
  })
/** From a page on which a decision can be made: who has it open, or has left it. */
export const claimBody = z.strictObject({ identifier: words(64), name: words(100), leaves: z.boolean().default(false) })

export const idempotencyKey = z.object({
  'idempotency-key': z
    .string({ error: 'must be sent as a header: the same key again is the same review' })
    .regex(/^[\x21-\x7e]{8,100}$/, 'must have 8 to 100 printable characters without spaces'),
})
