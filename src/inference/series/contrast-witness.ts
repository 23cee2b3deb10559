// The pixels as witness of contrast agent: which of two registered T1 images shows what the other does not, brightly.
import { AppError } from '../../domain/errors.ts'
import type { Volume } from '../../domain/volume.ts'
import { quantileOf } from '../volumes/quantile.ts'
import { WITNESS_LIMITS } from './limits.ts'
import { deepVoxels } from './pixel-measures.ts'

const { vessels, enhanced, opposite, intensityBins, brightTail } = WITNESS_LIMITS
const BINS = intensityBins.value
const TAIL = brightTail.value

/**
 * How much more of the second image is brighter than the first explains than the other way round. Each image is predicted from the
 * other by the median at equal intensity, which takes away what differs by tissue; what is left of an image after contrast agent has
 * a tail of bright spots (vessels, plexus, tumour). Positive when `after` is the one with agent; undefined when there is too little
 * of a head. Both lie on one `witnessGrid`.
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

/** Whether the second of two registered images is the one with contrast agent, or the first; undefined when it cannot be told. */
export function enhancedOf(a: Volume<Float32Array>, b: Volume<Float32Array>): 'first' | 'second' | undefined {
  const witness = contrastWitness(a, b)
  if (witness === undefined || Math.abs(witness) < enhanced.value) return undefined
  return witness > 0 ? 'second' : 'first'
}

/** Throws SERIES_CONTRADICTION when the pixels say the opposite of the headers; `names` name both series for a person. */
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

/** Asymmetry of what the median of `image` at equal `given` leaves over: upper against lower tail, in quartile widths. */
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
