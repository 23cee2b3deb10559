// Frames of stored values in a transfer syntax (PS3.5 Annex A): native, RLE, JPEG-LS, JPEG 2000, HTJ2K, all lossless.
import loadCharls from '@cornerstonejs/codec-charls/wasmjs'
import loadOpenJpeg from '@cornerstonejs/codec-openjpeg/wasmjs'
import loadOpenJph from '@cornerstonejs/codec-openjph'
import { encodeRle } from '../../src/dicom/rle.ts'
import { encodingOf, RLE_LOSSLESS } from '../../src/dicom/transfer-syntax.ts'
import type { Uid } from '../../src/domain/study.ts'

export const JPEG_LS_LOSSLESS = '1.2.840.10008.1.2.4.80'
export const JPEG_2000_LOSSLESS = '1.2.840.10008.1.2.4.90'
export const HTJ2K_LOSSLESS = '1.2.840.10008.1.2.4.201'

interface FrameInfo {
  width: number
  height: number
  bitsPerSample: number
  componentCount: number
  isSigned: boolean
  isUsingColorTransform: boolean
}

/** The encoders of the WebAssembly codecs; without further settings they are lossless. */
interface Encoder {
  /** Memory for the frame, little-endian words. */
  getDecodedBuffer(frame: FrameInfo): Uint8Array
  encode(): void
  /** A view on memory that `delete` frees. */
  getEncodedBuffer(): Uint8Array
  delete(): void
}

const CODECS = new Map([
  [JPEG_LS_LOSSLESS, { load: loadCharls, encoder: 'JpegLSEncoder' }],
  [JPEG_2000_LOSSLESS, { load: loadOpenJpeg, encoder: 'J2KEncoder' }],
  [HTJ2K_LOSSLESS, { load: loadOpenJph, encoder: 'HTJ2KEncoder' }],
])

const loaded = new Map<Uid, Promise<new () => Encoder>>()

/** Encodes one frame of 16-bit words that hold `bitsStored` bits; RangeError for a transfer syntax that it cannot write. */
export async function encodeFrame(
  values: Uint16Array,
  columns: number,
  bitsStored: number,
  transferSyntaxUid: Uid,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (!encodingOf(transferSyntaxUid).encapsulated) return bytes
  if (transferSyntaxUid === RLE_LOSSLESS) return encodeRle(bytes, columns, 2)
  const ready = loaded.get(transferSyntaxUid) ?? loadEncoder(transferSyntaxUid)
  loaded.set(transferSyntaxUid, ready)
  const encoder = new (await ready)()
  try {
    const frame = { width: columns, height: values.length / columns, bitsPerSample: bitsStored, componentCount: 1 }
    encoder.getDecodedBuffer({ ...frame, isSigned: false, isUsingColorTransform: false }).set(bytes)
    encoder.encode()
    return Uint8Array.from(encoder.getEncodedBuffer())
  } finally {
    encoder.delete()
  }
}

async function loadEncoder(transferSyntaxUid: Uid): Promise<new () => Encoder> {
  const codec = CODECS.get(transferSyntaxUid)
  if (codec === undefined) throw new RangeError(`the generated study cannot be written in ${transferSyntaxUid}`)
  const silent = () => {}
  const module = await codec.load({ print: silent, printErr: silent })
  return module[codec.encoder] as unknown as new () => Encoder
}
