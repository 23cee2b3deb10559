// A study turned so that its coronal or sagittal slices lie where axial ones do: what draws an axial picture then draws these, without copying a voxel.
import type { Grid, Volume } from '../domain/volume.ts'

export type SidePlane = 'coronal' | 'sagittal'

/**
 * For each axis of the picture's space (across, down, through) the axis of patient space (LPS) and whether it runs against it. Superior is up in both; a
 * coronal picture has the patient's right on the left, a sagittal one the front.
 */
const TURNS: Readonly<Record<SidePlane, readonly (readonly [axis: 0 | 1 | 2, sign: 1 | -1])[]>> = {
  coronal: [
    [0, 1],
    [2, -1],
    [1, 1],
  ],
  sagittal: [
    [1, 1],
    [2, -1],
    [0, 1],
  ],
}

/** The third coordinate of the turned space is y of a coronal plane, x of a sagittal one. */
export function turned<T extends ArrayLike<number>>({ grid, data }: Volume<T>, plane: SidePlane): Volume<T> {
  return { grid: turnedGrid(grid, plane), data }
}

function turnedGrid({ size, spacing, origin, direction }: Grid, plane: SidePlane): Grid {
  const turns = TURNS[plane]
  const [x, y, z] = turns.map(([axis, sign]) => sign * origin[axis])
  return {
    size,
    spacing,
    origin: [x!, y!, z!],
    direction: turns.flatMap(([axis, sign]) => [0, 1, 2].map((column) => sign * direction[3 * axis + column]!)),
  }
}
