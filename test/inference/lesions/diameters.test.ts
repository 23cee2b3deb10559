// RANO diameters against brute force: every pair of outline points, and a fine scan of every perpendicular line.
import { describe, expect, it } from 'vitest'
import { type Grid, type LabelVolume, toIndex, type Vec3 } from '../../../src/domain/volume.ts'
import { measureLesions, targetLesions } from '../../../src/inference/lesions/diameters.ts'
import { direction, OBLIQUE } from '../../dicom/support.ts'

const measureDiameters = (...of: Parameters<typeof measureLesions>) =>
  targetLesions(measureLesions(...of)).map(({ diameters }) => diameters)

type Mask = (u: number, v: number) => boolean

function volume(grid: Grid, label: (i: number, j: number, k: number) => number): LabelVolume {
  const [nx, ny, nz] = grid.size
  const data = new Uint8Array(nx * ny * nz)
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) data[i + nx * (j + ny * k)] = label(i, j, k)
  }
  return { grid, data }
}

/** Whether a point, in pixels, lies within the outline half way between inside and outside: by cell, not by line. */
function covers(mask: Mask, x: number, y: number): boolean {
  const [u, v] = [Math.floor(x), Math.floor(y)]
  const corners = [
    [u, v],
    [u + 1, v],
    [u + 1, v + 1],
    [u, v + 1],
  ] as const
  const near = (at: readonly [number, number]) => Math.abs(x - at[0]) + Math.abs(y - at[1]) <= 0.5 + 1e-12
  const filled = corners.filter(([a, b]) => mask(a, b))
  if (filled.length === 0 || filled.length === 4) return filled.length === 4
  if (filled.length === 1) return near(filled[0]!)
  const empty = corners.filter(([a, b]) => !mask(a, b))
  const isDiagonal = filled.length === 2 && filled[0]![0] !== filled[1]![0] && filled[0]![1] !== filled[1]![1]
  if (filled.length === 3 || isDiagonal)
    return !empty.some((at) => Math.abs(x - at[0]) + Math.abs(y - at[1]) < 0.5 - 1e-12)
  return filled[0]![0] === filled[1]![0] ? Math.abs(x - filled[0]![0]) <= 0.5 : Math.abs(y - filled[0]![1]) <= 0.5
}

function bruteForce(mask: Mask, size: readonly [number, number], pixel: readonly [number, number]) {
  const points: [number, number][] = []
  for (let v = 0; v < size[1]; v++) {
    for (let u = 0; u < size[0]; u++) {
      if (!mask(u, v)) continue
      for (const [du, dv] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        if (!mask(u + du, v + dv)) points.push([(u + du / 2) * pixel[0], (v + dv / 2) * pixel[1]])
      }
    }
  }
  let longest = 0
  for (const a of points) for (const b of points) longest = Math.max(longest, Math.hypot(a[0] - b[0], a[1] - b[1]))
  const across = (along: readonly [number, number]) => {
    const reach = Math.hypot(size[0] * pixel[0], size[1] * pixel[1])
    let best = 0
    for (let t = -reach; t <= reach; t += 0.07) {
      let [low, high] = [Number.NaN, Number.NaN]
      for (let s = -reach; s <= reach; s += 0.05) {
        const [x, y] = [(t * along[0] - s * along[1]) / pixel[0], (t * along[1] + s * along[0]) / pixel[1]]
        if (x < -1 || y < -1 || x > size[0] || y > size[1] || !covers(mask, x, y)) continue
        if (Number.isNaN(low)) low = s
        high = s
      }
      best = Math.max(best, Number.isNaN(low) ? 0 : high - low)
    }
    return best
  }
  return { longest, across }
}

const shapes: [string, Mask][] = [
  [
    'an oblique bar with a hook',
    (u, v) => (Math.abs(v - 4 - u * 0.6) < 2.2 && u > 3 && u < 20) || (u > 17 && u < 21 && v > 3 && v < 16),
  ],
  [
    'a ring that is open on one side',
    (u, v) => Math.hypot((u - 14) / 11, (v - 10) / 7) < 1 && Math.hypot(u - 13, v - 10) > 4 && !(u > 12 && v > 12),
  ],
  [
    'two squares that touch at a corner',
    (u, v) => (u > 4 && u <= 10 && v > 2 && v <= 8) || (u > 10 && u <= 14 && v > 8 && v <= 12),
  ],
  ['one pixel', (u, v) => u === 7 && v === 5],
  ['a single row', (u, v) => u > 2 && u < 30 && v === 9],
]

describe.each(shapes)('%s', (_name, mask) => {
  it('has the diameters that brute force finds, wherever the grid lies', () => {
    const inside: Mask = (u, v) => u >= 0 && v >= 0 && u < OBLIQUE.size[0] && v < OBLIQUE.size[1] && mask(u, v)
    const pixel = [OBLIQUE.spacing[0], OBLIQUE.spacing[1]] as const
    const labels = volume(OBLIQUE, (i, j, k) => (k === 4 && inside(i, j) ? 3 : k === 5 && i < 2 ? 2 : 0))
    const [lesion, ...others] = measureDiameters(labels, [3])
    expect([others, lesion!.slice, lesion!.axis]).toEqual([[], 4, 2])
    const truth = bruteForce(inside, [OBLIQUE.size[0], OBLIQUE.size[1]], pixel)
    expect(lesion!.longestMm).toBeCloseTo(truth.longest, 9)
    const ends = lesion!.longest.map((point) => toIndex(OBLIQUE, point)) as [Vec3, Vec3]
    const step = [(ends[1][0] - ends[0][0]) * pixel[0], (ends[1][1] - ends[0][1]) * pixel[1]] as const
    const length = Math.hypot(...step)
    const scanned = truth.across([step[0] / length, step[1] / length])
    expect(Math.abs(lesion!.perpendicularMm - scanned)).toBeLessThan(0.15)
    expect(lesion!.perpendicularMm).toBeLessThanOrEqual(lesion!.longestMm + 1e-9)
  })
})

it('says where its lines are: on the slice, of their length, at right angles', () => {
  const labels = volume(OBLIQUE, (i, j, k) => (Math.hypot((i - 20) / 13, (j - 11) / 7, (k - 3) / 2.5) < 1 ? 1 : 0))
  const [lesion] = measureDiameters(labels, [1])
  const vector = ([a, b]: readonly [Vec3, Vec3]) => b.map((value, axis) => value - a[axis]!) as unknown as Vec3
  const [long, short] = [vector(lesion!.longest), vector(lesion!.perpendicular)]
  expect(Math.hypot(...long)).toBeCloseTo(lesion!.longestMm, 9)
  expect(Math.hypot(...short)).toBeCloseTo(lesion!.perpendicularMm, 9)
  expect(long[0] * short[0] + long[1] * short[1] + long[2] * short[2]).toBeCloseTo(0, 6)
  for (const point of [...lesion!.longest, ...lesion!.perpendicular]) {
    expect(toIndex(OBLIQUE, point)[2]).toBeCloseTo(lesion!.slice, 9)
  }
  // The ellipse's own axes: 26 columns of 0.9 mm, 14 rows of 1.3 mm.
  expect(lesion!.slice).toBe(3)
  expect(Math.abs(lesion!.longestMm - 26 * 0.9)).toBeLessThan(1.3)
  expect(Math.abs(lesion!.perpendicularMm - 14 * 1.3)).toBeLessThan(1.3)
  expect(lesion!.measurable).toBe(true)
})

it('measures on axial planes of a sagittal series', () => {
  const grid: Grid = { size: [21, 25, 17], spacing: [1.5, 1, 2], origin: [3, -7, 11], direction: direction(0, 90, 90) }
  const upright = [0, 1, 2].reduce((best, axis) =>
    Math.abs(grid.direction[6 + axis]!) > Math.abs(grid.direction[6 + best]!) ? axis : best,
  )
  const labels = volume(grid, (...index) => (index.every((at, axis) => Math.abs(at - 8) <= [2, 5, 3][axis]!) ? 2 : 0))
  const [lesion] = measureDiameters(labels, [2])
  expect(upright).not.toBe(2)
  expect(lesion!.axis).toBe(upright)
  for (const point of lesion!.longest) expect(toIndex(grid, point)[upright]).toBeCloseTo(lesion!.slice, 9)
  expect(Math.abs(lesion!.longest[0][2] - lesion!.longest[1][2])).toBeLessThan(1e-6)
})

it('gives measurable lesions, largest first, three at most; the largest alone when none is; nothing for nothing', () => {
  const grid: Grid = { ...OBLIQUE, size: [120, 60, 5], spacing: [1, 1, 3] }
  const block = (i: number, j: number, at: number, wide: number, high: number) =>
    i >= at && i < at + wide && j >= 10 && j < 10 + high
  const blocks = [
    [5, 14, 12],
    [25, 20, 13],
    [50, 12, 11],
    [70, 30, 4],
    [105, 12, 14],
  ] as const
  const labels = volume(grid, (i, j, k) => (k === 2 && blocks.some(([at, w, h]) => block(i, j, at, w, h)) ? 1 : 0))
  const found = measureDiameters(labels, [1])
  expect(found).toHaveLength(3)
  const products = found.map((lesion) => lesion.longestMm * lesion.perpendicularMm)
  expect(products).toEqual([...products].sort((a, b) => b - a))
  expect(found.every((lesion) => lesion.measurable)).toBe(true)
  const thin = volume(grid, (i, j, k) => (k === 1 && (block(i, j, 70, 30, 4) || block(i, j, 5, 9, 3)) ? 1 : 0))
  expect(measureDiameters(thin, [1]).map((lesion) => lesion.measurable)).toEqual([false])
  expect(measureDiameters(thin, [2])).toEqual([])
})
