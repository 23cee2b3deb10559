// The pixels as witness of contrast agent: which of two registered T1 images shows what the other does not, brightly.
import { AppError } from '../../domain/errors.ts'
import type { Grid, Volume } from '../../domain/volume.ts'
import { quantileOf } from '../volumes/quantile.ts'

/** Edge in mm of the blocks that are compared: vessels and mucosa are as wide, noise averages out. */
const BLOCK_MM = 2
/** Share of the 99th percentile above which a block is tissue. */
const TISSUE = 0.1
const BINS = 32
/** Fewest blocks of tissue that say anything. */
const FEWEST = 2000
/**
 * 36 pairs of real heads and stripped brains (14 and 22 patients) came to 0.56 at least, so the same below zero is a pair whose two
 * images were taken for each other.
 */
const OPPOSITE = -0.5
/** More is asked of the pixels where the headers say nothing. */
const SURE = 0.8

/**
 * How much more of the second image is brighter than the first explains than the other way round. Each image is predicted from the
 * other by the median at equal intensity, which takes away what differs by tissue; what is left of an image after contrast agent has
 * a tail of bright spots. Positive when `after` is the one with agent; undefined when there is too little tissue. Both lie on one grid.
 */
export function contrastWitness(before: Volume<Float32Array>, after: Volume<Float32Array>): number | undefined {
  const [a, b] = [blocksOf(before), blocksOf(after)]
  const tissue = both(tissueOf(a.data), tissueOf(b.data))
  const core = eroded(tissue, a.grid)
  if (core.reduce((sum, value) => sum + value, 0) < FEWEST) return undefined
  return tailOf(b.data, a.data, tissue, core) - tailOf(a.data, b.data, tissue, core)
}

/** Whether the second of two registered images is the one with contrast agent, or the first; undefined when it cannot be told. */
export function enhancedOf(a: Volume<Float32Array>, b: Volume<Float32Array>): 'first' | 'second' | undefined {
  const found = contrastWitness(a, b)
  if (found === undefined || Math.abs(found) < SURE) return undefined
  return found > 0 ? 'second' : 'first'
}

/** Throws SERIES_CONTRADICTION when the pixels say the opposite of the headers; `names` name both series for a person. */
export function refuseOpposite(
  t1: Volume<Float32Array>,
  t1c: Volume<Float32Array>,
  names: { t1: string; t1c: string },
): void {
  const found = contrastWitness(t1, t1c)
  if (found === undefined || found > OPPOSITE) return
  throw new AppError(
    'SERIES_CONTRADICTION',
    `by their headers ${names.t1} is T1 and ${names.t1c} is T1c, but the pixels show contrast agent in ${names.t1} ` +
      `and not in ${names.t1c} (bright tail ${found.toFixed(2)}, expected above 0)`,
  )
}

/** Means of blocks of about BLOCK_MM; an axis that is coarser stays as it is. */
function blocksOf({ grid, data }: Volume<Float32Array>): { grid: Grid; data: Float32Array } {
  const by = grid.spacing.map((mm) => Math.max(1, Math.round(BLOCK_MM / mm))) as [number, number, number]
  const size = grid.size.map((n, axis) => Math.max(1, Math.floor(n / by[axis]!))) as [number, number, number]
  const blocks = new Float32Array(size[0] * size[1] * size[2])
  const share = 1 / (by[0] * by[1] * by[2])
  for (let k = 0; k < size[2] * by[2]; k++)
    for (let j = 0; j < size[1] * by[1]; j++) {
      const to = size[0] * (Math.floor(j / by[1]) + size[1] * Math.floor(k / by[2]))
      const from = grid.size[0] * (j + grid.size[1] * k)
      for (let i = 0; i < size[0] * by[0]; i++) blocks[to + Math.floor(i / by[0])]! += share * data[from + i]!
    }
  const spacing = grid.spacing.map((mm, axis) => mm * by[axis]!) as [number, number, number]
  return { grid: { ...grid, size, spacing }, data: blocks }
}

function tissueOf(data: Float32Array): Uint8Array {
  const positive = data.filter((value) => value > 0).sort()
  const least = positive.length === 0 ? Number.POSITIVE_INFINITY : TISSUE * quantileOf(positive, 0.99)
  return Uint8Array.from(data, (value) => Number(value > least))
}

const both = (a: Uint8Array, b: Uint8Array) => a.map((value, v) => value & b[v]!)

/** Without two layers at the surface, where the least movement shows; thick slices are left alone. */
function eroded(mask: Uint8Array, grid: Grid): Uint8Array {
  const steps = [1, grid.size[0], grid.size[0] * grid.size[1]]
  const used = steps.filter((_, axis) => grid.spacing[axis]! < 1.5 * BLOCK_MM)
  let inside = mask
  for (let layer = 0; layer < 2; layer++) {
    const last = inside
    inside = last.map((value, v) => value & Number(used.every((step) => last[v - step] === 1 && last[v + step] === 1)))
  }
  return inside
}

/** Asymmetry of what the median of `image` at equal `given` leaves over: upper against lower half per cent, in quartile widths. */
function tailOf(image: Float32Array, given: Float32Array, tissue: Uint8Array, core: Uint8Array): number {
  const known = given.filter((_, v) => tissue[v]).sort()
  const edges = Array.from({ length: BINS - 1 }, (_, n) => quantileOf(known, (n + 1) / BINS))
  const binOf = (value: number) => edges.reduce((bin, edge) => bin + Number(value > edge), 0)
  const members: number[][] = Array.from({ length: BINS }, () => [])
  for (let v = 0; v < image.length; v++) if (tissue[v]) members[binOf(given[v]!)]!.push(image[v]!)
  const medians = members.map((values) => (values.length === 0 ? 0 : quantileOf(Float32Array.from(values).sort(), 0.5)))
  const residuals = Float32Array.from(image, (value, v) => value - medians[binOf(given[v]!)]!)
    .filter((_, v) => core[v])
    .sort()
  const at = (q: number) => quantileOf(residuals, q)
  const width = at(0.75) - at(0.25)
  return width > 0 ? (at(0.995) + at(0.005) - 2 * at(0.5)) / width : 0
}
