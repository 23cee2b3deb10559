// Resamples labels that a person drew on another grid of the same space to the grid of a result: nearest voxel, nothing outside; pure.
import { AppError } from '../domain/errors.ts'
import { type Grid, type LabelVolume, voxelCount } from '../domain/volume.ts'
import { indexMap } from '../inference/volumes/grids.ts'
import { IDENTITY } from '../inference/volumes/rigid.ts'

/** Throws INPUT_IMPLAUSIBLE if labels were drawn but none lies on the grid: they belong to other images. */
export function labelsOnto({ grid: source, data }: LabelVolume, target: Grid): LabelVolume {
  const out = new Uint8Array(voxelCount(target))
  const { base, axes } = indexMap(target, source, IDENTITY)
  const [nx, ny, nz] = source.size
  const [tx, ty, tz] = target.size
  for (let k = 0, to = 0; k < tz; k++)
    for (let j = 0; j < ty; j++)
      for (let i = 0; i < tx; i++, to++) {
        const at = (axis: 0 | 1 | 2) =>
          Math.round(base[axis] + i * axes[0][axis] + j * axes[1][axis] + k * axes[2][axis])
        const [x, y, z] = [at(0), at(1), at(2)]
        if (x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz) out[to] = data[x + nx * (y + ny * z)]!
      }
  if (data.some((label) => label !== 0) && out.every((label) => label === 0))
    throw new AppError('INPUT_IMPLAUSIBLE', 'the reference lies elsewhere than the images of its study')
  return { grid: target, data: out }
}
