// A reviewer's brush: strokes in patient space, and the voxels that they cover on any grid in that space.
import { type Grid, toIndex, type Vec3 } from './volume.ts'

/** One movement of the brush; later strokes cover earlier ones. */
export interface Stroke {
  /** Label that is painted; 0 erases whatever label is there. */
  label: number
  radiusMm: number
  /** Unit vector (LPS) across the slice of a disc; absent for a ball. */
  across?: Vec3
  /** Centres of the brush, LPS mm, close enough together that the stroke has no gaps. */
  points: Vec3[]
}

/** What one review may paint: more than a person would draw, less than would stall the service. */
export const BRUSH_LIMITS = { strokes: 300, points: 4000, radiusMm: 20 } as const

/** Restricts painting to one plane of the grid. */
export interface Within {
  axis: 0 | 1 | 2
  index: number
}

type Axis = 0 | 1 | 2
const AXES: readonly Axis[] = [0, 1, 2]

/** Calls `paint` for every voxel whose centre a stroke covers, in the order of the strokes. */
export function paintStrokes(
  grid: Grid,
  strokes: readonly Stroke[],
  paint: (index: Vec3, label: number) => void,
  within?: Within,
): void {
  for (const stroke of strokes) {
    const flat = stroke.across && axisAlong(grid, stroke.across)
    for (const point of stroke.points) paintPoint(grid, stroke, toIndex(grid, point), flat, paint, within)
  }
}

function paintPoint(
  { size, spacing }: Grid,
  { label, radiusMm }: Stroke,
  middle: Vec3,
  flat: Axis | undefined,
  paint: (index: Vec3, label: number) => void,
  within: Within | undefined,
): void {
  const [from, to]: [number[], number[]] = [[], []]
  for (const axis of AXES) {
    const reach = radiusMm / spacing[axis]
    const [low, high] = [middle[axis] - reach, middle[axis] + reach]
    const only = axis === flat ? Math.round(middle[axis]) : undefined
    from.push(Math.max(0, only ?? Math.ceil(low)))
    to.push(Math.min(size[axis] - 1, only ?? Math.floor(high)))
    if (within?.axis !== axis) continue
    if (within.index < from[axis]! || within.index > to[axis]!) return
    from[axis] = to[axis] = within.index
  }
  const beyond = (axis: Axis, index: number) => (axis === flat ? 0 : ((index - middle[axis]) * spacing[axis]) ** 2)
  const most = radiusMm ** 2
  for (let k = from[2]!; k <= to[2]!; k++)
    for (let j = from[1]!; j <= to[1]!; j++)
      for (let i = from[0]!; i <= to[0]!; i++)
        if (beyond(0, i) + beyond(1, j) + beyond(2, k) <= most) paint([i, j, k], label)
}

/** The axis of the grid closest to a direction. */
function axisAlong({ direction }: Grid, across: Vec3): Axis {
  const along = (axis: Axis) =>
    Math.abs(across[0] * direction[axis]! + across[1] * direction[3 + axis]! + across[2] * direction[6 + axis]!)
  return AXES.reduce((best, axis) => (along(axis) > along(best) + 1e-9 ? axis : best))
}
