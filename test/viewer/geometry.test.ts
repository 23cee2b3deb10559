// Where a voxel lies on the screen and back, over zoom and pan; and the marks of diameters on their slice.
import { describe, expect, it } from 'vitest'
import { PLANES } from '../../src/domain/shown-images.ts'
import { type Grid, toPatient } from '../../src/domain/volume.ts'
import { marksOf, planeView } from '../../src/viewer/planes.ts'
import { uprightGrid } from '../../src/viewer/upright.ts'
import {
  acrossOf,
  fromCanvas,
  lengthMm,
  onCanvas,
  onSlice,
  patientPoint,
  place,
  slicePoint,
  voxelAt,
} from '../../src/web/browser/geometry.ts'
import { OBLIQUE, SAGITTAL } from '../support/result.ts'

const GRID = uprightGrid(SAGITTAL)

describe.each(PLANES)('%s', (plane) => {
  const view = planeView(GRID, plane)

  it('finds the voxel again that it has drawn, wherever the picture is moved', () => {
    for (const sight of [
      { zoom: 1, pan: [0, 0] },
      { zoom: 3.7, pan: [12, -31] },
    ] as const) {
      const placing = place(view, { width: 411, height: 287 }, sight)
      for (const voxel of [[0, 0, 0], [17, 80, 3], GRID.size.map((n) => n - 1)] as [number, number, number][]) {
        const [x, y] = onCanvas(placing, onSlice(view, voxel))
        expect(voxelAt(view, fromCanvas(placing, x, y), voxel[view.axes[2]])).toEqual(voxel)
      }
    }
  })

  it('shows all of a slice at the first sight, in its true shape', () => {
    const placing = place(view, { width: 300, height: 300 }, { zoom: 1, pan: [0, 0] })
    const [left, top] = onCanvas(placing, [0, 0])
    const [right, bottom] = onCanvas(placing, [view.width, view.height])
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(-1e-9)
    expect(Math.max(right, bottom)).toBeLessThanOrEqual(300 + 1e-9)
    expect((right - left) / (bottom - top)).toBeCloseTo((view.width * view.pixel[0]) / (view.height * view.pixel[1]), 6)
    expect(placing.perMm).toBeCloseTo(placing.across / view.pixel[0], 9)
  })

  it('knows the place of the patient under a point, as the grid has it, and the point again', () => {
    for (const voxel of [[0, 0, 0], [17, 80, 3], GRID.size.map((n) => n - 1)] as [number, number, number][]) {
      const index = voxel[view.axes[2]]
      const point = patientPoint(GRID, view, onSlice(view, voxel), index)
      for (const [n, mm] of toPatient(GRID, voxel).entries()) expect(point[n]).toBeCloseTo(mm, 6)
      const { at, beyondMm } = slicePoint(GRID, view, point, index + 2)
      expect(beyondMm).toBeCloseTo(2 * view.spacing, 6)
      for (const [n, mm] of onSlice(view, voxel).entries()) expect(at[n]).toBeCloseTo(mm, 6)
    }
    expect(Math.hypot(...acrossOf(GRID, view))).toBeCloseTo(1, 9)
  })

  it('measures millimetres as the patient has them', () => {
    const [a, b] = [
      [5, 7],
      [29.5, 41],
    ] as const
    const at = (point: readonly [number, number]) => {
      const voxel = [0, 0, 0]
      voxel[view.axes[0]] = point[0] - 0.5
      voxel[view.axes[1]] = (view.isFlipped ? view.height - point[1] : point[1]) - 0.5
      return toPatient(GRID, voxel as unknown as [number, number, number])
    }
    const [p, q] = [at(a), at(b)]
    expect(lengthMm(view, a, b)).toBeCloseTo(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]), 6)
  })
})

it('puts diameters on the slice on which they were measured', () => {
  for (const source of [SAGITTAL, OBLIQUE] satisfies Grid[]) {
    const grid = uprightGrid(source)
    const k = 11
    const [longest, perpendicular] = [
      [toPatient(grid, [20, 30, k]), toPatient(grid, [41, 33, k])],
      [toPatient(grid, [30, 25, k]), toPatient(grid, [28, 44, k])],
    ] as const
    const diameters = {
      longestMm: 40,
      perpendicularMm: 31,
      longest,
      perpendicular,
      axis: 2,
      slice: k,
      measurable: true,
    } as const
    const [mark] = marksOf([diameters], grid)
    expect(mark).toMatchObject({ plane: 'axial', index: k, name: '40.0 × 31.0 mm' })
    expect(mark!.lines[0]![1].map((value) => Number(value.toFixed(6)))).toEqual([41, 33, k])
  }
})
