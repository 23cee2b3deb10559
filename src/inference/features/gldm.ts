// How many neighbours depend on a voxel (pyradiomics "Gray Level Dependence Matrix (GLDM) Features"; IBSI "Neighbouring grey level dependence").
import { countCells } from './cells.ts'
import type { Levels, TextureSettings } from './levels.ts'
import { bothWays, directions, strides } from './neighbours.ts'
import type { Features } from './roi.ts'
import { sizeStatistics } from './size-matrix.ts'

/** The 14 features; a neighbour inside is dependent if its level differs by at most gldm_a, and the voxel counts itself. */
export function gldmFeatures(levels: Levels, settings: TextureSettings): Features {
  const steps = bothWays(strides(directions(settings), levels.size))
  const s = sizeStatistics(collectDependences(levels, steps, settings.gldm_a))
  return {
    DependenceEntropy: s.entropy,
    DependenceNonUniformity: s.sizeNonUniformity,
    DependenceNonUniformityNormalized: s.sizeNonUniformityNormalised,
    DependenceVariance: s.sizeVariance,
    GrayLevelNonUniformity: s.greyNonUniformity,
    GrayLevelVariance: s.greyVariance,
    HighGrayLevelEmphasis: s.highGreyEmphasis,
    LargeDependenceEmphasis: s.largeEmphasis,
    LargeDependenceHighGrayLevelEmphasis: s.largeHighEmphasis,
    LargeDependenceLowGrayLevelEmphasis: s.largeLowEmphasis,
    LowGrayLevelEmphasis: s.lowGreyEmphasis,
    SmallDependenceEmphasis: s.smallEmphasis,
    SmallDependenceHighGrayLevelEmphasis: s.smallHighEmphasis,
    SmallDependenceLowGrayLevelEmphasis: s.smallLowEmphasis,
  }
}

function collectDependences({ level, voxels }: Levels, steps: Int32Array, most: number) {
  const width = steps.length + 2
  const keys = new Float64Array(voxels.length)
  for (let n = 0; n < voxels.length; n++) {
    const at = voxels[n]!
    const value = level[at]!
    let count = 1
    for (const step of steps) {
      const other = level[at + step]!
      if (other !== 0 && Math.abs(other - value) <= most) count++
    }
    keys[n] = value * width + count
  }
  return countCells(keys, width)
}
