// The pixels as evidence of weighting: which of several registered images is T1, T2 or FLAIR, by likelihood under the measures of known cases.
import { AppError } from '../../domain/errors.ts'
import type { Volume } from '../../domain/volume.ts'
import type { Weighting } from './evidence.ts'
import { measurePixels, type PixelMeasures } from './pixel-measures.ts'
import data from './pixel-model.json' with { type: 'json' }
import { WITNESS_LIMITS } from './witness-limits.ts'

/** Mean measures of each kind, and, common to all, the inverse of the covariance within a kind. */
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
  /** Log-likelihood ratio to the reading it is compared with. */
  lead: number
  /** Largest squared distance of one of its images from its kind. */
  strangest: number
}

/**
 * The likeliest weightings of images on one grid, if they are clearly likelier than any others; `stated` are those that the headers
 * state. Undefined if that cannot be told, or if an image is of no known kind.
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

/** Throws SERIES_CONTRADICTION if other weightings are clearly likelier than those in the headers; `name` is how the message calls a series. */
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

/** Undefined if no reading is possible (more images than sequences). The lead is over the next likeliest reading. */
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

/** If there is no other reading to compare with, each image's own measures must support its weighting. */
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

/** Every way to assign weightings to this many images, none used more often than a study can have it. */
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

/** Log-likelihood, up to a constant, of the measures for images of these weightings. */
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

/** "T1-T2", in either order of the arguments. */
export const pairOf = (a: Weighting, b: Weighting) =>
  [a, b].sort((x, y) => WEIGHTINGS.indexOf(x) - WEIGHTINGS.indexOf(y)).join('-')

/** Squared Mahalanobis distance. */
function distance(measured: readonly number[], { means, precision }: Kinds, kind: string): number {
  const off = measured.map((value, n) => value - means[kind]![n]!)
  return off.reduce((sum, a, n) => sum + off.reduce((row, b, m) => row + a * b * precision[n]![m]!, 0), 0)
}
