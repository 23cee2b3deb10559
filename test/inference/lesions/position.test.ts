// The place of a tumour against where it was put, on grids that are turned and that differ between tumour and brain.
import { describe, expect, it } from 'vitest'
import { type Grid, toPatient, voxelCount } from '../../../src/domain/volume.ts'
import { tumourPosition } from '../../../src/inference/lesions/position.ts'

/** Columns run towards the patient's right, rows towards the front: both against LPS. */
const TURNED: Grid = {
  size: [80, 96, 20],
  spacing: [2, 2, 7],
  origin: [80, 95, -60],
  direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
}
const LPS: Grid = {
  size: [90, 100, 40],
  spacing: [2, 2, 4],
  origin: [-90, -100, -70],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
}

function ball(grid: Grid, centre: readonly [number, number, number], radii: readonly [number, number, number]) {
  const data = new Uint8Array(voxelCount(grid))
  const [nx, ny] = grid.size
  for (let at = 0; at < data.length; at++) {
    const point = toPatient(grid, [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))])
    if (Math.hypot(...point.map((value, axis) => (value - centre[axis]!) / radii[axis]!)) < 1) data[at] = 1
  }
  return { grid, data }
}

const brain = ball(LPS, [3, 0, 5], [66, 82, 60])

describe('the position of a tumour', () => {
  it.each([
    ['left front', [40, -50, 10], 14, { side: 'left', crossesMidline: false, part: 'anterior' }],
    ['right back', [-30, 50, 0], 16, { side: 'right', crossesMidline: false, part: 'posterior' }],
    ['right middle, over the midline', [-10, 0, 10], 24, { side: 'right', crossesMidline: true, part: 'middle' }],
    ['left, touching the midline', [22, 5, 10], 18, { side: 'left', crossesMidline: false, part: 'middle' }],
  ] as const)('is %s', (_name, centre, radius, expected) => {
    expect(tumourPosition(ball(TURNED, centre, [radius, radius, radius]), brain)).toEqual(expected)
  })

  it('is not said without a tumour or a brain', () => {
    expect(tumourPosition(ball(LPS, [0, 0, 0], [0, 0, 0]), brain)).toBeUndefined()
    expect(tumourPosition(ball(LPS, [0, 0, 0], [9, 9, 9]), undefined)).toBeUndefined()
  })
})
