// Stored pixel values of one frame, from any supported transfer syntax (PS3.5 Section 8 and Annex A). Greyscale only.

import { AppError } from '../domain/errors.ts'
import type { Uid } from '../domain/study.ts'
import { COMPRESSED, decompress, expectLength } from './decompress.ts'
import type { PixelFormat } from './pixel-format.ts'
import { decodeRle } from './rle.ts'
import { encodingOf, RLE_LOSSLESS } from './transfer-syntax.ts'
import { instanceName } from './uid.ts'

/** Stored values, sign extended; the index is column + columns * row. */
export type StoredValues = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array

/**
 * Stored values of one frame as read by `readPart10().frames()`.
 * Throws SERIES_UNSUPPORTED for a transfer syntax that cannot be decoded and INSTANCE_INVALID for damaged data;
 * `instance` is the UID for the message.
 */
export async function decodeFrame(
  frame: Uint8Array,
  transferSyntaxUid: Uid,
  format: PixelFormat,
  instance: Uid,
): Promise<StoredValues> {
  const encoding = encodingOf(transferSyntaxUid)
  const samples = format.rows * format.columns
  const bytesPerSample = format.bitsAllocated / 8
  try {
    if (!encoding.encapsulated)
      return extract(expectLength(frame, samples * bytesPerSample), format, encoding.bigEndian)
    if (transferSyntaxUid === RLE_LOSSLESS) return extract(decodeRle(frame, samples, bytesPerSample), format, false)
    const supported = COMPRESSED[transferSyntaxUid]
    if (supported === undefined || supported.bits < format.bitsAllocated) {
      const name = supported === undefined ? 'transfer syntax' : supported.name
      throw new AppError(
        'SERIES_UNSUPPORTED',
        `${instanceName(instance)}: ${name} ${transferSyntaxUid} with ${format.bitsAllocated} bits is not supported`,
      )
    }
    return extract(await decompress(frame, supported.decode, format), format, false)
  } catch (error) {
    if (error instanceof AppError) throw error
    // Codecs throw strings, numbers and errors; only our own are passed on.
    const why = error instanceof RangeError ? error.message : 'the compressed pixel data is damaged'
    throw new AppError('INSTANCE_INVALID', `${instanceName(instance)} is not usable: ${why}`)
  }
}

/** Extracts BitsStored bits below HighBit from each sample and extends the sign (PS3.5 Section 8.1.1). */
function extract(
  bytes: Uint8Array,
  { bitsAllocated, bitsStored, highBit, signed }: PixelFormat,
  bigEndian: boolean,
): StoredValues {
  const samples = (bytes.length * 8) / bitsAllocated
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const raw = (index: number): number => {
    if (bitsAllocated === 8) return bytes[index]!
    return bitsAllocated === 16 ? view.getUint16(2 * index, !bigEndian) : view.getUint32(4 * index, !bigEndian)
  }
  const shift = 31 - highBit
  const right = 32 - bitsStored
  const out = allocate(samples, bitsAllocated, signed)
  for (let index = 0; index < samples; index++) {
    const lifted = raw(index) << shift
    out[index] = signed ? lifted >> right : lifted >>> right
  }
  return out
}

function allocate(samples: number, bitsAllocated: number, signed: boolean): StoredValues {
  if (bitsAllocated === 8) return signed ? new Int8Array(samples) : new Uint8Array(samples)
  if (bitsAllocated === 16) return signed ? new Int16Array(samples) : new Uint16Array(samples)
  return signed ? new Int32Array(samples) : new Uint32Array(samples)
}
