// The three planes of an upright grid as radiologists see them: the patient's right on the left, anterior or superior up, sagittal from the left side.
import type { Bidimensional } from '../domain/finding.ts'
import type { Index, Mark, Plane, PlaneView } from '../domain/shown-images.ts'
import { type Grid, toIndex } from '../domain/volume.ts'
import { diameterPair } from '../wording/quantities.ts'

type Axis = 0 | 1 | 2

/** Axes behind columns, rows and slices. Rows of coronal and sagittal pictures run from superior to inferior, against the third axis. */
const AXES: Readonly<Record<Plane, { axes: readonly [Axis, Axis, Axis]; isFlipped: boolean }>> = {
  axial: { axes: [0, 1, 2], isFlipped: false },
  coronal: { axes: [0, 2, 1], isFlipped: true },
  sagittal: { axes: [1, 2, 0], isFlipped: true },
}

export function planeView({ size, spacing, direction }: Grid, plane: Plane): PlaneView {
  const { axes, isFlipped } = AXES[plane]
  const [u, v, w] = axes
  const column = (axis: Axis) => [direction[axis]!, direction[3 + axis]!, direction[6 + axis]!] as const
  const right = lettersOf(column(u))
  const left = lettersOf(column(u), -1)
  const down = lettersOf(column(v), isFlipped ? -1 : 1)
  const up = lettersOf(column(v), isFlipped ? 1 : -1)
  return {
    plane,
    width: size[u],
    height: size[v],
    count: size[w],
    pixel: [spacing[u], spacing[v]],
    spacing: spacing[w],
    axes,
    isFlipped,
    edges: { left, right, top: up, bottom: down },
  }
}

/** A direction is named by its main axis alone if it leans to a second axis by less than this: about 15 degrees. */
const LEAN = 0.26

/** "L", or "LP" for a direction that lies between; LPS. */
export function lettersOf(direction: readonly [number, number, number], sign: 1 | -1 = 1): string {
  const names = ['LR', 'PA', 'SI'] as const
  return direction
    .map((value, n) => ({ size: Math.abs(value), letter: names[n]![value * sign > 0 ? 0 : 1]! }))
    .filter(({ size }) => size > LEAN)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('')
}

/** The two diameters of each lesion, on the slice on which they were measured. */
export function marksOf(lesions: readonly Bidimensional[], grid: Grid): Mark[] {
  return lesions.map(({ longest, perpendicular, longestMm, perpendicularMm, isCorrected }) => {
    const ends = [longest, perpendicular].map(
      ([from, to]) => [toIndex(grid, from), toIndex(grid, to)] as readonly [Index, Index],
    )
    const flattest = ([0, 1, 2] as const).reduce(
      (a, b) => (spread(ends, b) < spread(ends, a) - 1e-6 ? b : a),
      2 as Axis,
    )
    const plane = (['sagittal', 'coronal', 'axial'] as const)[flattest]
    const index = Math.round(ends[0]![0][flattest])
    const name = diameterPair(longestMm, perpendicularMm)
    return { name, plane, index, lines: ends, ...(isCorrected && { isOverruled: true as const }) }
  })
}

function spread(lines: readonly (readonly [Index, Index])[], axis: Axis): number {
  const values = lines.flat().map((end) => end[axis])
  return Math.max(...values) - Math.min(...values)
}
