// The pixels as evidence of contrast agent: which of two registered T1 images has bright spots that the other lacks.
import { AppError } from '../../domain/errors.ts'
import type { Volume } from '../../domain/volume.ts'
import { quantileOf } from '../volumes/quantile.ts'
import { deepVoxels } from './pixel-measures.ts'
import { WITNESS_LIMITS } from './witness-limits.ts'

const { vessels, enhanced, opposite, intensityBins, brightTail } = WITNESS_LIMITS
const BINS = intensityBins.value
const TAIL = brightTail.value

/**
 * How much more bright signal the second image has that the first cannot explain than the other way round. Each image is predicted
 * from the other by the median at equal intensity, which removes the differences between tissues; the residual of an image after
 * contrast agent has a tail of bright spots (vessels, plexus, tumour). Positive if `after` is the one with agent; undefined if too
 * little of a head is visible. Both images lie on one `witnessGrid`.
 */
export function contrastWitness(before: Volume<Float32Array>, after: Volume<Float32Array>): number | undefined {
  const deep = deepVoxels([before, after], vessels.value)
  if (!deep) return undefined
  const [a, b] = [before, after].map(({ data }) => Float32Array.from(deep, (v) => data[v]!)) as [
    Float32Array,
    Float32Array,
  ]
  return tailOf(b, a) - tailOf(a, b)
}

/** Which of two registered images is the one with contrast agent; undefined if that cannot be told. */
export function enhancedOf(a: Volume<Float32Array>, b: Volume<Float32Array>): 'first' | 'second' | undefined {
  const witness = contrastWitness(a, b)
  if (witness === undefined || Math.abs(witness) < enhanced.value) return undefined
  return witness > 0 ? 'second' : 'first'
}

/** Throws SERIES_CONTRADICTION if the pixels contradict the headers; `names` are how the message calls the two series. */
export function refuseOpposite(
  t1: Volume<Float32Array>,
  t1c: Volume<Float32Array>,
  names: { t1: string; t1c: string },
): void {
  const witness = contrastWitness(t1, t1c)
  if (witness === undefined || witness > -opposite.value) return
  throw new AppError(
    'SERIES_CONTRADICTION',
    `by their headers ${names.t1} is T1 and ${names.t1c} is T1c, but the pixels show contrast agent in ${names.t1} ` +
      `and not in ${names.t1c} (bright tail ${witness.toFixed(2)}, expected above 0)`,
  )
}

/** Asymmetry of the residuals of `image` around its median at equal `given`: upper against lower tail, in interquartile ranges. */
function tailOf(image: Float32Array, given: Float32Array): number {
  const sorted = given.toSorted()
  const edges = Array.from({ length: BINS - 1 }, (_, n) => quantileOf(sorted, (n + 1) / BINS))
  const bins = Uint8Array.from(given, (value) => edges.reduce((bin, edge) => bin + Number(value > edge), 0))
  const medians = Array.from({ length: BINS }, (_, bin) =>
    quantileOf(image.filter((_, v) => bins[v] === bin).sort(), 0.5),
  )
  const residuals = image.map((value, v) => value - medians[bins[v]!]!).sort()
  const at = (q: number) => quantileOf(residuals, q)
  const width = at(0.75) - at(0.25)
  return width > 0 ? (at(1 - TAIL) + at(TAIL) - 2 * at(0.5)) / width : 0
}
