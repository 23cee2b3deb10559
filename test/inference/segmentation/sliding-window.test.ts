import { describe, expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { startRunner } from '../../../src/inference/runtime/runner.ts'
import {
  importanceMap,
  slidingWindow,
  softmax,
  windowStarts,
  type Zyx,
} from '../../../src/inference/segmentation/sliding-window.ts'
import { axial, bytesOf, readJson, silent, tinyBundle } from '../support.ts'

const rules = {
  roi_size: [4, 4, 4] as [number, number, number],
  overlap: 0.5,
  mode: 'gaussian' as const,
  sigma_scale: 0.125,
  activation: 'softmax' as const,
  tta_flips: [[]],
}

describe('windows', () => {
  it('start at steps and end flush', () => {
    expect(windowStarts(10, 10, 0.5)).toEqual([0])
    expect(windowStarts(7, 10, 0.5)).toEqual([0])
    expect(windowStarts(21, 10, 0.5)).toEqual([0, 5, 10, 11])
    expect(windowStarts(20, 10, 0)).toEqual([0, 10])
    expect(windowStarts(5, 2, 0.75)).toEqual([0, 1, 2, 3])
  })

  it('weigh the middle with 1 and corners with the floor', () => {
    const map = importanceMap([3, 5, 7], 'gaussian', 0.125)
    expect(map[3 + 7 * (2 + 5 * 1)]).toBeCloseTo(1, 6)
    expect(map[0]).toBeCloseTo(1e-3, 6)
    expect(Math.max(...importanceMap([2, 2, 2], 'constant', 0.125))).toBe(1)
  })

  it('give back a voxel-wise function exactly, whatever the overlap, flips and padding', async () => {
    const size: Zyx = [3, 6, 9]
    const image = Float32Array.from({ length: 162 }, (_, i) => Math.sin(i))
    const flips = [[], ['x'], ['z', 'y']] as ('x' | 'y' | 'z')[][]
    const seen: number[] = []
    const out = await slidingWindow({
      channels: [image],
      size,
      classes: 2,
      rules: { ...rules, tta_flips: flips },
      predict: async (window) => Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 0 : window[i - 64]!)),
      onProgress: (fraction) => seen.push(fraction),
    })
    const expected = image.map((x) => 1 / (1 + Math.exp(-x)))
    for (const [v, p] of out[1]!.entries()) expect(p).toBeCloseTo(expected[v]!, 5)
    expect(seen.at(-1)).toBe(1)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  it('give each member of an ensemble under each flip as a sample, and their mean', async () => {
    const image = Float32Array.from({ length: 162 }, (_, i) => Math.cos(i))
    const samples: Float32Array[] = []
    const out = await slidingWindow({
      channels: [image],
      size: [3, 6, 9],
      classes: 2,
      members: 2,
      rules: { ...rules, tta_flips: [[], ['y']] },
      // The second member sees the opposite of the first.
      predict: async (window) =>
        Float32Array.from({ length: 256 }, (_, i) => [0, window[i % 64]!, 0, -window[i % 64]! / 2][i >> 6]!),
      onSample: (probabilities) => samples.push(probabilities[1]!.slice()),
    })
    expect(samples).toHaveLength(4)
    for (const [v, x] of image.entries()) {
      const first = 1 / (1 + Math.exp(-x))
      const second = 1 / (1 + Math.exp(x / 2))
      for (const [n, sample] of samples.entries()) expect(sample[v]).toBeCloseTo(n % 2 ? second : first, 5)
      expect(out[1]![v]).toBeCloseTo((first + second) / 2, 5)
    }
  })

  it('refuse a network of another number of classes', async () => {
    const run = slidingWindow({
      channels: [new Float32Array(64)],
      size: [4, 4, 4],
      classes: 3,
      rules,
      predict: async () => new Float32Array(128),
    })
    await expect(run).rejects.toThrow('128 values per window instead of 192')
  })

  it('keep softmax finite for large logits', () => {
    const [a, b] = [new Float32Array([1000, -1000]), new Float32Array([999, -1000])]
    softmax([a, b])
    expect([...a, ...b].every(Number.isFinite)).toBe(true)
    expect(a[0]! + b[0]!).toBeCloseTo(1, 6)
  })

  it('match MONAI on a network whose windows have borders, through the inference process', async () => {
    const bundle = await loadBundle(tinyBundle)
    const golden = readJson(`${tinyBundle}/windows.json`)
    const [nz, ny, nx] = golden.size_zyx
    const all = new Int8Array(bytesOf(golden.image_int8))
    const expected = new Uint16Array(bytesOf(golden.expected_uint16))
    const n = nz * ny * nx
    const grid = axial([nx, ny, nz], [2, 2, 2])
    const channels = [0, 1, 2, 3].map((c) => ({
      grid,
      data: Float32Array.from(all.subarray(c * n, (c + 1) * n), (v) => v * golden.scale),
    }))
    const runner = await startRunner({ bundle, providers: ['cpu'], threads: 1, timeoutMs: 60_000, log: silent })
    try {
      const { probabilities, execution } = await runner.segment({ channels })
      expect(probabilities).toHaveLength(4)
      let worst = 0
      for (const [c, p] of probabilities.entries()) {
        for (let v = 0; v < n; v++) worst = Math.max(worst, Math.abs(p[v]! - expected[c * n + v]! / 65535))
      }
      expect(worst).toBeLessThan(2e-4)
      expect(execution).toMatchObject({ provider: 'cpu', requested: ['cpu'], declined: [] })
      expect(execution.runtime).toMatch(/^onnxruntime-node \d/)
      expect(execution.seconds).toBeGreaterThan(0)
      expect(execution.peakRssMb).toBeGreaterThan(10)
    } finally {
      await runner.close()
    }
  })
})
