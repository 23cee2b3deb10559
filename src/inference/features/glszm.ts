// Zones of one grey level (pyradiomics "Gray Level Size Zone Matrix (GLSZM) Features"; IBSI "Grey level size zone based features").
import { countCells } from './cells.ts'
import type { Levels, TextureSettings } from './levels.ts'
import { bothWays, directions, strides } from './neighbours.ts'
import type { Features } from './roi.ts'
import { sizeStatistics } from './size-matrix.ts'

/** The 16 features of zones, which are 26-connected voxels of one level; sizes in voxels. */
export function glszmFeatures(
  levels: Levels,
  settings: Pick<TextureSettings, 'force2D' | 'force2Ddimension'>,
): Features {
  const steps = bothWays(strides(directions({ ...settings, distances: [1] }), levels.size))
  const s = sizeStatistics(collectZones(levels, steps))
  return {
    GrayLevelNonUniformity: s.greyNonUniformity,
    GrayLevelNonUniformityNormalized: s.greyNonUniformityNormalised,
    GrayLevelVariance: s.greyVariance,
    HighGrayLevelZoneEmphasis: s.highGreyEmphasis,
    LargeAreaEmphasis: s.largeEmphasis,
    LargeAreaHighGrayLevelEmphasis: s.largeHighEmphasis,
    LargeAreaLowGrayLevelEmphasis: s.largeLowEmphasis,
    LowGrayLevelZoneEmphasis: s.lowGreyEmphasis,
    SizeZoneNonUniformity: s.sizeNonUniformity,
    SizeZoneNonUniformityNormalized: s.sizeNonUniformityNormalised,
    SmallAreaEmphasis: s.smallEmphasis,
    SmallAreaHighGrayLevelEmphasis: s.smallHighEmphasis,
    SmallAreaLowGrayLevelEmphasis: s.smallLowEmphasis,
    ZoneEntropy: s.entropy,
    ZonePercentage: s.percentage,
    ZoneVariance: s.sizeVariance,
  }
}

function collectZones({ level, voxels }: Levels, steps: Int32Array) {
  const width = voxels.length + 1
  const keys = new Float64Array(voxels.length)
  const seen = new Uint8Array(level.length)
  const zone = new Int32Array(voxels.length)
  let zones = 0
  for (const seed of voxels) {
    if (seen[seed] === 1) continue
    const value = level[seed]!
    seen[seed] = 1
    zone[0] = seed
    let size = 1
    for (let head = 0; head < size; head++) {
      const at = zone[head]!
      for (const step of steps) {
        const next = at + step
        if (level[next] !== value || seen[next] === 1) continue
        seen[next] = 1
        zone[size++] = next
      }
    }
    keys[zones++] = value * width + size
  }
  return countCells(keys.subarray(0, zones), width)
}
