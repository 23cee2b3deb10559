// The file that the 3D view loads, read back by the evaluation's reader: the same points of the patient, the same values.
import { expect, it } from 'vitest'
import { toPatient, type Vec3, voxelCount } from '../../src/domain/volume.ts'
import { readNifti } from '../../src/evaluation/nifti.ts'
import { niftiFile } from '../../src/viewer/nifti-file.ts'
import { OBLIQUE } from '../support/result.ts'

const GRID = { ...OBLIQUE, size: [7, 5, 3] as const }
const CORNERS: readonly Vec3[] = [
  [0, 0, 0],
  [6, 0, 0],
  [0, 4, 0],
  [3, 1, 2],
]

it.each([
  ['int16', 4095],
  ['uint8', 255],
] as const)('says where each voxel lies and what it holds (%s)', async (type, max) => {
  const values = Uint16Array.from({ length: voxelCount(GRID) }, (_, v) => (997 * v) % (max + 1))
  const { grid, data } = readNifti(await niftiFile(GRID, values, type), 'made here')
  expect(grid.size).toEqual(GRID.size)
  for (const corner of CORNERS) {
    const [at, expected] = [toPatient(grid, corner), toPatient(GRID, corner)]
    for (const axis of [0, 1, 2]) expect(at[axis]).toBeCloseTo(expected[axis]!, 3)
  }
  expect(Array.from(data)).toEqual(Array.from(values))
})
