// The pixels as witness of the weighting: which of registered images is T1, T2 or FLAIR, as likely as the measures of known cases make it.
import { AppError } from '../../domain/errors.ts'
import type { Volume } from '../../domain/volume.ts'
import type { Weighting } from './evidence.ts'
import { WITNESS_LIMITS } from './limits.ts'
import { measurePixels, type PixelMeasures } from './pixel-measures.ts'
import data from './pixel-model.json' with { type: 'json' }

/** Mean measures of each kind, and what they have in common: the inverse of their covariance within a kind. */
interface Kinds {
  means: Record<string, number[]>
  precision: number[][]
}

export interface PixelModel {
  own: Kinds
  /** Kinds are pairs such as "T1-T2". */
  pairs: Kinds
}

const MODEL: PixelModel = data
const WEIGHTINGS: readonly Weighting[] = ['T1', 'T2', 'FLAIR']
/** T1 before and after contrast agent, one T2, one FLAIR. */
const MAX_PER_WEIGHTING: Record<Weighting, number> = { T1: 2, T2: 1, FLAIR: 1 }

export interface Reading {
  weightings: Weighting[]
  /** Logarithm of how much likelier it is than the one it is compared with. */
  lead: number
  /** Largest squared distance of one of its images from its kind. */
  strangest: number
}

/**
 * The likeliest weightings of images that lie on one grid, when they are clearly likelier than any others; `stated` are those that
 * the headers state. Undefined when it cannot be told, or an image is of no kind that is known.
 */
export function readWeightings(
  images: readonly Volume<Float32Array>[],
  stated: readonly (Weighting | undefined)[] = [],
): Weighting[] | undefined {
  const measures = measurePixels(images)
  const reading = measures && likeliest(measures, stated)
  if (!reading || reading.lead < leadOf(images.length) || reading.strangest > WITNESS_LIMITS.strange.value)
    return undefined
  return reading.weightings
}

/** Throws SERIES_CONTRADICTION when other weightings are clearly likelier than those of the headers; `name` names a series for a person. */
export function refuseOtherWeightings(
  claims: readonly { weighting: Weighting; name: string; image: Volume<Float32Array> }[],
): void {
  const measures = measurePixels(claims.map(({ image }) => image))
  if (!measures) return
  const claimed = claims.map(({ weighting }) => weighting)
  const reading = likeliest(measures, [])
  if (!reading) return
  const lead = likelihood(measures, reading.weightings) - likelihood(measures, claimed)
  if (lead < leadOf(claims.length)) return
  const wrong = claims.flatMap(({ weighting, name }, n) =>
    reading.weightings[n] === weighting
      ? []
      : [`${name} is ${weighting} by its headers and looks like ${reading.weightings[n]}`],
  )
  throw new AppError(
    'SERIES_CONTRADICTION',
    `${wrong.join('; ')} (by the contrast of its tissues, log-likelihood ${lead.toFixed(1)} higher)`,
  )
}

const leadOf = (images: number) =>
  (images < WITNESS_LIMITS.manyImages.value ? WITNESS_LIMITS.leadOfFew : WITNESS_LIMITS.lead).value

/** Undefined when no reading is possible: more images than sequences. The lead is that over the next reading. */
export function likeliest(
  measures: PixelMeasures,
  stated: readonly (Weighting | undefined)[],
  model: PixelModel = MODEL,
): Reading | undefined {
  const [best, next] = readings(measures.own.length)
    .filter((weightings) => weightings.every((one, n) => (stated[n] ?? one) === one))
    .map((weightings) => ({ weightings, value: likelihood(measures, weightings, model) }))
    .sort((a, b) => b.value - a.value)
  if (!best) return undefined
  const { weightings } = best
  const own = weightings.map((one, n) => distance(measures.own[n]!, model.own, one))
  const lead = next ? best.value - next.value : leadAlone(measures, weightings, stated, model)
  return { weightings, lead, strangest: Math.max(...own) }
}

/** Where the others leave one name for an image, its own measures must speak for that name. */
function leadAlone(
  { own }: PixelMeasures,
  weightings: readonly Weighting[],
  stated: readonly (Weighting | undefined)[],
  model: PixelModel,
): number {
  const leads = weightings.flatMap((one, n) => {
    if (stated[n]) return []
    const others = WEIGHTINGS.filter((other) => other !== one).map((other) => distance(own[n]!, model.own, other))
    return [(Math.min(...others) - distance(own[n]!, model.own, one)) / 2]
  })
  return Math.min(...leads)
}

/** Every way to name this many images, none more often than a study has it. */
function readings(count: number): Weighting[][] {
  let all: Weighting[][] = [[]]
  for (let n = 0; n < count; n++)
    all = all.flatMap((some) =>
      WEIGHTINGS.filter((one) => some.filter((other) => other === one).length < MAX_PER_WEIGHTING[one]).map((one) => [
        ...some,
        one,
      ]),
    )
  return all
}

/** Logarithm, up to a constant, of how likely the measures are for images of these weightings. */
export function likelihood(
  measures: PixelMeasures,
  weightings: readonly Weighting[],
  model: PixelModel = MODEL,
): number {
  let sum = 0
  for (const [n, one] of weightings.entries()) {
    sum -= distance(measures.own[n]!, model.own, one) / 2
    for (let m = n + 1; m < weightings.length; m++)
      sum -= distance(measures.pairs[n]![m]!, model.pairs, pairOf(one, weightings[m]!)) / 2
  }
  return sum
}

/** "T1-T2" whichever comes first. */
export const pairOf = (a: Weighting, b: Weighting) =>
  [a, b].sort((x, y) => WEIGHTINGS.indexOf(x) - WEIGHTINGS.indexOf(y)).join('-')

/** Squared Mahalanobis distance. */
function distance(measured: readonly number[], { means, precision }: Kinds, kind: string): number {
  const off = measured.map((value, n) => value - means[kind]![n]!)
  return off.reduce((sum, a, n) => sum + off.reduce((row, b, m) => row + a * b * precision[n]![m]!, 0), 0)
}
