// Strokes of the brush cover the voxels whose centres they reach, on any grid that shares the space.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { paintStrokes, type Stroke } from '../../src/domain/brush.ts'
import { type Grid, toPatient, type Vec3 } from '../../src/domain/volume.ts'

/** Turned about the head-foot axis, with voxels that are not cubes. */
const GRID: Grid = {
  size: [9, 8, 7],
  spacing: [1, 1.5, 3],
  origin: [-4, 10, 30],
  direction: [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1],
}
const covered = (strokes: Stroke[], within?: { axis: 0 | 1 | 2; index: number }) => {
  const voxels = new Map<string, number>()
  paintStrokes(GRID, strokes, (index, label) => voxels.set(index.join(), label), within)
  return voxels
}

it('a ball reaches as far in every direction, whatever the spacing', () => {
  fc.assert(
    fc.property(
      fc.tuple(
        fc.double({ min: -2, max: 10, noNaN: true }),
        fc.double({ min: -2, max: 9, noNaN: true }),
        fc.double({ min: -2, max: 8, noNaN: true }),
      ),
      fc.double({ min: 0.5, max: 6, noNaN: true }),
      (middle, radiusMm) => {
        const point = toPatient(GRID, middle)
        const found = covered([{ label: 2, radiusMm, points: [point] }])
        for (let k = 0; k < 7; k++)
          for (let j = 0; j < 8; j++)
            for (let i = 0; i < 9; i++) {
              const mm = Math.hypot(...toPatient(GRID, [i, j, k]).map((value, n) => value - point[n]!))
              if (Math.abs(mm - radiusMm) > 1e-6) expect(found.has(`${i},${j},${k}`)).toBe(mm < radiusMm)
            }
      },
    ),
  )
})

it('a disc stays on its slice, and a later stroke covers an earlier one', () => {
  const point = toPatient(GRID, [4, 4, 3.2])
  const across: Vec3 = [0, 0, -1]
  const disc: Stroke = { label: 1, radiusMm: 4, across, points: [point] }
  expect(new Set([...covered([disc]).keys()].map((key) => key.split(',')[2]))).toEqual(new Set(['3']))
  const both = covered([disc, { label: 0, radiusMm: 0.2, points: [toPatient(GRID, [4, 4, 3])] }])
  expect([both.get('4,4,3'), both.get('5,4,3')]).toEqual([0, 1])
})

it('gives a slice alone what it gives the whole', () => {
  const strokes: Stroke[] = [{ label: 3, radiusMm: 5, points: [toPatient(GRID, [3, 5, 2])] }]
  for (const axis of [0, 1, 2] as const) {
    const alone = covered(strokes, { axis, index: 4 })
    expect([...alone.keys()].sort()).toEqual(
      [...covered(strokes).keys()].filter((key) => key.split(',')[axis] === '4').sort(),
    )
  }
})
