// The series' own voxels in the order in which people look at them: axes are swapped and flipped, never interpolated.
import { type Grid, toPatient, type Vec3, type Volume } from '../domain/volume.ts'

type Axis = 0 | 1 | 2
/** Axis of the source and whether it runs the other way, for each axis of the upright grid. */
export type Turn = readonly [axis: Axis, isReversed: boolean]

const ORDERS: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/** How to turn a grid so that its axes run to the patient's left, posterior and superior (LPS) as closely as possible. */
export function turnsOf({ direction }: Pick<Grid, 'direction'>): readonly [Turn, Turn, Turn] {
  const along = (patient: number, axis: Axis) => direction[3 * patient + axis]!
  const alignment = (order: readonly Axis[]) =>
    order.reduce<number>((sum, axis, n) => sum + Math.abs(along(n, axis)), 0)
  const best = ORDERS.reduce((a, b) => (alignment(b) > alignment(a) + 1e-9 ? b : a))
  return best.map((axis, patient) => [axis, along(patient, axis) < 0] as const) as unknown as [Turn, Turn, Turn]
}

/** The same lattice of points with its axes turned. */
export function uprightGrid(grid: Grid): Grid {
  const turns = turnsOf(grid)
  const corner: [number, number, number] = [0, 0, 0]
  for (const [axis, isReversed] of turns) corner[axis] = isReversed ? grid.size[axis] - 1 : 0
  const pick = (values: Vec3) => turns.map(([axis]) => values[axis]) as unknown as Vec3
  return {
    size: pick(grid.size),
    spacing: pick(grid.spacing),
    origin: toPatient(grid, corner),
    direction: [0, 1, 2].flatMap((row) =>
      turns.map(([axis, isReversed]) => grid.direction[3 * row + axis]! * (isReversed ? -1 : 1)),
    ),
  }
}

/** The voxels on the upright grid: a copy, or the same array where nothing is to be turned. */
export function upright<T extends Uint8Array | Uint16Array>({ grid, data }: Volume<T>): Volume<T> {
  const turns = turnsOf(grid)
  const turned = uprightGrid(grid)
  if (turns.every(([axis, isReversed], n) => axis === n && !isReversed)) return { grid: turned, data }
  const steps = [1, grid.size[0], grid.size[0] * grid.size[1]] as const
  const [sx, sy, sz] = turns.map(([axis, isReversed]) => (isReversed ? -1 : 1) * steps[axis]!) as unknown as Vec3
  const first = turns.reduce(
    (at, [axis, isReversed]) => at + (isReversed ? (grid.size[axis] - 1) * steps[axis]! : 0),
    0,
  )
  const [nx, ny, nz] = turned.size
  const out = data.slice() as T
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0, from = first + j * sy + k * sz; i < nx; i++, at++, from += sx) out[at] = data[from]!
    }
  }
  return { grid: turned, data: out }
}
