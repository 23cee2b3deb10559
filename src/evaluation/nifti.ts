// NIfTI-1 and -2 volumes (gzipped or not) in LPS; nifti-reader-js parses them, and the affine is read and checked here.
import { gunzipSync } from 'node:zlib'
import { isNIFTI, NIFTI1, readHeader } from 'nifti-reader-js'
import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Grid, Vec3, Volume } from '../domain/volume.ts'

const SMALLEST_HEADER = 348
/** Eight bytes per voxel, and a header with extensions. */
const MAX_BYTES = 8 * LIMITS.volumeVoxels + 2 ** 20

/**
 * Reads a 3D volume as float32, scaling applied. NIfTI's patient space is RAS, so x and y change sign. INSTANCE_INVALID, naming
 * the file, if it is not NIfTI, is truncated, is not a single 3D volume or has a sheared affine.
 */
export function readNifti(bytes: Uint8Array, name: string): Volume<Float32Array> {
  const refuse = (why: string, cause?: unknown) => new AppError('INSTANCE_INVALID', `${name}: ${why}`, { cause })
  let content = bytes
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) content = gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  } catch (cause) {
    const isTooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw refuse(isTooLarge ? `inflated it is over ${MAX_BYTES} bytes` : 'the gzip stream is damaged', cause)
  }
  const raw = content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) as ArrayBuffer
  if (raw.byteLength < SMALLEST_HEADER || !isNIFTI(raw)) throw refuse('not a NIfTI file')
  const header = parsed(raw)
  if (!header) throw refuse('the NIfTI header cannot be read')
  const [rank = 0, nx = 0, ny = 0, nz = 0, ...more] = header.dims
  if (rank < 3 || more.slice(0, rank - 3).some((n) => n > 1)) throw refuse('not a single 3D volume')
  if (![nx, ny, nz].every((n) => Number.isInteger(n) && n >= 1))
    throw refuse('its dimensions are no whole numbers above zero')
  const count = nx * ny * nz
  if (count > LIMITS.volumeVoxels) throw refuse(`it has ${nx} × ${ny} × ${nz} voxels, more than ${LIMITS.volumeVoxels}`)
  const type = TYPES[header.datatypeCode]
  if (!type) throw refuse(`data type ${header.datatypeCode} is not supported`)
  // By the type alone: the header's bits per voxel may contradict it.
  const { width, read } = type
  if (!(header.vox_offset >= 0) || raw.byteLength < header.vox_offset + count * width)
    throw refuse('fewer voxels than its header states')
  const view = new DataView(raw, Math.trunc(header.vox_offset), count * width)
  const slope = header.scl_slope !== 0 && Number.isFinite(header.scl_slope) ? header.scl_slope : 1
  const intercept = Number.isFinite(header.scl_inter) ? header.scl_inter : 0
  const data = new Float32Array(count)
  for (let v = 0; v < count; v++) data[v] = read(view, v * width, header.littleEndian) * slope + intercept
  const grid = gridOf(header.affine, [nx, ny, nz])
  if (!grid) throw refuse('its affine is sheared or singular')
  return { grid, data }
}

/** Undefined if the parser throws, whatever it throws. */
function parsed(raw: ArrayBuffer): ReturnType<typeof readHeader> | undefined {
  try {
    return readHeader(raw)
  } catch {
    return undefined
  }
}

/** Datatype code → bytes per voxel, and how to read one. */
const TYPES: Record<number, { width: number; read(view: DataView, at: number, little: boolean): number } | undefined> =
  {
    [NIFTI1.TYPE_UINT8]: { width: 1, read: (view, at) => view.getUint8(at) },
    [NIFTI1.TYPE_INT8]: { width: 1, read: (view, at) => view.getInt8(at) },
    [NIFTI1.TYPE_INT16]: { width: 2, read: (view, at, little) => view.getInt16(at, little) },
    [NIFTI1.TYPE_UINT16]: { width: 2, read: (view, at, little) => view.getUint16(at, little) },
    [NIFTI1.TYPE_INT32]: { width: 4, read: (view, at, little) => view.getInt32(at, little) },
    [NIFTI1.TYPE_UINT32]: { width: 4, read: (view, at, little) => view.getUint32(at, little) },
    [NIFTI1.TYPE_FLOAT32]: { width: 4, read: (view, at, little) => view.getFloat32(at, little) },
    [NIFTI1.TYPE_FLOAT64]: { width: 8, read: (view, at, little) => view.getFloat64(at, little) },
  }

/** Columns of the affine are direction times spacing; undefined if they are not orthogonal. */
function gridOf(affine: number[][], size: Vec3): Grid | undefined {
  const sign = [-1, -1, 1]
  const column = (c: number) => [0, 1, 2].map((row) => sign[row]! * affine[row]![c]!)
  const axes = [column(0), column(1), column(2)]
  const spacing = axes.map((axis) => Math.hypot(...axis))
  if (spacing.some((mm) => !(mm > 0))) return undefined
  const units = axes.map((axis, n) => axis.map((value) => value / spacing[n]!))
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, n) => sum + value * b[n]!, 0)
  const skew = Math.max(
    Math.abs(dot(units[0]!, units[1]!)),
    Math.abs(dot(units[0]!, units[2]!)),
    Math.abs(dot(units[1]!, units[2]!)),
  )
  if (!(skew < 1e-3)) return undefined
  const [ox, oy, oz] = column(3)
  return {
    size,
    spacing: [spacing[0]!, spacing[1]!, spacing[2]!],
    origin: [ox!, oy!, oz!],
    direction: [0, 1, 2].flatMap((row) => units.map((unit) => unit[row]!)),
  }
}
