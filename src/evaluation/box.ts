// The box around all non-zero voxels, so that metrics need not scan whole heads.
import type { Vec3 } from '../domain/volume.ts'

export interface Box {
  from: Vec3
  size: Vec3
}

/** Smallest box that contains every non-zero voxel of the masks; undefined if there are none. */
export function boundingBox(masks: readonly Uint8Array[], [nx, ny, nz]: Vec3): Box | undefined {
  let [x0, x1, y0, y1, z0, z1] = [nx, -1, ny, -1, nz, -1]
  for (const mask of masks) {
    for (let k = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        const row = nx * (j + ny * k)
        for (let i = 0; i < nx; i++) {
          if (mask[row + i] === 0) continue
          if (i < x0) x0 = i
          if (i > x1) x1 = i
          if (j < y0) y0 = j
          if (j > y1) y1 = j
          if (k < z0) z0 = k
          if (k > z1) z1 = k
        }
      }
    }
  }
  return x1 < 0 ? undefined : { from: [x0, y0, z0], size: [x1 - x0 + 1, y1 - y0 + 1, z1 - z0 + 1] }
}

/** The part of a volume of `size` voxels inside the box. */
export function crop(data: Uint8Array, size: Vec3, { from, size: box }: Box): Uint8Array {
  const out = new Uint8Array(box[0] * box[1] * box[2])
  for (let k = 0; k < box[2]; k++) {
    for (let j = 0; j < box[1]; j++) {
      const row = from[0] + size[0] * (from[1] + j + size[1] * (from[2] + k))
      out.set(data.subarray(row, row + box[0]), box[0] * (j + box[1] * k))
    }
  }
  return out
}
