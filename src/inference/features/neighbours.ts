// Which neighbours a texture matrix considers: one offset of each opposite pair, by distance (pyradiomics generate_angles).
import type { Vec3 } from '../../domain/volume.ts'
import type { TextureSettings } from './levels.ts'

/**
 * Offsets (x, y, z) in voxels whose largest coordinate is one of the distances, one of each opposite pair: 13 for distance 1,
 * 49 for distance 2. Within planes only if force2D is set.
 */
export function directions({
  distances,
  force2D,
  force2Ddimension,
}: Pick<TextureSettings, 'distances' | 'force2D' | 'force2Ddimension'>): Vec3[] {
  if (distances.length === 0 || distances.some((d) => !Number.isInteger(d) || d < 1))
    throw new RangeError(`distances must be whole numbers from 1 on, not [${distances.join(', ')}]`)
  const reach = Math.max(...distances)
  const across = 2 - force2Ddimension
  const offsets: Vec3[] = []
  for (let z = 0; z <= reach; z++) {
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const forward = z > 0 || y > 0 || (y === 0 && x > 0)
        if (!forward) continue
        const offset: Vec3 = [x, y, z]
        if (force2D && offset[across] !== 0) continue
        if (distances.includes(Math.max(Math.abs(x), Math.abs(y), z))) offsets.push(offset)
      }
    }
  }
  return offsets
}

/** Index steps in a box of this size. */
export function strides(offsets: readonly Vec3[], size: Vec3): Int32Array {
  return Int32Array.from(offsets, ([x, y, z]) => x + size[0] * (y + size[1] * z))
}

/** The offsets and their opposites. */
export function bothWays(steps: Int32Array): Int32Array {
  return Int32Array.from([...steps, ...steps.map((step) => -step)])
}
