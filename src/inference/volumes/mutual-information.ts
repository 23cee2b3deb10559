// How well two images agree under a rigid transform: normalised mutual information and shared field of view.
import { trilinear } from '../../domain/trilinear.ts'
import type { Volume } from '../../domain/volume.ts'
import { indexMap } from './grids.ts'
import { quantilesAbove } from './quantile.ts'
import type { Rigid } from './rigid.ts'

const BINS = 32

export interface MutualInformation {
  /** (H(fixed) + H(moving)) / H(fixed, moving), 1 = nothing in common, 2 = the same image (Studholme 1999). */
  information: number
  /** Share of the fixed image's foreground that the moving image covers. */
  overlap: number
}

/**
 * Measured on every second voxel per axis of the fixed image, if it is foreground (above a tenth of the 99th percentile) and
 * the moving image covers it, with 32 intensity bins up to each image's 99.5th percentile.
 */
export function mutualInformation(
  fixed: Volume<Float32Array>,
  moving: Volume<Float32Array>,
  transform: Rigid,
): MutualInformation {
  const [upper, fixedMost] = upperIntensities(fixed.data, [0.99, 0.995])
  const [movingMost] = upperIntensities(moving.data, [0.995])
  const threshold = 0.1 * upper!
  const [fixedScale, movingScale] = [BINS / fixedMost!, BINS / movingMost!]
  const joint = new Float64Array(BINS * BINS)
  const { grid } = fixed
  const { base, axes } = indexMap(grid, moving.grid, transform)
  let foreground = 0
  let covered = 0
  for (let k = 0; k < grid.size[2]; k += 2) {
    for (let j = 0; j < grid.size[1]; j += 2) {
      const at = (axis: 0 | 1 | 2) => base[axis] + j * axes[1][axis] + k * axes[2][axis]
      const [x, y, z] = [at(0), at(1), at(2)]
      const row = grid.size[0] * (j + grid.size[1] * k)
      for (let i = 0; i < grid.size[0]; i += 2) {
        const value = fixed.data[row + i]!
        if (value <= threshold) continue
        foreground++
        const other = linearAt(moving, x + i * axes[0][0], y + i * axes[0][1], z + i * axes[0][2])
        if (Number.isNaN(other)) continue
        covered++
        joint[BINS * bin(value * fixedScale) + bin(other * movingScale)]!++
      }
    }
  }
  if (covered === 0) return { information: 1, overlap: 0 }
  return { information: normalisedInformation(joint), overlap: covered / foreground }
}

function normalisedInformation(joint: Float64Array): number {
  const rows = new Float64Array(BINS)
  const columns = new Float64Array(BINS)
  for (let a = 0; a < BINS; a++) {
    for (let b = 0; b < BINS; b++) {
      rows[a]! += joint[BINS * a + b]!
      columns[b]! += joint[BINS * a + b]!
    }
  }
  const both = entropy(joint)
  return both === 0 ? 1 : (entropy(rows) + entropy(columns)) / both
}

function entropy(counts: Float64Array): number {
  const total = counts.reduce((a, b) => a + b, 0)
  return counts.reduce((sum, n) => (n === 0 ? sum : sum - (n / total) * Math.log(n / total)), 0)
}

function bin(position: number): number {
  return Math.max(0, Math.min(BINS - 1, Math.floor(position)))
}

/** Quantiles of the positive voxels; 1 for an image that has none. */
function upperIntensities(data: Float32Array, shares: readonly number[]): number[] {
  return quantilesAbove(data, 0, shares).map((value) => (Number.isNaN(value) ? 1 : value))
}

/** NaN outside the outermost voxel centres. */
function linearAt({ grid, data }: Volume<Float32Array>, x: number, y: number, z: number): number {
  const [nx, ny, nz] = grid.size
  if (x < 0 || y < 0 || z < 0 || x > nx - 1 || y > ny - 1 || z > nz - 1) return Number.NaN
  return trilinear(data, nx, ny, nz, x, y, z)
}
