// The one kernel for linear interpolation between voxels, used for resampling, mutual information and the pictures in reports.

/**
 * Value at (x, y, z), in voxel indices, from the eight centres around it; x runs fastest in `data` of nx * ny * nz voxels. A position
 * beyond the outermost centres has the value of the nearest position between them. Numbers, not vectors, since it runs once per voxel.
 */
export function trilinear(
  data: ArrayLike<number>,
  nx: number,
  ny: number,
  nz: number,
  x: number,
  y: number,
  z: number,
): number {
  const x0 = lower(x, nx)
  const y0 = lower(y, ny)
  const z0 = lower(z, nz)
  const fx = fraction(x - x0)
  const fy = fraction(y - y0)
  const fz = fraction(z - z0)
  // Along an axis of one voxel the neighbour is the voxel itself.
  const dx = nx > 1 ? 1 : 0
  const dy = ny > 1 ? nx : 0
  const dz = nz > 1 ? nx * ny : 0
  const at = x0 + nx * (y0 + ny * z0)
  const c00 = data[at]! * (1 - fx) + data[at + dx]! * fx
  const c10 = data[at + dy]! * (1 - fx) + data[at + dy + dx]! * fx
  const c01 = data[at + dz]! * (1 - fx) + data[at + dz + dx]! * fx
  const c11 = data[at + dz + dy]! * (1 - fx) + data[at + dz + dy + dx]! * fx
  return (c00 * (1 - fy) + c10 * fy) * (1 - fz) + (c01 * (1 - fy) + c11 * fy) * fz
}

/** Index of the nearest voxel below x that still has a next one. */
function lower(x: number, size: number): number {
  return Math.max(0, Math.min(Math.floor(x), size - 2))
}

function fraction(x: number): number {
  return x < 0 ? 0 : Math.min(x, 1)
}
