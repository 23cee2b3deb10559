// Grey level run lengths (pyradiomics "Gray Level Run Length Matrix (GLRLM) Features"; IBSI "Grey level run length based features").
import type { Vec3 } from '../../domain/volume.ts'
import { countCells, meanOf } from './cells.ts'
import type { Levels, TextureSettings } from './levels.ts'
import { directions, strides } from './neighbours.ts'
import type { Features } from './roi.ts'
import { type SizeStatistics, sizeStatistics } from './size-matrix.ts'

const NAMES: Record<string, keyof SizeStatistics> = {
  GrayLevelNonUniformity: 'greyNonUniformity',
  GrayLevelNonUniformityNormalized: 'greyNonUniformityNormalised',
  GrayLevelVariance: 'greyVariance',
  HighGrayLevelRunEmphasis: 'highGreyEmphasis',
  LongRunEmphasis: 'largeEmphasis',
  LongRunHighGrayLevelEmphasis: 'largeHighEmphasis',
  LongRunLowGrayLevelEmphasis: 'largeLowEmphasis',
  LowGrayLevelRunEmphasis: 'lowGreyEmphasis',
  RunEntropy: 'entropy',
  RunLengthNonUniformity: 'sizeNonUniformity',
  RunLengthNonUniformityNormalized: 'sizeNonUniformityNormalised',
  RunPercentage: 'percentage',
  RunVariance: 'sizeVariance',
  ShortRunEmphasis: 'smallEmphasis',
  ShortRunHighGrayLevelEmphasis: 'smallHighEmphasis',
  ShortRunLowGrayLevelEmphasis: 'smallLowEmphasis',
}

/** The 16 features, each averaged over the directions along which some line meets the region twice; lengths in voxels. */
export function glrlmFeatures(
  levels: Levels,
  settings: Pick<TextureSettings, 'force2D' | 'force2Ddimension'>,
): Features {
  const perDirection = directions({ ...settings, distances: [1] }).flatMap((direction) => {
    const runs = collectRuns(levels, direction)
    return runs ? [sizeStatistics(runs)] : []
  })
  const named = perDirection.map((statistics) =>
    Object.fromEntries(Object.entries(NAMES).map(([name, key]) => [name, statistics[key]])),
  )
  return meanOf(named, Object.keys(NAMES))
}

/** Runs by level and length; undefined if each line along the direction meets the region at most once. */
function collectRuns(levels: Levels, direction: Vec3) {
  const { level, voxels, size } = levels
  const step = strides([direction], size)[0]!
  const width = Math.max(...size) + 1
  const keys = new Float64Array(voxels.length)
  let runs = 0
  let neighbours = false
  for (const at of voxels) {
    const value = level[at]!
    if (level[at + step] !== 0) neighbours = true
    if (level[at - step] === value) continue
    let count = 1
    for (let next = at + step; level[next] === value; next += step) count++
    keys[runs++] = value * width + count
  }
  if (!neighbours && !meetsTwice(levels, direction)) return undefined
  return countCells(keys.subarray(0, runs), width)
}

/** Whether two voxels lie on one line along the direction, at any distance: a line is identified by its point where t is 0. */
function meetsTwice({ voxels, size }: Levels, [dx, dy, dz]: Vec3): boolean {
  const lines = new Set<string>()
  for (const at of voxels) {
    const line = Math.floor(at / size[0])
    const [x, y, z] = [at % size[0], line % size[1], Math.floor(line / size[1])]
    const t = dz !== 0 ? z * dz : dy !== 0 ? y * dy : x * dx
    lines.add(`${x - t * dx} ${y - t * dy} ${z - t * dz}`)
  }
  return lines.size < voxels.length
}
