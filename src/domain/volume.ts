// Volumes in patient space: LPS millimetres, x grows to the patient's left, y to posterior, z to superior (PS3.3 C.7.6.2.1.1).

export type Vec3 = readonly [number, number, number]

/**
 * A regular grid of voxels.
 * `direction` is row-major 3x3; its columns are the unit vectors of the i, j and k axes in LPS.
 * Centre of voxel (i, j, k) = origin + direction * (spacing * (i, j, k)).
 */
export interface Grid {
  size: Vec3
  /** mm */
  spacing: Vec3
  /** LPS mm of the centre of voxel (0, 0, 0) */
  origin: Vec3
  direction: readonly number[]
}

/** Scalar volume; voxel (i, j, k) is at data[i + size[0] * (j + size[1] * k)]. */
export interface Volume<T extends ArrayLike<number> = Float32Array> {
  grid: Grid
  data: T
}

/** Label volume: 0 is background, other values are the label indices that the bundle declares. */
export type LabelVolume = Volume<Uint8Array>

/** Number of voxels of a grid. */
export function voxelCount(grid: Grid): number {
  return grid.size[0] * grid.size[1] * grid.size[2]
}

/** Volume of one voxel in millilitres. */
export function voxelMillilitres(grid: Grid): number {
  return (grid.spacing[0] * grid.spacing[1] * grid.spacing[2]) / 1000
}

/** LPS mm of a continuous voxel index. */
export function toPatient(grid: Grid, index: Vec3): Vec3 {
  const s = [index[0] * grid.spacing[0], index[1] * grid.spacing[1], index[2] * grid.spacing[2]] as const
  const d = grid.direction
  const axis = (row: number) => grid.origin[row]! + d[3 * row]! * s[0] + d[3 * row + 1]! * s[1] + d[3 * row + 2]! * s[2]
  return [axis(0), axis(1), axis(2)]
}

/** Continuous voxel index of an LPS point in mm. The direction is orthonormal, so its transpose inverts it. */
export function toIndex(grid: Grid, point: Vec3): Vec3 {
  const p = [point[0] - grid.origin[0], point[1] - grid.origin[1], point[2] - grid.origin[2]] as const
  const d = grid.direction
  const axis = (col: number) => (d[col]! * p[0] + d[3 + col]! * p[1] + d[6 + col]! * p[2]) / grid.spacing[col]!
  return [axis(0), axis(1), axis(2)]
}
