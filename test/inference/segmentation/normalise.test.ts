import { describe, expect, it } from 'vitest'
import { foregroundThreshold, normalise } from '../../../src/inference/segmentation/normalise.ts'
import { quantileOf } from '../../../src/inference/volumes/quantile.ts'
import { axial, golden, paint, readJson } from '../support.ts'

const rules = {
  name: 'foreground-zscore' as const,
  threshold_fraction_of_p99: 0.1,
  clip_percentiles: [0.5, 99.5] as [number, number],
  clip: [-5, 5] as [number, number],
}

describe('normalisation', () => {
  it('matches the training code', () => {
    const example = readJson(golden('normalise.json')).normalise
    const [z, y, x] = example.shape_zyx
    const volume = { grid: axial([x, y, z], [2, 2, 2]), data: Float32Array.from(example.in as number[]) }
    const out = normalise(volume, rules, 'T1')
    for (const [v, value] of (example.out as number[]).entries()) expect(out.data[v]).toBeCloseTo(value, 4)
    expect(volume.data[5]).toBe(Math.fround(example.in[5]))
  })

  it('interpolates percentiles as numpy does', () => {
    expect(quantileOf(Float32Array.of(1, 2, 3, 10), 0.5)).toBe(2.5)
    expect(quantileOf(Float32Array.of(1, 2, 3, 10), 1)).toBe(10)
    expect(quantileOf(Float32Array.of(1, 2, 3, 10), 0.9)).toBeCloseTo(7.9, 6)
    expect(quantileOf(Float32Array.of(4), 0.99)).toBe(4)
  })

  it('clips what lies far outside and keeps background at one value', () => {
    const volume = paint(axial([10, 10, 10], [2, 2, 2]), ([x, y, z]) =>
      x === 0 ? 0 : x === 18 && y === 18 && z === 18 ? 1e9 : 100 + y,
    )
    const out = normalise(volume, rules, 'T2').data
    expect(out.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(5)
    expect(new Set(out.filter((_, v) => v % 10 === 0)).size).toBe(1)
  })

  it('gives a threshold of 0 for an image without signal', () => {
    expect(
      foregroundThreshold(
        paint(axial([3, 3, 3], [2, 2, 2]), () => 0),
        rules,
      ),
    ).toBe(0)
  })

  it.each([
    ['empty', () => 0, 'the FLAIR image has no voxel above zero'],
    ['negative', () => -3, 'the FLAIR image has no voxel above zero'],
    ['constant', () => 7, 'the FLAIR image is constant'],
  ])('refuses an image that is %s', (_name, f, message) => {
    const volume = paint(axial([4, 4, 4], [2, 2, 2]), f)
    expect(() => normalise(volume, rules, 'FLAIR')).toThrowError(
      expect.objectContaining({ code: 'INPUT_IMPLAUSIBLE', message: expect.stringContaining(message) }),
    )
  })

  const nonzero = { name: 'nonzero-zscore' as const, threshold_fraction_of_p99: 0.1 }

  it('takes the z-score of what is not zero, negative voxels included, and keeps zeros', () => {
    const data = Float32Array.of(0, 4, -2, 0, 10, 4)
    // numpy: v = np.array([4, -2, 10, 4]); (v - v.mean()) / v.std()
    const want = [0, 0, -Math.SQRT2, 0, Math.SQRT2, 0]
    const out = normalise({ grid: axial([3, 2, 1], [1, 1, 1]), data }, nonzero, 'T2').data
    for (const [v, value] of want.entries()) expect(out[v]).toBeCloseTo(value, 6)
  })

  it.each([
    ['empty', 0, 'the T1 image has no voxel other than zero'],
    ['constant', 7, 'the T1 image is constant'],
  ])('refuses an image that is %s under "nonzero-zscore"', (_name, value, message) => {
    const volume = paint(axial([4, 4, 4], [2, 2, 2]), () => value)
    expect(() => normalise(volume, nonzero, 'T1')).toThrowError(
      expect.objectContaining({ code: 'INPUT_IMPLAUSIBLE', message: expect.stringContaining(message) }),
    )
  })
})
