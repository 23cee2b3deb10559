import { describe, expect, it } from 'vitest'
import type { RegionTransform } from '../../../src/inference/bundle/graph.ts'
import { regionChain } from '../../../src/inference/bundle/regions.ts'
import { decideVoxel } from '../../../src/inference/segmentation/decision.ts'
import {
  classesOf,
  labelsOf,
  nest,
  overturn,
  transformRegions,
} from '../../../src/inference/segmentation/nested-regions.ts'
import { normaliseInMask } from '../../../src/inference/segmentation/normalise.ts'
import { axial } from '../support.ts'

const labels = [{ index: 1 }, { index: 2 }, { index: 3 }]
const chain = [
  { region: 'WT', label: 2 },
  { region: 'TC', label: 1 },
  { region: 'ET', label: 3 },
]
const line = axial([8, 1, 1], [1, 1, 1])
const bits = (text: string) => Uint8Array.from(text, Number)
const none = () => undefined

describe('regions inside each other', () => {
  it('each add one label', () => {
    expect(regionChain({ ET: [3], WT: [1, 2, 3], TC: [1, 3] }, labels)).toEqual(chain)
    expect(regionChain({ WT: [1, 2, 3], TC: [1, 3], ET: [2] }, labels)).toBe(
      'label 2 of ET is not in TC, which must hold it',
    )
    expect(regionChain({ WT: [1, 2, 3], ET: [3] }, labels)).toBe(
      'WT must add exactly one label to the next narrower region, not 2',
    )
    expect(regionChain({ WT: [1, 2], TC: [1] }, labels)).toBe('label 3 is in none of them')
  })

  it('take the core as tumour, and enhancement only inside the core', () => {
    const regions = [Float32Array.of(0.9, 0.2, 0.1), Float32Array.of(0.3, 0.7, 0), Float32Array.of(0.6, 0.5, 0.4)]
    nest(regions)
    const rounded = regions.map((one) => Array.from(one, (p) => Math.round(10 * p) / 10))
    expect(rounded).toEqual([
      [0.9, 0.7, 0.1],
      [0.3, 0.7, 0],
      [0.3, 0.5, 0],
    ])
  })

  it('lose and gain together when a rule changes one of them', () => {
    const masks = [bits('11110110'), bits('01100110'), bits('01000010')]
    const small: RegionTransform = { name: 'RemoveSmallObjects', applied_labels: ['WT'], min_size_ml: 0.003 }
    const without = transformRegions(masks, chain, [small], line, none)
    expect(without.map((mask) => mask.join(''))).toEqual(['11110000', '01100000', '01000000'])
    const closing: RegionTransform = { name: 'BinaryClosing', applied_labels: ['ET'], iterations: 2 }
    const closed = transformRegions(masks, chain, [closing], line, none)
    expect(closed.map((mask) => mask.join(''))).toEqual(['11111110', '01111110', '01111110'])
    expect(labelsOf(without, chain).join('')).toBe('23120000')
  })

  it('keep enhancement that is brighter after contrast, and all of it where that cannot be told', () => {
    const masks = [bits('11111111'), bits('11101110'), bits('11101110')]
    const bright = Float32Array.of(2, 1, 3, 0, 1, 1, 1, 0)
    const dark = Float32Array.of(0, 1, 0, 0, 1, 0, 1, 0)
    const rule: RegionTransform = {
      name: 'RemoveObjectsByContrast',
      applied_labels: ['ET'],
      minuend: 'T1c',
      subtrahend: 'T1',
      min_mean_difference: 0.5,
    }
    const images = (sequence: string) => (sequence === 'T1c' ? bright : sequence === 'T1' ? dark : undefined)
    const kept = transformRegions(masks, chain, [rule], line, images)
    expect(kept.map((mask) => mask.join(''))).toEqual(['11111111', '11101110', '11100000'])
    expect(transformRegions(masks, chain, [rule], line, none)[2]!.join('')).toBe('11101110')
    const without = (sequence: string) => (sequence === 'T1c' ? bright : undefined)
    expect(transformRegions(masks, chain, [rule], line, without)[2]!.join('')).toBe('11101110')
  })

  it('lose what is as bright before contrast, by a percentile of the uptake', () => {
    const masks = [bits('11111111'), bits('11110111'), bits('11110111')]
    const bright = Float32Array.of(3, 2.6, 2.8, 3.4, 0, 0, 1.25, 1)
    const dark = Float32Array.of(2, 1.8, 2, 2.4, 0, -1, 0.5, 0.5)
    // u = b - d - d.clip(0) / 2; np.percentile(u[:4], 75), np.percentile(u[5:], 75): -0.075, 0.75
    const rule = (min_uptake: number, percentile = 75): RegionTransform => ({
      name: 'RemoveObjectsByUptake',
      applied_labels: ['ET'],
      minuend: 'T1c',
      subtrahend: 'T1',
      subtrahend_share: 0.5,
      percentile,
      min_uptake,
    })
    const images = (sequence: string) => (sequence === 'T1c' ? bright : sequence === 'T1' ? dark : undefined)
    const left = (one: RegionTransform) => transformRegions(masks, chain, [one], line, images)[2]!.join('')
    expect(left(rule(-0.08))).toBe('11110111')
    expect(left(rule(-0.07))).toBe('00000111')
    expect(left(rule(0.74))).toBe('00000111')
    expect(left(rule(0.76))).toBe('00000000')
    expect(left(rule(0.74, 50))).toBe('00000000')
  })

  it('become class probabilities that agree with the masks, add up to 1, and decide as the masks do', () => {
    const before = [
      Float32Array.of(0.99, 0.8, 0.4, 0.9),
      Float32Array.of(0.95, 0.7, 0.35, 0.2),
      Float32Array.of(0.1, 0.6, 0.05, 0.1),
    ]
    // Voxel 0 is removed as a small tumour, voxel 1 loses its enhancement, voxel 2 is a hole in the core that is filled.
    const masks = [bits('0111'), bits('0110'), bits('0000')]
    overturn(before, masks)
    const brain = Float32Array.of(0.995, 0.5, 1, 0.93)
    const classes = classesOf(before, chain, [brain], axial([4, 1, 1], [1, 1, 1]))
    for (let v = 0; v < 4; v++) {
      const voxel = Float64Array.from(classes, (one) => one[v]!)
      expect(voxel.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
      expect(Math.min(...voxel)).toBeGreaterThanOrEqual(-1e-7)
      const rule = { decision: 'nested-regions', labelCount: 3, nested: [2, 1, 3] } as const
      expect(decideVoxel(voxel, rule)).toBe(labelsOf(masks, chain)[v])
    }
    expect(before[0]![0]).toBeCloseTo(0.01, 6)
    expect(before[2]![1]).toBeCloseTo(0.4, 6)
    expect(before[1]![2]).toBeCloseTo(0.6, 6)
    expect(classes[4]![3]).toBeCloseTo(0.03, 6)
  })
})

describe('the z-score inside a mask', () => {
  it('is that of NumPy over the voxels above zero inside, and exactly zero elsewhere', () => {
    // v = np.array([2, 4, 9]); (v - v.mean()) / v.std()
    const out = normaliseInMask(Float32Array.of(7, 2, 4, 0, 9, -3), bits('011111'), 'T2')
    for (const [n, value] of [0, -1.01904933, -0.33968311, 0, 1.35873244, 0].entries())
      expect(out[n]).toBeCloseTo(value, 6)
    expect(out[0]).toBe(0)
  })

  it('refuses an image that shows nothing there', () => {
    const run = () => normaliseInMask(Float32Array.of(7, 0, 0), bits('011'), 'FLAIR')
    expect(run).toThrowError(
      expect.objectContaining({ code: 'INPUT_IMPLAUSIBLE', message: expect.stringContaining('FLAIR') }),
    )
  })
})
