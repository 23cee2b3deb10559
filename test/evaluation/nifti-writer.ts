// Writes small NIfTI-1 files for tests, byte by byte after the format's own table.
import { gzipSync } from 'node:zlib'

export interface NiftiParts {
  /** nx, ny, nz */
  size: readonly number[]
  /** Rows of the RAS affine, 3 x 4. */
  affine: readonly (readonly number[])[]
  voxels: ArrayLike<number>
  /** 2 uint8, 4 int16, 16 float32 */
  type?: 2 | 4 | 16
  slope?: number
  intercept?: number
  gzip?: boolean
}

export function writeNifti({
  size,
  affine,
  voxels,
  type = 4,
  slope = 0,
  intercept = 0,
  gzip = true,
}: NiftiParts): Uint8Array {
  const width = { 2: 1, 4: 2, 16: 4 }[type]
  const bytes = new Uint8Array(352 + voxels.length * width)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, 348, true)
  const dims = [size.length, ...size, 1, 1, 1, 1].slice(0, 8)
  for (const [n, value] of dims.entries()) view.setInt16(40 + 2 * n, value, true)
  view.setInt16(70, type, true)
  view.setInt16(72, 8 * width, true)
  for (let n = 0; n < 8; n++) view.setFloat32(76 + 4 * n, 1, true)
  view.setFloat32(108, 352, true)
  view.setFloat32(112, slope, true)
  view.setFloat32(116, intercept, true)
  view.setInt16(254, 1, true)
  for (const [r, row] of affine.entries())
    for (const [c, value] of row.entries()) view.setFloat32(280 + 16 * r + 4 * c, value, true)
  bytes.set(new TextEncoder().encode('n+1\0'), 344)
  for (let v = 0; v < voxels.length; v++) {
    if (type === 2) view.setUint8(352 + v, voxels[v]!)
    else if (type === 4) view.setInt16(352 + 2 * v, voxels[v]!, true)
    else view.setFloat32(352 + 4 * v, voxels[v]!, true)
  }
  return gzip ? gzipSync(bytes) : bytes
}
