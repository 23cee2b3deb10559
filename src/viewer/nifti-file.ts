// NIfTI-1 as a browser's 3D viewer reads it: one file, header and voxels, the scanner's axes in RAS (nifti1.h, "method 3").

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Grid, voxelCount } from '../domain/volume.ts'

const HEADER = 348
const VOXELS_AT = 352
/** DT_UINT8 and DT_INT16: stored values go to 4095, so that no sign is ever set. */
const TYPES = { uint8: { code: 2, bits: 8 }, int16: { code: 4, bits: 16 } } as const
const SCANNER_ANATOMICAL = 1
const MILLIMETRES = 2
const LPS_TO_RAS = [-1, -1, 1] as const

const compress = promisify(gzip)

/**
 * A volume as .nii.gz. `values`: [Z, Y, X] on `grid`, of whole numbers from 0 to 255 (uint8) or 4095 (int16); they are written as they are,
 * without a slope.
 */
export async function niftiFile(
  grid: Grid,
  values: ArrayLike<number>,
  type: keyof typeof TYPES,
): Promise<Uint8Array<ArrayBuffer>> {
  const { code, bits } = TYPES[type]
  const count = voxelCount(grid)
  const bytes = Buffer.alloc(VOXELS_AT + (count * bits) / 8)
  bytes.writeInt32LE(HEADER, 0)
  for (const [n, size] of [3, ...grid.size, 1, 1, 1, 1].entries()) bytes.writeInt16LE(size, 40 + 2 * n)
  bytes.writeInt16LE(code, 70)
  bytes.writeInt16LE(bits, 72)
  for (const [n, mm] of [1, ...grid.spacing].entries()) bytes.writeFloatLE(mm, 76 + 4 * n)
  bytes.writeFloatLE(VOXELS_AT, 108)
  bytes.writeUInt8(MILLIMETRES, 123)
  bytes.writeInt16LE(SCANNER_ANATOMICAL, 254)
  for (const row of [0, 1, 2] as const) {
    const affine = [0, 1, 2].map((axis) => grid.direction[3 * row + axis]! * grid.spacing[axis]!)
    for (const [n, value] of [...affine, grid.origin[row]].entries())
      bytes.writeFloatLE(LPS_TO_RAS[row] * value, 280 + 16 * row + 4 * n)
  }
  bytes.write('n+1\0', 344, 'latin1')
  if (type === 'uint8') for (let v = 0; v < count; v++) bytes[VOXELS_AT + v] = values[v]!
  else for (let v = 0; v < count; v++) bytes.writeInt16LE(values[v]!, VOXELS_AT + 2 * v)
  // Level 1: the network is near, and the reviewer waits.
  return new Uint8Array(await compress(bytes, { level: 1 }))
}
