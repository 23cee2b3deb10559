// Occlusion saliency (Zeiler and Fergus 2014): blocks of the image in and near the tumour are hidden one by one, and the change of each answer is
// recorded at the block's position.
import type { Saliency, Segment } from '../../domain/finding.ts'
import { type Grid, toPatient, type Vec3, type Volume, voxelCount } from '../../domain/volume.ts'
import type { Encoder } from '../bundle/encoder.ts'
import { type ImageWindow, nearTumour } from './window.ts'

export interface OcclusionInput {
  window: ImageWindow
  /** The working grid, and the labels on it. */
  grid: Grid
  labels: Uint8Array
  rules: NonNullable<Encoder['occlusion']>
  /** The answers' scores for such a window, one per answer to be explained. */
  scoresOf: (window: Float32Array) => Promise<number[]>
}

/**
 * One map per answer, on the working grid: the score of the whole image minus the score without the block, averaged over the
 * blocks that contained the voxel; 0 beyond the margin around the tumour. Positive values favour the answer.
 */
export async function occlude(input: OcclusionInput): Promise<Volume[]> {
  const { window, grid, labels, rules, scoresOf } = input
  const near = nearTumour(labels, grid, rules.margin_mm)
  const whole = await scoresOf(window.data)
  const maps = whole.map(() => new Float32Array(voxelCount(grid)))
  const held = new Uint16Array(voxelCount(grid))
  for (const from of blocks(near, grid.size, rules.block_voxels, rules.stride_voxels)) {
    const scores = await scoresOf(hide(from, near, input))
    forBlock(from, rules.block_voxels, grid.size, (v) => {
      if (near[v] === 0) return
      held[v]!++
      for (const [n, map] of maps.entries()) map[v]! += whole[n]! - scores[n]!
    })
  }
  return maps.map((map) => ({ grid, data: map.map((sum, v) => (held[v]! > 0 ? sum / held[v]! : 0)) }))
}

/**
 * First voxels of the blocks that touch the region near the tumour; they begin before its box, so that a voxel at the border is
 * in as many blocks as one inside.
 */
function blocks(near: Uint8Array, size: Vec3, block: number, stride: number): Vec3[] {
  const [nx, ny] = size
  const low = [...size] as [number, number, number]
  const high = [-1, -1, -1] as [number, number, number]
  for (let v = 0; v < near.length; v++) {
    if (near[v] === 0) continue
    const at = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))]
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], at[axis]!)
      high[axis] = Math.max(high[axis], at[axis]!)
    }
  }
  const centres: Vec3[] = []
  for (let k = low[2] - block + stride; k <= high[2]; k += stride)
    for (let j = low[1] - block + stride; j <= high[1]; j += stride)
      for (let i = low[0] - block + stride; i <= high[0]; i += stride) {
        let touches = false
        forBlock([i, j, k], block, size, (v) => {
          touches ||= near[v] === 1
        })
        if (touches) centres.push([i, j, k])
      }
  return centres
}

type Visit = (voxel: number, i: number, j: number, k: number) => void

function forBlock(from: Vec3, block: number, [nx, ny, nz]: Vec3, visit: Visit): void {
  for (let k = Math.max(0, from[2]); k < Math.min(nz, from[2] + block); k++)
    for (let j = Math.max(0, from[1]); j < Math.min(ny, from[1] + block); j++)
      for (let i = Math.max(0, from[0]); i < Math.min(nx, from[0] + block); i++) visit(i + nx * (j + ny * k), i, j, k)
}

/** The window with the block's voxels near the tumour set to the baseline, in every channel that the study has. */
function hide(from: Vec3, near: Uint8Array, { window, grid, rules }: OcclusionInput): Float32Array {
  const { data, size, start, present } = window
  const hidden = data.slice()
  const count = size[0] * size[1] * size[2]
  forBlock(from, rules.block_voxels, grid.size, (v, i, j, k) => {
    const at = [i - start[0], j - start[1], k - start[2]] as const
    if (near[v] === 0 || at.some((n, axis) => n < 0 || n >= size[axis]!)) return
    const w = at[0] + size[0] * (at[1] + size[1] * at[2])
    for (const [c, there] of present.entries()) if (there) hidden[c * count + w] = rules.baseline
  })
  return hidden
}

/** Where the strongest voxels lie; undefined if nothing changed the answer. */
export function saliencyFacts(
  { grid, data }: Volume,
  labels: Uint8Array,
  segments: readonly Pick<Segment, 'label' | 'key'>[],
  blockVoxels: number,
): Saliency | undefined {
  const strongest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (!(strongest > 0)) return undefined
  const [nx, ny] = grid.size
  const sum = [0, 0, 0] as [number, number, number]
  const inLabel = new Map<number, number>()
  let count = 0
  for (let v = 0; v < data.length; v++) {
    if (Math.abs(data[v]!) < strongest / 2) continue
    count++
    sum[0] += v % nx
    sum[1] += Math.floor(v / nx) % ny
    sum[2] += Math.floor(v / (nx * ny))
    inLabel.set(labels[v]!, (inLabel.get(labels[v]!) ?? 0) + 1)
  }
  const share = (label: number) => (inLabel.get(label) ?? 0) / count
  const [sx, sy, sz] = grid.spacing
  return {
    blockMm: [blockVoxels * sx, blockVoxels * sy, blockVoxels * sz],
    centre: toPatient(grid, [sum[0] / count, sum[1] / count, sum[2] / count]),
    insideTumour: 1 - share(0),
    segments: Object.fromEntries(segments.map(({ label, key }) => [key, share(label)])),
  }
}
