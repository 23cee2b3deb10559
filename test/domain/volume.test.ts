// Grid geometry: index to patient and back, on an oblique anisotropic grid.
import { expect, it } from 'vitest'
import { type Grid, toIndex, toPatient, voxelMillilitres } from '../../src/domain/volume.ts'

const c = Math.cos(0.3)
const s = Math.sin(0.3)
const grid: Grid = {
  size: [5, 7, 11],
  spacing: [0.5, 0.8, 4],
  origin: [-31, 17, 5.5],
  direction: [c, -s, 0, s, c, 0, 0, 0, 1],
}

it('puts voxel (2, 3, 4) where PS3.3 C.7.6.2.1.1 says', () => {
  const [x, y, z] = toPatient(grid, [2, 3, 4])
  expect(x).toBeCloseTo(-31 + c * 1 - s * 2.4, 12)
  expect(y).toBeCloseTo(17 + s * 1 + c * 2.4, 12)
  expect(z).toBeCloseTo(21.5, 12)
})

it('comes back from patient space to the same index', () => {
  const index = toIndex(grid, toPatient(grid, [1.25, 6, 9.5]))
  expect(index[0]).toBeCloseTo(1.25, 10)
  expect(index[1]).toBeCloseTo(6, 10)
  expect(index[2]).toBeCloseTo(9.5, 10)
})

it('measures a voxel in millilitres', () => expect(voxelMillilitres(grid)).toBeCloseTo(0.0016, 12))
