import { describe, expect, it } from 'vitest'
import {
  labelCoding,
  SpreadGatherer,
  volumeDeviations,
  withDeviations,
} from '../../../src/inference/segmentation/sample-spread.ts'
import { axial } from '../support.ts'

const bundle = {
  labels: [
    { index: 1, name: 'necrotic core', key: 'NCR' },
    { index: 2, name: 'oedema', key: 'ED' },
  ],
  regions: { WT: [1, 2] },
  postprocess: { min_component_ml: 0.016, enhancing_min_ml: 0, no_finding_below_ml: 0 },
}
const volumes = (...rows: number[][]) => [0, 1, 2, 3].map((c) => Float32Array.from(rows, (row) => row[c]!))
// Background, NCR, ED, brain at four voxels.
const first = volumes([0.1, 0.6, 0.2, 0.1], [0.1, 0.25, 0.35, 0.3], [0.4, 0.3, 0.3, 0], [1, 0, 0, 0])
const second = volumes([0.1, 0.2, 0.6, 0.1], [0.1, 0.15, 0.35, 0.4], [0.2, 0.3, 0.3, 0.2], [1, 0, 0, 0])

describe('the samples of an inference', () => {
  it('give the deviation of the tumour probability and each its own labels, tumour first', () => {
    const gatherer = new SpreadGatherer(labelCoding({ decision: 'tumour-first', labelCount: 2, nested: [] }))
    gatherer.add(first)
    expect(gatherer.finish()).not.toHaveProperty('deviation')
    gatherer.add(second)
    const { deviation, samples } = gatherer.finish()!
    // Two samples: |a - b| / sqrt(2).
    const expected = [0, 0.1 / Math.SQRT2, 0, 0]
    for (const [v, d] of deviation!.entries()) expect(d).toBeCloseTo(expected[v]!, 5)
    expect(samples.map(({ labels }) => [...labels])).toEqual([
      [1, 2, 1, 0],
      [2, 0, 1, 0],
    ])
  })

  it('may be decided by the most probable class, anatomy and background included', () => {
    const gatherer = new SpreadGatherer(labelCoding({ decision: 'most-probable', labelCount: 2, nested: [] }))
    gatherer.add(first)
    gatherer.add(second)
    expect(gatherer.finish()!.samples.map(({ labels }) => [...labels])).toEqual([
      [1, 2, 0, 0],
      [2, 0, 1, 0],
    ])
  })

  it('give the deviation of volumes after the component rule, joined with the measured error of unseen cases', () => {
    const grid = axial([10, 1, 1], [2, 2, 2])
    const line = (text: string) => Uint8Array.from(text, Number)
    // WT: 5, 3 (the lone last voxel is below 0.016 mL = 2 voxels and goes) and 7 voxels of 0.008 mL.
    const samples = ['0111220000', '0112000001', '0112222200'].map((text) => ({ labels: line(text) }))
    const found = volumeDeviations(samples, grid, bundle, {})
    expect(found.WT).toBeCloseTo(2 * 0.008, 9)
    expect(found.ED).toBeCloseTo(deviationOf([2, 1, 5]) * 0.008, 9)
    const measured = { ...bundle, postprocess: { ...bundle.postprocess, volume_relative_sd: { WT: 0.1 } } }
    const measurement = {
      region: 'WT',
      name: 'whole tumour',
      quantity: 'volume' as const,
      value: 0.2,
      unit: 'mL' as const,
    }
    const [wt] = withDeviations([measurement], samples, grid, measured)
    expect(wt!.standardDeviation).toBeCloseTo(Math.hypot(0.016, 0.02), 9)
    expect(withDeviations([measurement], samples.slice(0, 1), grid, measured)).toEqual([measurement])
  })
})

function deviationOf(values: number[]): number {
  const mean = values.reduce((a, b) => a + b) / values.length
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1))
}
