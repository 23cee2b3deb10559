// The vector that heads read: against features.py on its own grid, and the same from any other grid, unit and orientation.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Grid, toPatient, type Vec3, type Volume } from '../../../src/domain/volume.ts'
import { tumourLabels } from '../../../src/inference/bundle/manifest.ts'
import { brainIn } from '../../../src/inference/features/brain.ts'
import { locationFeatures, patientBox, strippedBrain } from '../../../src/inference/features/location.ts'
import { scaleFreeFeatures } from '../../../src/inference/features/scale-free.ts'
import {
  computeTumourFeatures,
  TUMOUR_FEATURES,
  type TumourInput,
} from '../../../src/inference/features/tumour-features.ts'
import { makeVolumes, type Recipe } from './recipe.ts'

const golden = JSON.parse(readFileSync(new URL('../../golden/features/synthetic.json', import.meta.url), 'utf8')) as {
  cases: { recipe: Recipe; features: Record<string, number>; scale_free: Record<string, number> | null }[]
  locations: { centre: Vec3; low: Vec3; high: Vec3; brain: [number, number][]; features: Record<string, number> }[]
}
const tumour = { whole: [1, 2, 3], enhancing: [3], necrosis: [1], oedema: [2] }
const ALIGNED = [1, 0, 0, 0, 1, 0, 0, 0, 1]

/** A volume of a function of LPS mm. */
function sampled(grid: Grid, value: (x: number, y: number, z: number) => number): Volume<Float32Array> {
  const [nx, ny, nz] = grid.size
  const data = new Float32Array(nx * ny * nz)
  for (let at = 0; at < data.length; at++) {
    const row = Math.floor(at / nx)
    data[at] = value(...toPatient(grid, [at % nx, row % ny, Math.floor(row / ny)]))
  }
  return { grid, data }
}

const asLabels = ({ grid, data }: Volume<Float32Array>) => ({ grid, data: Uint8Array.from(data) })
const axial: Grid = { size: [70, 80, 60], spacing: [1, 1, 1], origin: [-35.5, -44, -20], direction: ALIGNED }
/** i to posterior, j to inferior, k to the right: a sagittal series of the same box, voxel centres on the same points. */
const sagittal: Grid = {
  size: [80, 60, 70],
  spacing: [1, 1, 1],
  origin: [-35.5 + 69, -44, -20 + 59],
  direction: [0, 0, -1, 1, 0, 0, 0, -1, 0],
}
const radius = (x: number, y: number, z: number) => Math.hypot((x - 9) / 16, (y + 8) / 21, (z - 11 - 0.1 * x) / 12)
const label = (x: number, y: number, z: number) => {
  const r = radius(x, y, z)
  return r > 1 ? 0 : r > 0.7 ? 2 : r > 0.45 || y > 2 ? 3 : 1
}
const t1c = (x: number, y: number, z: number) =>
  Math.fround(300 + 2 * x - 1.5 * y + z + (label(x, y, z) === 3 ? 250 : 0) + 40 * Math.sin(0.35 * x + 0.01 * y * z))
const brain = (x: number, y: number, z: number) => (Math.hypot((x - 1) / 33, (y + 3) / 40, (z - 8) / 27) < 1 ? 1 : 0)

const on = (grid: Grid): TumourInput => ({
  labels: asLabels(sampled(grid, label)),
  tumour,
  t1c: sampled(grid, t1c),
  t2: sampled(grid, (x, y, z) => 100 - radius(x, y, z)),
  flair: sampled(grid, (x, y, z) => 20 + radius(x, y, z) ** 2),
  brain: brainIn(asLabels(sampled(grid, brain))),
})

function differences(a: Record<string, number>, b: Record<string, number>, relative: number): string[] {
  return Object.keys(a).flatMap((name) =>
    Math.abs(a[name]! - b[name]!) <= Math.max(1e-9, relative * Math.abs(a[name]!))
      ? []
      : [`${name}: ${a[name]}, ${b[name]}`],
  )
}

describe.each(golden.cases.filter(({ recipe, scale_free }) => scale_free && recipe.spacing.every((mm) => mm === 1)))(
  '$recipe.name',
  ({ recipe, features, scale_free }) => {
    it('has the features of pyradiomics and features.py, on its own 1 mm grid', () => {
      const { image, mask } = makeVolumes(recipe)
      const found = computeTumourFeatures({ labels: mask, tumour: { ...tumour, whole: [1] }, t1c: image }).features
      const shape = Object.fromEntries(Object.entries(features).filter(([name]) => name.startsWith('shape_')))
      expect(differences({ ...shape, ...scale_free }, found, 1e-5)).toEqual([])
    })
  },
)

it('has the scale-free features of features.py whatever the spacing', () => {
  for (const { recipe, scale_free } of golden.cases) {
    if (!scale_free) continue
    const { image, mask } = makeVolumes(recipe)
    const found = scaleFreeFeatures(Float64Array.from(image.data.filter((_, n) => mask.data[n] === 1)))
    const { glcm_Correlation: _, ...expected } = scale_free
    expect(differences(expected, found, 1e-9)).toEqual([])
  }
})

it('has the location of features.py', () => {
  for (const { centre, low, high, brain, features } of golden.locations) {
    const face = (side: 0 | 1): Vec3 => [brain[0]![side], brain[1]![side], brain[2]![side]]
    const box = { low: face(0), high: face(1), centre: [0, 0, 0] as Vec3 }
    expect(differences(features, locationFeatures({ centre, low, high }, box), 1e-12)).toEqual([])
  }
})

describe('computeTumourFeatures', () => {
  const input = on(axial)
  const reference = computeTumourFeatures(input)

  it('knows every feature when everything is there', () => {
    expect(reference.missing).toEqual([])
    expect(Object.keys(reference.features)).toEqual([...TUMOUR_FEATURES])
    expect(reference.features.shape_VoxelVolume).toBeCloseTo((4 / 3) * Math.PI * 16 * 21 * 12, -3)
  })

  it('gives the same for a sagittal series', () => {
    expect(differences(reference.features, computeTumourFeatures(on(sagittal)).features, 1e-6)).toEqual([])
  })

  it('gives the same for any unit of the image, texture included', () => {
    const wanted = [...TUMOUR_FEATURES, 'glrlm_RunEntropy', 'glszm_ZoneEntropy', 'ngtdm_Busyness', 'firstorder_Entropy']
    // A power of two, so that rounding to float32 is no difference.
    const scaled = { ...input.t1c!, data: input.t1c!.data.map((value) => value * 8) }
    const before = computeTumourFeatures({ ...input, names: wanted }).features
    expect(Object.keys(before).length).toBe(wanted.length)
    expect(differences(before, computeTumourFeatures({ ...input, t1c: scaled, names: wanted }).features, 1e-9)).toEqual(
      [],
    )
  })

  it('stays near them on 4 mm slices that are tilted', () => {
    const [c, s] = [Math.cos(0.2), Math.sin(0.2)]
    const thick: Grid = {
      size: [90, 110, 22],
      spacing: [0.8, 0.8, 4],
      origin: [-34, -46, -32],
      direction: [1, 0, 0, 0, c, -s, 0, s, c],
    }
    // What varies within a slice's thickness is lost on it, whatever we do: here the image varies slowly.
    const smooth = (grid: Grid) => ({
      ...on(grid),
      t1c: sampled(grid, (x, y, z) => 300 + 5 * x - 3 * y + 2 * z + 90 * Math.sin(0.2 * x + 0.15 * z)),
    })
    const reference = computeTumourFeatures(smooth(axial))
    const found = computeTumourFeatures(smooth(thick)).features
    const near = (name: string, relative: number) =>
      expect(Math.abs(found[name]! / reference.features[name]! - 1), name).toBeLessThan(relative)
    for (const name of ['shape_MeshVolume', 'shape_MajorAxisLength', 'shape_Maximum3DDiameter']) near(name, 0.04)
    for (const name of ['midline_distance', 'depth', 'height', 'enhancing_fraction']) near(name, 0.05)
    for (const name of ['t1c_cov', 't1c_p10_over_median', 'glcm_Correlation']) near(name, 0.05)
    near('shape_SurfaceArea', 0.05)
    near('shape_Sphericity', 0.04)
    near('t1c_median_over_brain', 0.03)
  })

  it('measures fractions, location and contradiction as defined', () => {
    const { features } = reference
    const { labels } = input
    const count = (n: number) => labels.data.reduce((sum, value) => sum + (value === n ? 1 : 0), 0)
    const whole = count(1) + count(2) + count(3)
    expect(features.enhancing_fraction).toBe(count(3) / whole)
    expect(features.necrosis_fraction).toBe(count(1) / whole)
    expect(features.oedema_fraction).toBe(count(2) / whole)
    // The ellipsoid is centred at x 9, the brain at x 1 with half a width of 33.
    expect(features.midline_distance).toBeCloseTo(8 / 33, 1)
    expect(features.midline_crossing).toBeCloseTo(8 / 33, 1)
    expect(features.depth).toBeCloseTo((-8 + 43) / 80, 1)
    expect(features.height).toBeCloseTo((11.9 + 19) / 54, 1)
    // T2 falls where FLAIR rises; as T2 itself FLAIR agrees with it.
    expect(features.t2_flair_mismatch).toBeGreaterThan(0.99)
    const agreeing = computeTumourFeatures({ ...input, flair: input.t2 })
    expect(agreeing.features.t2_flair_mismatch).toBe(0)
  })

  it('says what is NaN and why', () => {
    const labels = input.labels
    const { features, missing } = computeTumourFeatures({ labels, tumour: { ...tumour, oedema: [] }, t2: input.t2 })
    expect(features.shape_Sphericity).toBeCloseTo(reference.features.shape_Sphericity!, 12)
    expect(missing.map(({ reason, features }) => [reason, features.length])).toEqual([
      ['no T1c', 14],
      ['no brain mask', 4],
      ['no such label', 1],
      ['no T2 or FLAIR', 1],
    ])
    for (const name of missing.flatMap(({ features }) => features)) expect(features[name]).toBeNaN()
  })

  it('has nothing but NaN without a tumour or contrast', () => {
    const empty = { grid: axial, data: new Uint8Array(70 * 80 * 60) }
    const none = computeTumourFeatures({ ...input, labels: empty, names: ['shape_Flatness', 'age_years'] })
    expect(none).toEqual({
      features: { shape_Flatness: Number.NaN },
      missing: [{ reason: 'no tumour', features: ['shape_Flatness'] }],
    })
    const wanted = ['t1c_cov', 'glcm_Correlation', 'gldm_DependenceEntropy']
    const flat = computeTumourFeatures({ ...input, t1c: sampled(axial, () => 7), names: wanted })
    expect(flat.missing).toEqual([{ reason: 'undefined', features: wanted }])
  })

  it('reaches to the edge of the field of view', () => {
    const grid: Grid = { size: [12, 12, 4], spacing: [1, 1, 5], origin: [0, 0, 0], direction: ALIGNED }
    const labels = asLabels(sampled(grid, (x, y) => (x > 3 && y > 5 ? 1 : 0)))
    const image = sampled(grid, (x, y) => 50 + x + 3 * y)
    const { features } = computeTumourFeatures({
      labels,
      tumour,
      t1c: image,
      names: ['shape_VoxelVolume', 'firstorder_Minimum'],
    })
    // All of the box but its edges, which shape-based interpolation rounds; the image goes on as it ends.
    expect(features.shape_VoxelVolume! / (8 * 6 * 20)).toBeGreaterThan(0.8)
    expect(features.shape_VoxelVolume! / (8 * 6 * 20)).toBeLessThanOrEqual(1)
    expect(features.firstorder_Minimum).toBe(50 + 4 + 18)
  })
})

it('reads a bundle’s labels by their keys', () => {
  const labels = [
    { index: 1, key: 'ED', name: 'oedema' },
    { index: 2, key: 'ET', name: 'enhancing' },
  ]
  const expected = { whole: [1, 2], enhancing: [2], necrosis: [], oedema: [1] }
  expect(tumourLabels({ labels, regions: { WT: [1, 2] } })).toEqual(expected)
  expect(tumourLabels({ labels, regions: {} })).toEqual(expected)
})

it('takes an image for a stripped brain only when its foreground is the size of one', () => {
  const grid: Grid = { size: [50, 60, 50], spacing: [3, 3, 3], origin: [0, 0, 0], direction: ALIGNED }
  const ball = (mm: number) => sampled(grid, (x, y, z) => (Math.hypot(x - 75, y - 90, z - 75) < mm ? 1 : 0))
  const box = patientBox(strippedBrain(ball(65))!)!
  expect([box.low[1], box.high[1]]).toEqual([90 - 64.5, 90 + 64.5])
  expect(strippedBrain(ball(30))).toBeUndefined()
  expect(strippedBrain(sampled(grid, () => 1))).toBeUndefined()
})
