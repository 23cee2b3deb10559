import { describe, expect, it } from 'vitest'
import { toPatient } from '../../src/domain/volume.ts'
import { readNifti } from '../../src/evaluation/nifti.ts'
import { writeNifti } from './nifti-writer.ts'

const voxels = Array.from({ length: 24 }, (_, v) => v * 3 - 20)
const affine = [
  [0, -1.5, 0, 20],
  [2, 0, 0, -30],
  [0, 0, 4, 7],
]
const size = [4, 3, 2]

/** Of an otherwise good file. */
function headerOf(dims: number[]): Uint8Array {
  const bytes = writeNifti({ size, affine, voxels, gzip: false })
  for (const [n, value] of dims.entries()) new DataView(bytes.buffer).setInt16(42 + 2 * n, value, true)
  return bytes
}

describe('NIfTI', () => {
  it.each([true, false])('is read in LPS with its voxels in order (gzip %s)', (gzip) => {
    const { grid, data } = readNifti(writeNifti({ size, affine, voxels, gzip }), 'a.nii')
    expect([...data]).toEqual(voxels)
    expect(grid.size).toEqual(size)
    expect(grid.spacing).toEqual([2, 1.5, 4])
    for (const [i, j, k] of [
      [0, 0, 0],
      [3, 0, 0],
      [1, 2, 1],
    ] as const) {
      const ras = affine.map((row) => row[0]! * i + row[1]! * j + row[2]! * k + row[3]!)
      expect(toPatient(grid, [i, j, k]).map((value) => value + 0)).toEqual(
        [-ras[0]!, -ras[1]!, ras[2]!].map((value) => value + 0),
      )
    }
  })

  it('applies the scaling, and takes a slope of 0 as none', () => {
    expect(readNifti(writeNifti({ size, affine, voxels, slope: 0.5, intercept: 3 }), 'a').data[2]).toBe(-14 * 0.5 + 3)
    expect(readNifti(writeNifti({ size, affine, voxels, type: 16 }), 'a').data[2]).toBe(-14)
    expect(readNifti(writeNifti({ size, affine, voxels: voxels.map((v) => v + 20), type: 2 }), 'a').data[2]).toBe(6)
  })

  it.each<[string, () => Uint8Array, string]>([
    ['no NIfTI', () => new TextEncoder().encode('<html>'.padEnd(400)), 'not a NIfTI file'],
    ['an empty file', () => new Uint8Array(0), 'not a NIfTI file'],
    ['a cut file', () => writeNifti({ size, affine, voxels, gzip: false }).slice(0, -4), 'fewer voxels'],
    ['a header of more voxels than any image', () => headerOf([30_000, 30_000, 30_000]), 'more than 268435456'],
    ['a header of negative dimensions', () => headerOf([-4, -3, 2]), 'no whole numbers above zero'],
    ['a cut header', () => writeNifti({ size, affine, voxels, gzip: false }).slice(0, 100), 'not a NIfTI file'],
    ['a cut gzip stream', () => writeNifti({ size, affine, voxels }).slice(0, -12), 'gzip stream is damaged'],
    ['a 4D file', () => writeNifti({ size: [2, 3, 2, 2], affine, voxels }), 'not a single 3D volume'],
    [
      'a sheared affine',
      () =>
        writeNifti({
          size,
          affine: [
            [1, 0.5, 0, 0],
            [0, 1, 0, 0],
            [0, 0, 1, 0],
          ],
          voxels,
        }),
      'sheared or singular',
    ],
    [
      'a singular affine',
      () =>
        writeNifti({
          size,
          affine: [
            [0, 0, 0, 0],
            [0, 1, 0, 0],
            [0, 0, 1, 0],
          ],
          voxels,
        }),
      'sheared or singular',
    ],
  ])('refuses %s, naming the file', (_name, make, message) => {
    expect(() => readNifti(make(), 'case_t1.nii.gz')).toThrowError(
      expect.objectContaining({
        code: 'INSTANCE_INVALID',
        message: expect.stringMatching(new RegExp(`^case_t1.nii.gz: .*${message}`)),
      }),
    )
  })
})
