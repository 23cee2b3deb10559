// Stored pixel values of one frame, from any supported transfer syntax (PS3.5 Section 8 and Annex A). Grey scale only.
import codec from '@cornerstonejs/dicom-codec'
import { AppError } from '../domain/errors.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import { number, text } from './dataset.ts'
import { decodeRle } from './rle.ts'
import { encodingOf, RLE_LOSSLESS } from './transfer-syntax.ts'

/** Image Pixel Description (PS3.3 C.7.6.3.1). */
export interface PixelFormat {
  rows: number
  columns: number
  bitsAllocated: 8 | 16 | 32
  bitsStored: number
  highBit: number
  signed: boolean
}

/** Stored values, sign extended; the index is column + columns * row. */
export type StoredValues = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array

/** Syntaxes that @cornerstonejs/dicom-codec decodes, with the largest BitsAllocated. */
const COMPRESSED: Record<Uid, { name: string; bits: 8 | 16 }> = {
  '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline', bits: 8 },
  '1.2.840.10008.1.2.4.57': { name: 'JPEG Lossless', bits: 16 },
  '1.2.840.10008.1.2.4.70': { name: 'JPEG Lossless SV1', bits: 16 },
  '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS Lossless', bits: 16 },
  '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS Near-Lossless', bits: 16 },
  '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 Lossless', bits: 16 },
  '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000', bits: 16 },
  '1.2.840.10008.1.2.4.201': { name: 'HTJ2K Lossless', bits: 16 },
  '1.2.840.10008.1.2.4.202': { name: 'HTJ2K Lossless RPCL', bits: 16 },
  '1.2.840.10008.1.2.4.203': { name: 'HTJ2K', bits: 16 },
}

/** Reads the pixel description of a data set; SERIES_UNSUPPORTED names the attribute that cannot be handled. */
export function pixelFormat(ds: DicomJson): PixelFormat {
  const refuse = (why: string) => new AppError('SERIES_UNSUPPORTED', `instance ${text(ds, 'SOPInstanceUID')}: ${why}`)
  const whole = (keyword: string): number => {
    const value = number(ds, keyword)
    if (value === undefined || !Number.isInteger(value) || value < 0) throw refuse(`${keyword} is missing or invalid`)
    return value
  }
  const samples = number(ds, 'SamplesPerPixel') ?? 1
  const photometric = text(ds, 'PhotometricInterpretation')
  if (samples !== 1 || photometric !== 'MONOCHROME2') {
    throw refuse(
      `PhotometricInterpretation ${photometric} with ${samples} samples per pixel is not supported, only MONOCHROME2`,
    )
  }
  const bitsAllocated = whole('BitsAllocated')
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw refuse(`BitsAllocated ${bitsAllocated} is not supported`)
  }
  const bitsStored = whole('BitsStored')
  const highBit = number(ds, 'HighBit') ?? bitsStored - 1
  const rows = whole('Rows')
  const columns = whole('Columns')
  if (bitsStored < 1 || highBit >= bitsAllocated || highBit + 1 < bitsStored || rows === 0 || columns === 0) {
    throw refuse('Rows, Columns, BitsStored and HighBit contradict each other')
  }
  return { rows, columns, bitsAllocated, bitsStored, highBit, signed: whole('PixelRepresentation') === 1 }
}

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
        `instance ${instance}: ${name} ${transferSyntaxUid} with ${format.bitsAllocated} bits is not supported`,
      )
    }
    return extract(await decompress(trimmed(frame), transferSyntaxUid, format), format, false)
  } catch (error) {
    if (error instanceof AppError) throw error
    // Codecs throw strings, numbers and errors; none is passed on but our own.
    const why = error instanceof RangeError ? error.message : 'the compressed pixel data is damaged'
    throw new AppError('INSTANCE_INVALID', `instance ${instance} is not usable: ${why}`)
  }
}

function expectLength(frame: Uint8Array, length: number): Uint8Array {
  if (frame.length !== length) throw new RangeError(`a frame has ${frame.length} of ${length} bytes`)
  return frame
}

/** Without the padding of the fragment; every JPEG family codestream ends with the marker FFD9, or it was cut. */
function trimmed(frame: Uint8Array): Uint8Array {
  let end = frame.length
  while (end > 0 && frame[end - 1] === 0) end--
  if (end < 4 || frame[end - 2] !== 0xff || frame[end - 1] !== 0xd9)
    throw new RangeError('the compressed pixel data ends early')
  return frame.slice(0, end)
}

// The WebAssembly codecs answer with a view on memory that the next call overwrites: one call at a time, copied at once.
let turn: Promise<unknown> = Promise.resolve()

function decompress(frame: Uint8Array, transferSyntaxUid: Uid, format: PixelFormat): Promise<Uint8Array> {
  const { rows, columns, bitsAllocated, signed } = format
  const info = { rows, columns, bitsAllocated, samplesPerPixel: 1, signed, pixelRepresentation: signed ? 1 : 0 }
  const mine = turn.then(async () => {
    const { imageFrame, imageInfo } = await codec.decode(frame, info, transferSyntaxUid)
    if (imageInfo.width !== columns || imageInfo.height !== rows || imageInfo.componentCount !== 1) {
      throw new RangeError('the compressed image has another size than Rows and Columns say')
    }
    const bytes = new Uint8Array(imageFrame.buffer, imageFrame.byteOffset, imageFrame.byteLength).slice()
    // A codestream of 8 bits or less in 16 allocated bits comes back as bytes.
    const widened =
      bytes.length === rows * columns && bitsAllocated === 16 ? widen(bytes, imageFrame instanceof Int8Array) : bytes
    return expectLength(widened, (rows * columns * bitsAllocated) / 8)
  })
  turn = mine.catch(() => undefined)
  return mine
}

function widen(bytes: Uint8Array, signed: boolean): Uint8Array {
  return new Uint8Array(signed ? Int16Array.from(new Int8Array(bytes.buffer)).buffer : Uint16Array.from(bytes).buffer)
}

/** Takes BitsStored bits below HighBit out of each sample and extends the sign (PS3.5 Section 8.1.1). */
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
  const left = 31 - highBit
  const right = 32 - bitsStored
  const out = allocate(samples, bitsAllocated, signed)
  for (let index = 0; index < samples; index++) {
    const lifted = raw(index) << left
    out[index] = signed ? lifted >> right : lifted >>> right
  }
  return out
}

function allocate(samples: number, bitsAllocated: number, signed: boolean): StoredValues {
  if (bitsAllocated === 8) return signed ? new Int8Array(samples) : new Uint8Array(samples)
  if (bitsAllocated === 16) return signed ? new Int16Array(samples) : new Uint16Array(samples)
  return signed ? new Int32Array(samples) : new Uint32Array(samples)
}
