import { describe, expect, it } from 'vitest'
import { type Grid, toPatient, voxelCount, voxelMillilitres } from '../../../src/domain/volume.ts'
import { measure } from '../../../src/inference/lesions/measure.ts'
import { labelsOnGrid } from '../../../src/inference/segmentation/postprocess.ts'
import { removeSmallComponents } from '../../../src/inference/volumes/components.ts'
import { rigidFromEuler } from '../../../src/inference/volumes/rigid.ts'
import { axial, paint } from '../support.ts'

const bundle = {
  labels: [
    { index: 1, name: 'necrotic core', key: 'NCR' },
    { index: 2, name: 'oedema and infiltration', key: 'ED' },
    { index: 3, name: 'enhancing tumour', key: 'ET' },
  ],
  regions: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
  postprocess: { min_component_ml: 0, enhancing_min_ml: 0, no_finding_below_ml: 0 },
}
const work = axial([20, 24, 16], [2, 2, 2], [-20, -24, -16])

/** Probabilities that fall linearly with the distance to an off-centre plane stack: exact under linear interpolation. */
function probabilities(labelAt: (p: readonly [number, number, number]) => number): Float32Array[] {
  return [0, 1, 2, 3].map((c) => paint(work, (p) => (labelAt(p) === c ? 0.85 : 0.05)).data)
}

describe('labels on a grid', () => {
  it('are the argmax on the working grid itself', () => {
    const labelAt = ([x, y, z]: readonly [number, number, number]) => (x > 4 ? 1 : y > 6 ? 2 : z < -6 ? 3 : 0)
    const { labels, noFinding } = labelsOnGrid(probabilities(labelAt), work, work, bundle)
    expect([...labels.data]).toEqual([...paint(work, labelAt).data])
    expect(noFinding).toBe(false)
  })

  it('follow patient space onto a tilted, thick, anisotropic grid, exactly as a plain reference computes them', () => {
    const tilt = rigidFromEuler([0.3, -0.2, 0.5], [0, 0, 0], [0, 0, 0])
    const target: Grid = { size: [31, 23, 7], spacing: [0.8, 1.1, 5], origin: [-14, -9, -13], direction: tilt.rotation }
    // Smooth probabilities with all four classes somewhere in the lead.
    const wave = (c: number) =>
      paint(work, ([x, y, z]) => Math.exp(Math.sin(x / 5 + c) + Math.cos(y / 6 - 2 * c) + Math.sin(z / 4 + c * c)))
    const raw = [0, 1, 2, 3].map((c) => wave(c).data)
    const sums = raw[0]!.map((_, v) => raw.reduce((sum, p) => sum + p[v]!, 0))
    const p = raw.map((values) => values.map((value, v) => value / sums[v]!))
    const { labels } = labelsOnGrid(p, work, target, bundle)
    const expected = reference(p, work, target)
    expect(new Set(expected).size).toBe(4)
    expect(labels.grid).toBe(target)
    expect([...labels.data]).toEqual(expected)
  })

  it('hold tumour first when the bundle says so: more than half together, then the leading label; anatomy is none', () => {
    // Background, NCR, ED, ET, brain: shares by quarter of the volume.
    const shares = [
      [0.4, 0.2, 0.25, 0.15, 0],
      [0.45, 0.2, 0.25, 0, 0.1],
      [0.1, 0, 0, 0.45, 0.45],
      [0.02, 0.35, 0.02, 0.3, 0.31],
    ]
    const quarter = ([x, y]: readonly [number, number, number]) => (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0)
    const p = [0, 1, 2, 3, 4].map((c) => paint(work, (at) => shares[quarter(at)]![c]!).data)
    const labelsOf = (decision: 'tumour-first' | 'most-probable') => {
      const rules = { ...bundle, postprocess: { ...bundle.postprocess, decision } }
      const { data } = labelsOnGrid(p, work, work, rules).labels
      return [...paint(work, quarter).data].map((q, v) => `${q}:${data[v]}`)
    }
    expect([...new Set(labelsOf('tumour-first'))].sort()).toEqual(['0:2', '1:0', '2:0', '3:1'])
    expect([...new Set(labelsOf('most-probable'))].sort()).toEqual(['0:0', '1:0', '2:3', '3:1'])
  })

  it('are background outside the working grid', () => {
    const far = axial([4, 4, 4], [2, 2, 2], [100, 0, 0])
    const { labels, noFinding } = labelsOnGrid(
      probabilities(() => 2),
      work,
      far,
      bundle,
    )
    expect(labels.data.every((label) => label === 0)).toBe(true)
    expect(noFinding).toBe(true)
  })

  it('lose components below the limit in millilitres, whatever their labels', () => {
    // One voxel is 0.008 mL: an island of two labels and 8 voxels, and one of 7 voxels that touches by a corner only.
    const at = (i: number, j: number, k: number) => toPatient(work, [i, j, k]).join()
    const large = new Map(
      [...Array(8).keys()].map((n) => [at(2 + (n & 1), 2 + ((n >> 1) & 1), 2 + (n >> 2)), n < 4 ? 2 : 3]),
    )
    const small = new Set([...Array(7).keys()].map((n) => at(10 + n, 10, 10)))
    const labelAt = (p: readonly [number, number, number]) => large.get(p.join()) ?? (small.has(p.join()) ? 1 : 0)
    const run = (min_component_ml: number) =>
      labelsOnGrid(probabilities(labelAt), work, work, {
        ...bundle,
        postprocess: { ...bundle.postprocess, min_component_ml },
      }).labels.data
    expect(run(0.056).filter((label) => label > 0)).toHaveLength(15)
    expect([...run(0.064).filter((label) => label > 0)].sort()).toEqual([2, 2, 2, 2, 3, 3, 3, 3])
    expect(run(0.065).filter((label) => label > 0)).toHaveLength(0)
  })

  it('turn too little enhancing tumour into necrotic core', () => {
    const labelAt = ([x, y]: readonly [number, number, number]) => (x > 10 && y > 10 ? 3 : x > 4 ? 2 : 0)
    const enhancing = paint(work, labelAt).data.filter((label) => label === 3).length * 0.008
    const run = (enhancing_min_ml: number) =>
      labelsOnGrid(probabilities(labelAt), work, work, {
        ...bundle,
        postprocess: { ...bundle.postprocess, enhancing_min_ml },
      }).labels.data
    expect(run(enhancing).includes(3)).toBe(true)
    expect(run(enhancing + 0.01).includes(3)).toBe(false)
    expect(run(enhancing + 0.01).includes(1)).toBe(true)
  })

  it('say no finding below the limit, with an all-zero volume', () => {
    const labelAt = ([x]: readonly [number, number, number]) => (x > 16 ? 2 : 0)
    const run = (no_finding_below_ml: number) =>
      labelsOnGrid(probabilities(labelAt), work, work, {
        ...bundle,
        postprocess: { ...bundle.postprocess, no_finding_below_ml },
      })
    const total = run(0).labels.data.filter((label) => label > 0).length * 0.008
    expect(run(total).noFinding).toBe(false)
    const none = run(total + 0.01)
    expect(none.noFinding).toBe(true)
    expect(none.labels.data.every((label) => label === 0)).toBe(true)
  })

  it('say no finding for an empty segmentation', () => {
    expect(
      labelsOnGrid(
        probabilities(() => 0),
        work,
        work,
        bundle,
      ).noFinding,
    ).toBe(true)
  })
})

describe('components', () => {
  it('join over corners and not over the edges of the volume', () => {
    const grid = axial([4, 3, 3], [1, 1, 1])
    const labels = { grid, data: new Uint8Array(36) }
    labels.data[0] = 1
    labels.data[1 + 4 * (1 + 3 * 1)] = 2
    labels.data[3] = 1
    expect(removeSmallComponents(labels, 2)).toBe(1)
    expect([...labels.data].filter(Boolean)).toEqual([1, 2])
    // Voxel 3 ends a row and voxel 4 begins the next: neighbours in memory, not in space.
    const wrapped = { grid, data: new Uint8Array(36) }
    wrapped.data[3] = 1
    wrapped.data[4] = 1
    expect(removeSmallComponents(wrapped, 2)).toBe(2)
  })
})

describe('measures', () => {
  const grid = axial([5, 4, 3], [0.5, 2, 4])
  const data = Uint8Array.from({ length: voxelCount(grid) }, (_, v) => [0, 0, 1, 2, 2, 3][v % 6]!)

  it('give volumes of regions and of the labels that no region names', () => {
    const { segments, measurements } = measure({ grid, data }, bundle)
    const millilitres = voxelMillilitres(grid)
    expect(millilitres).toBeCloseTo(0.004, 12)
    expect(segments.map(({ key, voxelCount: n }) => [key, n])).toEqual([
      ['NCR', 10],
      ['ED', 20],
      ['ET', 10],
    ])
    expect(measurements.map(({ region, name }) => [region, name])).toEqual([
      ['WT', 'whole tumour'],
      ['TC', 'tumour core'],
      ['ET', 'enhancing tumour'],
      ['NCR', 'necrotic core'],
      ['ED', 'oedema and infiltration'],
    ])
    const value = (region: string) => measurements.find((m) => m.region === region)!.value
    expect(value('WT')).toBeCloseTo(40 * 0.004, 9)
    expect(value('TC')).toBeCloseTo(20 * 0.004, 9)
    expect(value('ED')).toBeCloseTo(20 * 0.004, 9)
    expect(measurements.every((m) => m.unit === 'mL' && m.quantity === 'volume')).toBe(true)
  })

  it('list absent labels with zero', () => {
    const { segments, measurements } = measure({ grid, data: new Uint8Array(data.length) }, bundle)
    expect(segments).toHaveLength(3)
    expect(measurements.every((m) => m.value === 0)).toBe(true)
  })
})

/** Plain trilinear argmax, voxel by voxel, without any shortcut. */
function reference(p: Float32Array[], from: Grid, to: Grid): number[] {
  const out: number[] = []
  const [nx, ny] = from.size
  for (let k = 0; k < to.size[2]; k++) {
    for (let j = 0; j < to.size[1]; j++) {
      for (let i = 0; i < to.size[0]; i++) {
        const point = toPatient(to, [i, j, k])
        const at = [0, 1, 2].map((axis) => (point[axis]! - from.origin[axis]!) / from.spacing[axis]!)
        if (at.some((value, axis) => value < 0 || value > from.size[axis]! - 1)) {
          out.push(0)
          continue
        }
        const low = at.map((value, axis) => Math.min(Math.floor(value), from.size[axis]! - 2))
        const values = p.map((values) => {
          let sum = 0
          for (const c of [0, 1])
            for (const b of [0, 1])
              for (const a of [0, 1]) {
                const [fx, fy, fz] = at.map((value, axis) => value - low[axis]!) as [number, number, number]
                const weight = (a ? fx : 1 - fx) * (b ? fy : 1 - fy) * (c ? fz : 1 - fz)
                sum += weight * values[low[0]! + a + nx * (low[1]! + b + ny * (low[2]! + c))]!
              }
          return sum
        })
        out.push(values.indexOf(Math.max(...values)))
      }
    }
  }
  return out
}
