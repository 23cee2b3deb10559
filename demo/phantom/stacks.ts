// Slice geometry as planned at the scanner: plane, tilt, matrix, pixel, slices.
import type { Grid, Vec3 } from '../../src/domain/volume.ts'
import type { Stack } from './acquire.ts'
import { rotationOf } from './motion.ts'

type Plane = 'axial' | 'coronal' | 'sagittal'

/** Columns are the directions of column index, row index and slices; right-handed. */
const PLANES: Record<Plane, number[]> = {
  axial: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  coronal: [1, 0, 0, 0, 0, 1, 0, -1, 0],
  sagittal: [0, 0, -1, 1, 0, 0, 0, -1, 0],
}

/** Where the radiographer puts the slices. */
export interface StackPlan {
  plane: Plane
  /** Degrees about x, y and z. */
  tilt: Vec3
  matrix: readonly [columns: number, rows: number]
  pixel: number
  slices: number
  spacing: number
  thickness: number
  centre: Vec3
}

/** The slices of a plan. */
export function stackOf({ plane, tilt, matrix, pixel, slices, spacing, thickness, centre }: StackPlan): Stack {
  const turn = rotationOf(tilt)
  const base = PLANES[plane]
  const direction = Array.from({ length: 9 }, (_, n) => {
    const [row, col] = [Math.floor(n / 3), n % 3]
    return turn[3 * row]! * base[col]! + turn[3 * row + 1]! * base[3 + col]! + turn[3 * row + 2]! * base[6 + col]!
  })
  const size: Vec3 = [matrix[0], matrix[1], slices]
  const steps: Vec3 = [pixel, pixel, spacing]
  const half = size.map((n, axis) => ((n - 1) * steps[axis]!) / 2)
  const origin = [0, 1, 2].map(
    (row) =>
      centre[row]! -
      direction[3 * row]! * half[0]! -
      direction[3 * row + 1]! * half[1]! -
      direction[3 * row + 2]! * half[2]!,
  ) as unknown as Vec3
  const grid: Grid = { size, spacing: steps, origin, direction }
  return { grid, thickness }
}
