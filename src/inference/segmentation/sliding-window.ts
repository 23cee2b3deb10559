// Sliding-window inference like MONAI's SlidingWindowInferer: full windows, Gaussian importance, mean over test-time flips.
import type { Flips, SlidingWindowRules, StageOutput } from '../bundle/graph.ts'

/** Sizes and positions in Z, Y, X order, as in network tensors. */
export type Zyx = readonly [number, number, number]

/** Logits of one window [members * classes, Z, Y, X], member after member, for its channels [channels, Z, Y, X]. */
export type Predict = (window: Float32Array) => Promise<Float32Array>

/** How windows are placed, what becomes of their logits, and the flips over which everything is repeated. */
export interface WindowRules extends SlidingWindowRules {
  activation: StageOutput['activation']
  tta_flips: Flips
}

/** Window starts along one axis: step roi * (1 - overlap), the last one flush with the end. */
export function windowStarts(size: number, roi: number, overlap: number): number[] {
  if (size <= roi) return [0]
  const step = Math.max(1, Math.trunc(roi * (1 - overlap)))
  return Array.from({ length: Math.ceil((size - roi) / step) + 1 }, (_, i) => Math.min(i * step, size - roi))
}

/** Weight per voxel of a window: 1, or a separable Gaussian about (roi - 1) / 2 of sigma = sigmaScale * roi, at least 1e-3. */
export function importanceMap(roi: Zyx, mode: SlidingWindowRules['mode'], sigmaScale: number): Float32Array {
  const out = new Float32Array(roi[0] * roi[1] * roi[2]).fill(1)
  if (mode === 'constant') return out
  const curve = (n: number) =>
    Float64Array.from({ length: n }, (_, i) => Math.exp(-0.5 * ((i - (n - 1) / 2) / (sigmaScale * n)) ** 2))
  const [wz, wy, wx] = [curve(roi[0]), curve(roi[1]), curve(roi[2])]
  let at = 0
  for (const z of wz) for (const y of wy) for (const x of wx) out[at++] = Math.max(z * y * x, 1e-3)
  return out
}

/** Optional observers of the windows. */
export interface Watch {
  onProgress?: (fraction: number) => void
  /**
   * Receives the blended probabilities of each sample (one ensemble member under one flip); valid during the call, and may be
   * changed there before it goes into the mean.
   */
  onSample?: (probabilities: readonly Float32Array[]) => void
}

export interface SlidingWindowOptions extends Watch {
  /** One image [Z, Y, X] per channel of the network, in its order. */
  channels: readonly Float32Array[]
  /** Of every channel and of the answer, in voxels. */
  size: Zyx
  /** Outputs of the network per voxel. */
  classes: number
  /** Networks of an ensemble, whose logits stand one after the other in what `predict` gives; 1 when absent. */
  members?: number | undefined
  /** Window size and overlap, importance, padding, activation and flips, as the bundle declares them. */
  rules: WindowRules
  /** Gets its window in a buffer that the next call reuses. */
  predict: Predict
}

/**
 * Class probabilities, one array [Z, Y, X] per class. A side shorter than the window is padded at both ends (the smaller half
 * first) with the channel's minimum, or with zero if the rules say so. The activation is applied per window and member, then
 * windows are blended (with blend "logits" the other way round); each flip and member is blended separately and then averaged.
 * Memory: (1 + members) times the output, plus one window. Throws RangeError when `predict` returns anything but
 * members x classes x window values.
 */
export async function slidingWindow(options: SlidingWindowOptions): Promise<Float32Array[]> {
  const { channels, size, classes, members = 1, rules, predict, onProgress, onSample } = options
  const roi = rules.roi_size as Zyx
  const voxels = size[0] * size[1] * size[2]
  const weights = importanceMap(roi, rules.mode, rules.sigma_scale)
  const padding = channels.map((channel) =>
    rules.padding === 'zero' ? 0 : channel.reduce((a, b) => Math.min(a, b), Infinity),
  )
  const ofLogits = rules.blend === 'logits'
  const starts = roi.map((n, axis) => windowStarts(Math.max(size[axis]!, n), n, rules.overlap))
  const windows = starts[0]!.flatMap((z) => starts[1]!.flatMap((y) => starts[2]!.map((x): Zyx => [z, y, x])))
  const window = new Float32Array(channels.length * weights.length)
  const mean = Array.from({ length: classes }, () => new Float32Array(voxels))
  let done = 0
  for (const flip of rules.tta_flips) {
    const sums = Array.from({ length: members * classes }, () => new Float32Array(voxels))
    const total = new Float32Array(voxels)
    for (const start of windows) {
      const rows = windowRows(size, roi, start, flip)
      for (const [c, channel] of channels.entries())
        gather(channel, window.subarray(c * weights.length), rows, roi, padding[c]!)
      const output = await predict(window)
      const expected = sums.length * weights.length
      if (output.length !== expected)
        throw new RangeError(`the network gave ${output.length} values per window instead of ${expected}`)
      const each = classes * weights.length
      for (let m = 0; !ofLogits && m < members; m++)
        activate(split(output.subarray(m * each, (m + 1) * each), classes), rules.activation)
      for (const [n, sum] of sums.entries()) blend(output.subarray(n * weights.length), weights, sum, rows, roi)
      blend(undefined, weights, total, rows, roi)
      onProgress?.(++done / (windows.length * rules.tta_flips.length))
    }
    for (const sum of sums) for (let v = 0; v < voxels; v++) sum[v]! /= total[v]!
    for (let m = 0; ofLogits && m < members; m++) activate(sums.slice(m * classes, (m + 1) * classes), rules.activation)
    for (let m = 0; m < members; m++) onSample?.(sums.slice(m * classes, (m + 1) * classes))
    const share = 1 / (members * rules.tta_flips.length)
    for (const [n, sum] of sums.entries()) {
      const target = mean[n % classes]!
      for (let v = 0; v < voxels; v++) target[v]! += sum[v]! * share
    }
  }
  return mean
}

/** Where a window lies in the volume: for each axis, the volume's index of each window index, -1 in the padding. */
function windowRows(
  size: Zyx,
  roi: Zyx,
  start: Zyx,
  flip: readonly string[],
): readonly [Int32Array, Int32Array, Int32Array] {
  const axis = (a: 0 | 1 | 2) => {
    const before = Math.max(0, Math.floor((roi[a] - size[a]) / 2))
    const flipped = flip.includes('zyx'[a]!)
    return Int32Array.from({ length: roi[a] }, (_, i) => {
      const at = start[a] + i - before
      if (at < 0 || at >= size[a]) return -1
      return (flipped ? size[a] - 1 - at : at) * (a === 0 ? size[1] * size[2] : a === 1 ? size[2] : 1)
    })
  }
  return [axis(0), axis(1), axis(2)]
}

type Rows = ReturnType<typeof windowRows>

function gather(channel: Float32Array, window: Float32Array, [zs, ys, xs]: Rows, roi: Zyx, padding: number): void {
  let at = 0
  for (let z = 0; z < roi[0]; z++) {
    for (let y = 0; y < roi[1]; y++) {
      const inside = zs[z]! >= 0 && ys[y]! >= 0
      const row = zs[z]! + ys[y]!
      for (let x = 0; x < roi[2]; x++) window[at++] = inside && xs[x]! >= 0 ? channel[row + xs[x]!]! : padding
    }
  }
}

/** Adds weight * value (or the weight alone) of a window to the volume. */
function blend(
  values: Float32Array | undefined,
  weights: Float32Array,
  sum: Float32Array,
  [zs, ys, xs]: Rows,
  roi: Zyx,
): void {
  for (let z = 0; z < roi[0]; z++) {
    if (zs[z]! < 0) continue
    for (let y = 0; y < roi[1]; y++) {
      if (ys[y]! < 0) continue
      const row = zs[z]! + ys[y]!
      const at = roi[2] * (y + roi[1] * z)
      for (let x = 0; x < roi[2]; x++) {
        if (xs[x]! >= 0) sum[row + xs[x]!]! += values ? weights[at + x]! * values[at + x]! : weights[at + x]!
      }
    }
  }
}

/** Consecutive classes. */
function split(all: Float32Array, classes: number): Float32Array[] {
  const n = all.length / classes
  return Array.from({ length: classes }, (_, c) => all.subarray(c * n, (c + 1) * n))
}

/** Logits to probabilities, in place; one array per class or region. */
export function activate(logits: readonly Float32Array[], activation: StageOutput['activation']): void {
  if (activation === 'softmax') softmax(logits)
  else for (const one of logits) for (let v = 0; v < one.length; v++) one[v] = 1 / (1 + Math.exp(-one[v]!))
}

/** Softmax over classes, in place; one array per class. */
export function softmax(logits: readonly Float32Array[]): void {
  const n = logits[0]!.length
  for (let v = 0; v < n; v++) {
    let peak = -Infinity
    for (const one of logits) peak = Math.max(peak, one[v]!)
    let sum = 0
    for (const one of logits) sum += one[v] = Math.exp(one[v]! - peak)
    for (const one of logits) one[v]! /= sum
  }
}
