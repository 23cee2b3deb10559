// Frames of stored values in a transfer syntax (PS3.5 Annex A): native, RLE, JPEG-LS, JPEG 2000, HTJ2K, all lossless.
import loadCharls from '@cornerstonejs/codec-charls/wasmjs'
import loadOpenJpeg, { type Encoder } from '@cornerstonejs/codec-openjpeg/wasmjs'
import codec from '@cornerstonejs/dicom-codec'
import { encodeRle } from '../../dicom/rle.ts'
import { encodingOf, RLE_LOSSLESS } from '../../dicom/transfer-syntax.ts'
import type { Uid } from '../../domain/study.ts'

export const JPEG_LS_LOSSLESS = '1.2.840.10008.1.2.4.80'
export const JPEG_2000_LOSSLESS = '1.2.840.10008.1.2.4.90'
export const HTJ2K_LOSSLESS = '1.2.840.10008.1.2.4.201'

/** dicom-codec encodes with builds in plain JavaScript, many times slower than these. */
const FAST: Readonly<Record<Uid, () => Promise<new () => Encoder>>> = {
  [JPEG_LS_LOSSLESS]: async () => (await loadCharls()).JpegLSEncoder,
  [JPEG_2000_LOSSLESS]: async () => (await loadOpenJpeg()).J2KEncoder,
}

const loaded = new Map<Uid, Promise<new () => Encoder>>()

/** Encodes one frame of 16-bit words that hold `bitsStored` bits. */
export async function encodeFrame(values: Uint16Array, columns: number, bitsStored: number, transferSyntaxUid: Uid): Promise<Uint8Array> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (!encodingOf(transferSyntaxUid).encapsulated) return bytes
  if (transferSyntaxUid === RLE_LOSSLESS) return encodeRle(bytes, columns, 2)
  const rows = values.length / columns
  const load = FAST[transferSyntaxUid]
  if (load !== undefined) {
    const ready = loaded.get(transferSyntaxUid) ?? load()
    loaded.set(transferSyntaxUid, ready)
    return encodeFast(await ready, bytes, columns, rows, bitsStored)
  }
  const info = { rows, columns, bitsAllocated: bitsStored, samplesPerPixel: 1, signed: false, pixelRepresentation: 0 }
  const { imageFrame } = await codec.encode(bytes, info, transferSyntaxUid)
  return Uint8Array.from(imageFrame)
}

function encodeFast(Encoder: new () => Encoder, bytes: Uint8Array, width: number, height: number, bitsPerSample: number): Uint8Array {
  const encoder = new Encoder()
  try {
    encoder.getDecodedBuffer({ width, height, bitsPerSample, componentCount: 1, isSigned: false, isUsingColorTransform: false }).set(bytes)
    encoder.encode()
    // A copy: the view is on memory that the codec uses again for the next frame.
    return Uint8Array.from(encoder.getEncodedBuffer())
  } finally {
    encoder.delete()
  }
}
