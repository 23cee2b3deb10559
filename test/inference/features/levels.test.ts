// Binning at its edges, and inputs that no feature can be made of.
import { describe, expect, it } from 'vitest'
import { binByCount, binByWidth, DEFAULT_SETTINGS, discretise } from '../../../src/inference/features/levels.ts'
import { directions } from '../../../src/inference/features/neighbours.ts'
import { intensityFeatures } from '../../../src/inference/features/texture.ts'

const grid = { size: [3, 2, 1], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const
const image = { grid, data: Float32Array.of(-1, 24.9, 25, 49, 50, 7) }
const mask = { grid, data: Uint8Array.of(1, 1, 1, 0, 1, 0) }

describe('bins', () => {
  it('begin at a multiple of the width and are half open', () => {
    expect([...binByWidth(Float64Array.of(-1, 0, 24.9, 25, 50), 25)]).toEqual([1, 2, 2, 3, 4])
    expect([...binByWidth(Float64Array.of(54, 166, 75), 25)]).toEqual([1, 5, 2])
    expect([...binByWidth(Float64Array.of(50), 25)]).toEqual([1])
  })

  it('of a number of bins hold the maximum in the last one', () => {
    expect([...binByCount(Float64Array.of(0, 2.4, 2.5, 9.9, 10), 4)]).toEqual([1, 1, 2, 4, 4])
  })

  it('cover the voxels inside only', () => {
    const levels = discretise(image, mask, DEFAULT_SETTINGS)!
    expect([...levels.voxels].map((at) => levels.level[at])).toEqual([1, 2, 3, 4])
    expect([...levels.counts]).toEqual([0, 1, 1, 1, 1])
    expect(levels.level.reduce((sum, level) => sum + level, 0)).toBe(10)
  })
})

it('takes one offset of each opposite pair', () => {
  const of = (distances: number[], force2D = false, force2Ddimension: 0 | 1 | 2 = 0) =>
    directions({ distances, force2D, force2Ddimension })
  expect([of([1]).length, of([2]).length, of([1, 2]).length]).toEqual([13, 49, 62])
  expect(of([1], true, 0).every(([, , z]) => z === 0)).toBe(true)
  expect(of([1], true, 2).every(([x]) => x === 0)).toBe(true)
  expect(of([1], true, 1).length).toBe(4)
  const all = of([2]).map(([x, y, z]) => `${x} ${y} ${z}`)
  expect(of([2]).some(([x, y, z]) => all.includes(`${-x} ${-y} ${-z}`))).toBe(false)
})

describe('what cannot be binned', () => {
  it('is refused with the reason', () => {
    const other = { grid: { ...grid, size: [2, 3, 1] as const }, data: mask.data }
    expect(() => discretise(image, other)).toThrow('the image has 3 x 2 x 1 voxels, its mask 2 x 3 x 1')
    const broken = { grid, data: Float32Array.of(Number.NaN, 1, 2, 3, 4, 5) }
    expect(() => discretise(broken, mask)).toThrow('not finite')
    expect(() => discretise(image, mask, { ...DEFAULT_SETTINGS, binWidth: 0 })).toThrow(
      'binWidth must be positive, not 0',
    )
    expect(() => discretise(image, mask, { ...DEFAULT_SETTINGS, binWidth: 1e-6 })).toThrow('does not fit this image')
    expect(() => discretise(image, mask, { ...DEFAULT_SETTINGS, binCount: 2.5 })).toThrow('not 2.5')
    expect(() => directions({ distances: [], force2D: false, force2Ddimension: 0 })).toThrow('not []')
  })

  it('is no feature at all where the mask is empty', () => {
    expect(intensityFeatures(image, { grid, data: new Uint8Array(6) })).toBeUndefined()
  })
})

it('has no co-occurrence and no runs of a single voxel, and one zone', () => {
  const one = intensityFeatures(image, { grid, data: Uint8Array.of(0, 1, 0, 0, 0, 0) })!
  expect(one.glcm_Contrast).toBeNaN()
  expect(one.glrlm_RunEntropy).toBeNaN()
  expect(one.glszm_ZonePercentage).toBe(1)
  expect(one.firstorder_Mean).toBeCloseTo(24.9, 5)
})
