// A volume as bricks of 32 x 32 x 32 voxels, each compressed separately, so that any plane can be read without the rest.

import { promisify } from 'node:util'
import { constants, inflateRaw, zstdCompress, zstdDecompress } from 'node:zlib'
import { AppError } from '../domain/errors.ts'
import type { Vec3 } from '../domain/volume.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const inflate = promisify(inflateRaw)

const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** How a Zstandard frame begins (RFC 8878, 3.1.1). */
const ZSTANDARD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

export const EDGE = 32
export type Voxels = Uint8Array | Uint16Array
/** The bytes of a brick as they were packed; of two bytes per voxel, all the high ones come first. */
export type Brick = Uint8Array

/** Where the bricks of a packed volume lie in its file: brick n from offsets[n] to offsets[n + 1]; x fastest, then y, then z. */
export interface BrickIndex {
  size: Vec3
  bytes: 1 | 2
  offsets: number[]
}

/** A compressed volume: its bricks one after the other. */
export interface Packed {
  index: BrickIndex
  chunks: Uint8Array[]
}

export const bricksAlong = (size: Vec3): Vec3 => size.map((n) => Math.ceil(n / EDGE)) as unknown as Vec3

/** Compresses a volume; a brick at the far end contains only the voxels that exist. */
export async function packBricks(data: Voxels, size: Vec3): Promise<Packed> {
  const bytes = data.BYTES_PER_ELEMENT as 1 | 2
  const [bx, by, bz] = bricksAlong(size)
  const bricks: Promise<Uint8Array>[] = []
  for (let z = 0; z < bz; z++)
    for (let y = 0; y < by; y++)
      for (let x = 0; x < bx; x++) bricks.push(compress(planar(data, size, [x, y, z]), FASTEST))
  // All at once: other threads compress them, however long this one is busy.
  const chunks = await Promise.all(bricks)
  const offsets = [0]
  for (const chunk of chunks) offsets.push(offsets.at(-1)! + chunk.length)
  return { index: { size, bytes, offsets }, chunks }
}

/** The bricks that a plane passes through, with their numbers and positions. */
export function bricksOfPlane(size: Vec3, axis: 0 | 1 | 2, index: number): { number: number; at: Vec3 }[] {
  const along = bricksAlong(size)
  const layer = Math.floor(index / EDGE)
  const bricks: { number: number; at: Vec3 }[] = []
  for (let z = 0; z < along[2]; z++)
    for (let y = 0; y < along[1]; y++)
      for (let x = 0; x < along[0]; x++)
        if ([x, y, z][axis] === layer) bricks.push({ number: x + along[0] * (y + along[1] * z), at: [x, y, z] })
  return bricks
}

/** Bricks of releases up to 0.1.0 are deflated. */
export async function unpackBrick(chunk: Uint8Array, { size, bytes }: BrickIndex, at: Vec3): Promise<Brick> {
  const [nx, ny, nz] = extent(size, at)
  const length = nx * ny * nz * bytes
  // In one piece: the usual pieces of 16 KiB take twice as long.
  const whole = { chunkSize: Math.max(64, length) }
  const isZstandard = ZSTANDARD.equals(chunk.subarray(0, ZSTANDARD.length))
  const raw = await (isZstandard ? decompress(chunk, whole) : inflate(chunk, whole))
  if (raw.length !== length) throw new AppError('INTERNAL', `a brick of a kept image has ${raw.length} bytes`)
  return raw
}

/** Copies the part of a plane inside one brick into the whole plane, with the two other axes in order. */
export function copyPlane(
  brick: Brick,
  at: Vec3,
  { size, bytes }: Pick<BrickIndex, 'size' | 'bytes'>,
  { axis, index, into }: { axis: 0 | 1 | 2; index: number; into: Uint16Array },
): void {
  const [u, v] = ([0, 1, 2] as const).filter((one) => one !== axis) as [0 | 1 | 2, 0 | 1 | 2]
  const part = extent(size, at)
  const steps = [1, part[0], part[0] * part[1]] as const
  const start = (index - at[axis] * EDGE) * steps[axis]
  const low = brick.length / bytes
  for (let b = 0; b < part[v]; b++) {
    let from = start + b * steps[v]
    let to = at[u] * EDGE + size[u] * (at[v] * EDGE + b)
    for (let a = 0; a < part[u]; a++, from += steps[u], to++)
      into[to] = bytes === 1 ? brick[from]! : (brick[from]! << 8) | brick[low + from]!
  }
}

/** Voxels of a brick along each axis. */
function extent(size: Vec3, at: Vec3): Vec3 {
  return size.map((n, axis) => Math.min(EDGE, n - at[axis]! * EDGE)) as unknown as Vec3
}

/** The voxels of a brick as bytes; of two bytes, all the high ones come first: they hardly change, and compress to almost nothing. */
function planar(data: Voxels, size: Vec3, at: Vec3): Uint8Array {
  const [nx, ny, nz] = extent(size, at)
  const [x, y, z] = at.map((n) => n * EDGE) as unknown as Vec3
  const voxels = nx * ny * nz
  const out = new Uint8Array(voxels * data.BYTES_PER_ELEMENT)
  const low = voxels * (data.BYTES_PER_ELEMENT - 1)
  for (let k = 0, to = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0, from = x + size[0] * (y + j + size[1] * (z + k)); i < nx; i++, from++, to++) {
        const value = data[from]!
        out[to] = value >> 8
        out[low + to] = value
      }
  return out
}
