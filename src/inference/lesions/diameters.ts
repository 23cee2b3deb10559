// Bidimensional measurement of enhancing lesions for RANO: the longest diameter on an axial slice, and its perpendicular.
import { type Bidimensional, isMeasurable } from '../../domain/finding.ts'
import { type Grid, type LabelVolume, toPatient, type Vec3 } from '../../domain/volume.ts'
import { componentsOf } from '../volumes/components.ts'
import {
  distance,
  type Line,
  longestDiameter,
  outlineOf,
  type Part,
  perpendicularDiameter,
} from '../volumes/outline.ts'
import { LESION_LIMITS } from './lesion-limits.ts'

/** A lesion with its voxels, as indices into the label volume. */
export interface MeasuredLesion {
  voxels: readonly number[]
  diameters: Bidimensional
}

/**
 * Every lesion, measurable or not, largest product of diameters first. A lesion is a 26-connected component of the given
 * labels. It is measured on the slice, and in the one connected part there, with the longest diameter: on planes of the grid
 * across the axis nearest to head-foot, so without interpolation, and on the series' own slices if they are axial.
 */
export function measureLesions(labels: LabelVolume, members: readonly number[]): MeasuredLesion[] {
  const { grid } = labels
  const plane = axialPlane(grid)
  return [...componentsOf(labels, members)]
    .map((voxels) => ({ voxels, diameters: measureLesion(voxels, grid, plane) }))
    .sort((a, b) => productOf(b.diameters) - productOf(a.diameters))
}

/** The lesions to follow: at most three measurable ones, or the largest alone if none is measurable. */
export function targetLesions(sorted: readonly MeasuredLesion[]): MeasuredLesion[] {
  const measurable = sorted.filter(({ diameters }) => diameters.measurable)
  return measurable.length > 0 ? measurable.slice(0, LESION_LIMITS.targets.value) : sorted.slice(0, 1)
}

/** mm² */
export function productOf({ longestMm, perpendicularMm }: Bidimensional): number {
  return longestMm * perpendicularMm
}

interface Plane {
  across: 0 | 1 | 2
  u: 0 | 1 | 2
  v: 0 | 1 | 2
}

function axialPlane({ direction }: Grid): Plane {
  const upright = (axis: number) => Math.abs(direction[6 + axis]!)
  const across = ([2, 1, 0] as const).reduce((best, axis) => (upright(axis) > upright(best) + 1e-9 ? axis : best))
  const [u, v] = ([0, 1, 2] as const).filter((axis) => axis !== across) as [0 | 1 | 2, 0 | 1 | 2]
  return { across, u, v }
}

function measureLesion(voxels: readonly number[], grid: Grid, plane: Plane): Bidimensional {
  const { across, u, v } = plane
  const [nx, ny] = grid.size
  const width = grid.size[u]
  const slices = new Map<number, number[]>()
  for (const at of voxels) {
    const index = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))] as const
    const pixels = slices.get(index[across]) ?? []
    slices.set(index[across], pixels)
    pixels.push(index[u] + width * index[v])
  }
  let best: { slice: number; outline: Line[]; longest: Line; length: number } | undefined
  for (const [slice, pixels] of [...slices].sort(([a], [b]) => a - b)) {
    for (const part of partsOf(pixels, width)) {
      const pixel = [grid.spacing[u], grid.spacing[v]] as const
      const outline = outlineOf({ pixels: part, width, pixel } satisfies Part)
      const longest = longestDiameter(outline)
      const length = distance(...longest)
      if (best === undefined || length > best.length + 1e-9) best = { slice, outline, longest, length }
    }
  }
  const { slice, outline, longest, length } = best!
  const perpendicular = perpendicularDiameter(outline, longest)
  const place = (line: Line) =>
    line.map(([x, y]): Vec3 => {
      const index: [number, number, number] = [0, 0, 0]
      index[across] = slice
      index[u] = x / grid.spacing[u]
      index[v] = y / grid.spacing[v]
      return toPatient(grid, index)
    }) as [Vec3, Vec3]
  const lengths = { longestMm: length, perpendicularMm: distance(...perpendicular) }
  return {
    ...lengths,
    longest: place(longest),
    perpendicular: place(perpendicular),
    axis: across,
    slice,
    measurable: isMeasurable(lengths),
  }
}

/** 8-connected parts of a slice. */
function partsOf(pixels: readonly number[], width: number): Set<number>[] {
  const waiting = new Set(pixels)
  const parts: Set<number>[] = []
  for (const seed of pixels) {
    if (!waiting.delete(seed)) continue
    const part = new Set([seed])
    for (const at of part) {
      const column = at % width
      for (const dv of [-width, 0, width]) {
        for (const du of [-1, 0, 1]) {
          if (column + du < 0 || column + du >= width) continue
          if (waiting.delete(at + du + dv)) part.add(at + du + dv)
        }
      }
    }
    parts.push(part)
  }
  return parts
}
