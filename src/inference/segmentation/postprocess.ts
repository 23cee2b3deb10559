// From class probabilities on the working grid to labels on a series' own grid, with the bundle's size rules.
import { type Grid, type LabelVolume, voxelCount } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { removeSmallComponents } from '../volumes/components.ts'
import { indexMap, insideRange } from '../volumes/grids.ts'
import { IDENTITY } from '../volumes/rigid.ts'
import { type DecisionRule, decideVoxel, decisionRule, voxelsIn } from './decision.ts'

/**
 * Labels on the target grid: probabilities (one array per class: background, the bundle's labels, its anatomy) are interpolated
 * linearly at each target voxel centre and decided as the bundle declares (decideVoxel). Then, in this order: components below
 * min_component_ml are removed, enhancing tumour below enhancing_min_ml in all becomes necrotic core, and a tumour below
 * no_finding_below_ml counts as no finding (all zero). Voxels outside the working grid are background.
 */
export function labelsOnGrid(
  probabilities: readonly Float32Array[],
  workGrid: Grid,
  targetGrid: Grid,
  bundle: Pick<BundleManifest, 'labels' | 'regions' | 'postprocess'>,
): { labels: LabelVolume; noFinding: boolean } {
  const data = decide(probabilities, decisionRule(bundle), workGrid, targetGrid)
  const labels: LabelVolume = { grid: targetGrid, data }
  return { labels, noFinding: applySizeRules(labels, bundle) }
}

/** Applies the bundle's size rules to decided labels, in place; returns whether nothing remains. */
export function applySizeRules(
  labels: LabelVolume,
  bundle: Pick<BundleManifest, 'labels' | 'regions' | 'postprocess'>,
): boolean {
  const { min_component_ml, enhancing_min_ml, no_finding_below_ml } = bundle.postprocess
  removeSmallComponents(labels, voxelsIn(min_component_ml, labels.grid))
  relabelEnhancing(labels, bundle, voxelsIn(enhancing_min_ml, labels.grid))
  let tumour = 0
  for (let v = 0; v < labels.data.length; v++) if (labels.data[v]! > 0) tumour++
  const noFinding = tumour === 0 || tumour < voxelsIn(no_finding_below_ml, labels.grid)
  if (noFinding) labels.data.fill(0)
  return noFinding
}

function relabelEnhancing(
  { data }: LabelVolume,
  bundle: Pick<BundleManifest, 'labels' | 'regions'>,
  minimum: number,
): void {
  const necrotic = bundle.labels.find((label) => label.key === 'NCR')?.index
  if (necrotic === undefined) return
  const isEnhancing = new Uint8Array(256)
  for (const label of bundle.regions.ET ?? []) isEnhancing[label] = 1
  let voxels = 0
  for (let v = 0; v < data.length; v++) voxels += isEnhancing[data[v]!]!
  if (voxels === 0 || voxels >= minimum) return
  for (let v = 0; v < data.length; v++) if (isEnhancing[data[v]!] === 1) data[v] = necrotic
}

/** Decides each target voxel from the linearly interpolated probabilities. */
function decide(probabilities: readonly Float32Array[], rule: DecisionRule, work: Grid, target: Grid): Uint8Array {
  const out = new Uint8Array(voxelCount(target))
  const { base, axes } = indexMap(target, work, IDENTITY)
  const [nx, ny, nz] = work.size
  const dx = nx > 1 ? 1 : 0
  const dy = ny > 1 ? nx : 0
  const dz = nz > 1 ? nx * ny : 0
  // If the tumour is decided as a whole, the other classes need not be read.
  const tumourFirst = rule.decision !== 'most-probable'
  const rest = probabilities.filter((_, c) => c === 0 || (tumourFirst && c > rule.labelCount))
  const read = probabilities.slice(0, tumourFirst ? rule.labelCount + 1 : probabilities.length)
  const voxel = new Float64Array(read.length)
  const cells = undecidedCells(rest, work.size, dx, dy, dz)
  const step = axes[0]
  for (let k = 0; k < target.size[2]; k++) {
    for (let j = 0; j < target.size[1]; j++) {
      const at = (axis: 0 | 1 | 2) => base[axis] + j * axes[1][axis] + k * axes[2][axis]
      const start = [at(0), at(1), at(2)] as const
      const [from, to] = insideRange(start, step, work.size, target.size[0])
      const row = target.size[0] * (j + target.size[1] * k)
      for (let i = from; i < to; i++) {
        const x = start[0] + i * step[0]
        const y = start[1] + i * step[1]
        const z = start[2] + i * step[2]
        const x0 = Math.max(0, Math.min(Math.floor(x), nx - 2))
        const y0 = Math.max(0, Math.min(Math.floor(y), ny - 2))
        const z0 = Math.max(0, Math.min(Math.floor(z), nz - 2))
        const o = x0 + nx * (y0 + ny * z0)
        if (cells[o] === 0) continue
        const fx = x - x0
        const fy = y - y0
        const fz = z - z0
        for (let c = tumourFirst ? 1 : 0; c < read.length; c++) {
          const p = read[c]!
          const c00 = p[o]! * (1 - fx) + p[o + dx]! * fx
          const c10 = p[o + dy]! * (1 - fx) + p[o + dy + dx]! * fx
          const c01 = p[o + dz]! * (1 - fx) + p[o + dz + dx]! * fx
          const c11 = p[o + dz + dy]! * (1 - fx) + p[o + dz + dy + dx]! * fx
          voxel[c] = (c00 * (1 - fy) + c10 * fy) * (1 - fz) + (c01 * (1 - fy) + c11 * fy) * fz
        }
        out[row + i] = decideVoxel(voxel, rule)
      }
    }
  }
  return out
}

/** 1 for cells of eight neighbours in which the tumour can be outvoted; where it is above 1/2 at all eight, no mixture can beat it. */
function undecidedCells(
  rest: readonly Float32Array[],
  [nx, ny, nz]: Grid['size'],
  dx: number,
  dy: number,
  dz: number,
): Uint8Array {
  const cells = new Uint8Array(nx * ny * nz)
  for (let v = 0; v < cells.length; v++) {
    let sum = 0
    for (const p of rest) sum += p[v]!
    if (sum > 0.5) continue
    const i = v % nx
    const j = Math.floor(v / nx) % ny
    const k = Math.floor(v / (nx * ny))
    for (let n = 0; n < 8; n++) {
      const [bi, bj, bk] = [n & 1, (n >> 1) & 1, n >> 2]
      if (i < bi || j < bj || k < bk || (bi && nx < 2) || (bj && ny < 2) || (bk && nz < 2)) continue
      cells[v - bi * dx - bj * dy - bk * dz] = 1
    }
  }
  return cells
}
