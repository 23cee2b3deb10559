// Inference on the slices of a view: slices form the network's batch, each seen with its neighbours; long stacks are processed in slabs.
import type { Flips, SliceRules, StageOutput, View } from '../bundle/graph.ts'
import { OutOfMemory } from './out-of-memory.ts'
import { activate, type Watch, type Zyx } from './sliding-window.ts'

export interface SliceInference extends SliceRules {
  view: View
  activation: StageOutput['activation']
  tta_flips: Flips
}

/** Logits [D - 2 context, outputs, H, W] of a slab [D, channels, H, W]. */
export type PredictSlab = (slab: Float32Array, dims: readonly [number, number, number, number]) => Promise<Float32Array>

/** Which axes of [Z, Y, X] are slices, rows and columns. */
const AXES: Record<View, readonly [number, number, number]> = {
  axial: [0, 1, 2],
  sagittal: [2, 0, 1],
  coronal: [1, 0, 2],
}

/** Slices per slab: as few slabs as `most` allows, all of equal size. */
export function slabDepth(slices: number, most: number): number {
  return Math.ceil(slices / Math.ceil(slices / Math.max(1, most)))
}

export interface SliceInferenceOptions extends Watch {
  /** One image [Z, Y, X] per channel of the network, in its order. */
  channels: readonly Float32Array[]
  /** Of every channel and of the answer, in voxels. */
  size: Zyx
  /** Values of the network per voxel. */
  outputs: number
  /** View, context, padding, length of a slab, activation and flips, as the bundle declares them. */
  rules: SliceInference
  /** Gets its slab in a buffer that the next call reuses. */
  predict: PredictSlab
}

/**
 * Probabilities, one array [Z, Y, X] per output: the mean over the flips. `context` slices beyond both ends are zero, rows and columns
 * are padded with zeros at their ends. Slabs overlap by their context, which is computed again; the last one is flush with the end. Where
 * `predict` throws OutOfMemory, slabs of half the size follow, down to a single slice. Throws RangeError when `predict` gives anything but
 * outputs x slab values.
 */
export async function sliceInference(options: SliceInferenceOptions): Promise<Float32Array[]> {
  const { channels, size, outputs, rules, predict, onProgress, onSample } = options
  const axes = AXES[rules.view]
  const sides = axes.map((axis) => size[axis]!) as [number, number, number]
  const [rows, columns] = [padded(sides[1], rules.divisible_pad), padded(sides[2], rules.divisible_pad)]
  const plane = rows * columns
  const slices = sides[0]
  const dimsOf = (count: number) => [count + 2 * rules.context, channels.length, rows, columns] as const
  let depth = slabDepth(slices, Math.floor(rules.slab_voxels / plane) - 2 * rules.context)
  let slab = new Float32Array(product(dimsOf(depth)))
  const voxels = size[0] * size[1] * size[2]
  const share = 1 / rules.tta_flips.length
  let mean: Float32Array[] | undefined
  for (const [n, flip] of rules.tta_flips.entries()) {
    const along = (axis: 0 | 1 | 2) => offsets(size, axes[axis], flip.includes('zyx'[axes[axis]] as 'z'))
    const at: Offsets = [along(0), along(1), along(2)]
    const sample = Array.from({ length: outputs }, () => new Float32Array(voxels))
    for (let next = 0; next < slices; ) {
      const start = Math.min(next, slices - depth)
      gather(channels, slab, at, start - rules.context, dimsOf(depth))
      const logits = await predict(slab, dimsOf(depth)).catch((error: unknown) => {
        if (!(error instanceof OutOfMemory) || depth === 1) throw error
      })
      if (!logits) {
        depth = Math.ceil(depth / 2)
        slab = slab.subarray(0, product(dimsOf(depth)))
        continue
      }
      const expected = depth * outputs * plane
      if (logits.length !== expected)
        throw new RangeError(`the network gave ${logits.length} values per slab instead of ${expected}`)
      scatter(logits, sample, at, { first: start, depth, height: rows, width: columns })
      next = start + depth
      onProgress?.((n + next / slices) / rules.tta_flips.length)
    }
    activate(sample, rules.activation)
    onSample?.(sample)
    if (rules.tta_flips.length === 1) return sample
    mean ??= sample.map((one) => new Float32Array(one.length))
    for (const [n, one] of sample.entries()) for (let v = 0; v < voxels; v++) mean[n]![v]! += one[v]! * share
  }
  return mean!
}

function product(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b)
}

function padded(side: number, multiple: number): number {
  return Math.ceil(side / multiple) * multiple
}

/** Where each slice, row and column of the view lies in [Z, Y, X]. */
type Offsets = readonly [Int32Array, Int32Array, Int32Array]

function offsets(size: Zyx, axis: number, flipped: boolean): Int32Array {
  const stride = [size[1] * size[2], size[2], 1][axis]!
  const n = size[axis]!
  return Int32Array.from({ length: n }, (_, i) => (flipped ? n - 1 - i : i) * stride)
}

function gather(
  channels: readonly Float32Array[],
  slab: Float32Array,
  [slices, rows, columns]: Offsets,
  first: number,
  [depth, , height, width]: readonly [number, number, number, number],
): void {
  slab.fill(0)
  for (let d = 0; d < depth; d++) {
    if (first + d < 0 || first + d >= slices.length) continue
    for (const [c, channel] of channels.entries()) {
      for (let h = 0; h < rows.length; h++) {
        const from = slices[first + d]! + rows[h]!
        const to = width * (h + height * (c + channels.length * d))
        for (let w = 0; w < columns.length; w++) slab[to + w] = channel[from + columns[w]!]!
      }
    }
  }
}

function scatter(
  logits: Float32Array,
  out: readonly Float32Array[],
  [slices, rows, columns]: Offsets,
  { first, depth, height, width }: { first: number; depth: number; height: number; width: number },
): void {
  for (let d = 0; d < depth; d++) {
    for (const [k, volume] of out.entries()) {
      for (let h = 0; h < rows.length; h++) {
        const to = slices[first + d]! + rows[h]!
        const from = width * (h + height * (k + out.length * d))
        for (let w = 0; w < columns.length; w++) volume[to + columns[w]!] = logits[from + w]!
      }
    }
  }
}
