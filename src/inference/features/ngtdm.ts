// Differences from the neighbours' mean (pyradiomics "Neighbouring Gray Tone Difference Matrix (NGTDM) Features"; IBSI "Neighbourhood grey tone difference").
import type { Levels, TextureSettings } from './levels.ts'
import { bothWays, directions, strides } from './neighbours.ts'
import type { Features } from './roi.ts'

/** The five features: Busyness, Coarseness, Complexity, Contrast, Strength. */
export function ngtdmFeatures(levels: Levels, settings: TextureSettings): Features {
  const steps = bothWays(strides(directions(settings), levels.size))
  const { value, share, difference } = collectDifferences(levels, steps)
  const voxels = levels.voxels.length
  const present = value.length
  let [weighted, differences, mean, square] = [0, 0, 0, 0]
  for (let n = 0; n < present; n++) {
    weighted += share[n]! * difference[n]!
    differences += difference[n]!
    mean += share[n]! * value[n]!
    square += share[n]! * value[n]! ** 2
  }
  let [busy, complex, strong] = [0, 0, 0]
  for (let a = 0; a < present; a++) {
    for (let b = 0; b < a; b++) {
      const shares = share[a]! + share[b]!
      const apart = value[a]! - value[b]!
      busy += Math.abs(value[a]! * share[a]! - value[b]! * share[b]!)
      complex += (apart * (share[a]! * difference[a]! + share[b]! * difference[b]!)) / shares
      strong += shares * apart * apart
    }
  }
  return {
    Busyness: busy === 0 ? 0 : weighted / (2 * busy),
    // A flat region has no differences at all; pyradiomics returns a million.
    Coarseness: weighted === 0 ? 1e6 : 1 / weighted,
    Complexity: (2 * complex) / voxels,
    Contrast: present < 2 ? 0 : ((2 * (square - mean * mean)) / (present * (present - 1))) * (differences / voxels),
    Strength: differences === 0 ? 0 : (2 * strong) / differences,
  }
}

/** For each level that occurs, ascending: its value, its share of the voxels, and the sum of differences from the neighbours' mean. */
function collectDifferences({ level, voxels, counts }: Levels, steps: Int32Array) {
  const sums = new Float64Array(counts.length)
  for (const at of voxels) {
    let neighbours = 0
    let sum = 0
    for (const step of steps) {
      const other = level[at + step]!
      if (other === 0) continue
      neighbours++
      sum += other
    }
    if (neighbours > 0) sums[level[at]!]! += Math.abs(level[at]! - sum / neighbours)
  }
  const value = Float64Array.from(counts.keys()).filter((n) => counts[n]! > 0)
  return {
    value,
    share: value.map((n) => counts[n]! / voxels.length),
    difference: value.map((n) => sums[n]!),
  }
}
