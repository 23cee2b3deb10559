// Compressed frames of the JPEG family (PS3.5 A.4) to plain samples, with the WebAssembly codecs of @cornerstonejs.
import openJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs'
import codec from '@cornerstonejs/dicom-codec'
import type { Uid } from '../domain/study.ts'
import type { PixelFormat } from './pixel-format.ts'

/** Transfer syntaxes that can be decoded, with the largest BitsAllocated. */
export const COMPRESSED: Record<Uid, { name: string; bits: 8 | 16 }> = {
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

interface Decoded {
  bytes: Uint8Array
  signed: boolean
  width: number
  height: number
  components: number
}

// The codecs answer with a view on memory that the next call overwrites: one call at a time, copied at once.
let turn: Promise<unknown> = Promise.resolve()

/** Little-endian samples of BitsAllocated bits. Throws RangeError for what is cut or has another size; codecs throw anything. */
export function decompress(frame: Uint8Array, transferSyntaxUid: Uid, format: PixelFormat): Promise<Uint8Array> {
  const { rows, columns, bitsAllocated } = format
  const mine = turn.then(async () => {
    const codestream = trimmed(frame)
    const decoded = transferSyntaxUid.startsWith('1.2.840.10008.1.2.4.9')
      ? await decodeJpeg2000(codestream)
      : await decodeOther(codestream, transferSyntaxUid, format)
    if (decoded.width !== columns || decoded.height !== rows || decoded.components !== 1) {
      throw new RangeError('the compressed image has another size than Rows and Columns say')
    }
    // A codestream of 8 bits or less in 16 allocated bits comes back as bytes.
    const narrow = decoded.bytes.length === rows * columns && bitsAllocated === 16
    return expectLength(narrow ? widen(decoded) : decoded.bytes, (rows * columns * bitsAllocated) / 8)
  })
  turn = mine.catch(() => undefined)
  return mine
}

async function decodeOther(codestream: Uint8Array, transferSyntaxUid: Uid, format: PixelFormat): Promise<Decoded> {
  const { rows, columns, bitsAllocated, signed } = format
  const info = { rows, columns, bitsAllocated, samplesPerPixel: 1, signed, pixelRepresentation: signed ? 1 : 0 }
  const { imageFrame, imageInfo } = await codec.decode(codestream, info, transferSyntaxUid)
  return {
    bytes: new Uint8Array(imageFrame.buffer, imageFrame.byteOffset, imageFrame.byteLength).slice(),
    signed: imageFrame instanceof Int8Array,
    width: imageInfo.width,
    height: imageInfo.height,
    components: imageInfo.componentCount,
  }
}

let jpeg2000: ReturnType<typeof openJpeg> | undefined

/** OpenJPEG directly: the wrapper uses its slow build and lets it write its progress to the standard output. */
async function decodeJpeg2000(codestream: Uint8Array): Promise<Decoded> {
  jpeg2000 ??= openJpeg({ print: () => undefined, printErr: () => undefined })
  const decoder = new (await jpeg2000).J2KDecoder()
  try {
    decoder.getEncodedBuffer(codestream.length).set(codestream)
    decoder.decode()
    const { width, height, componentCount, isSigned } = decoder.getFrameInfo()
    return { bytes: decoder.getDecodedBuffer().slice(), signed: isSigned, width, height, components: componentCount }
  } finally {
    decoder.delete()
  }
}

/** Without the padding of the fragment; every JPEG family codestream ends with the marker FFD9, or it was cut. */
function trimmed(frame: Uint8Array): Uint8Array {
  let end = frame.length
  while (end > 0 && frame[end - 1] === 0) end--
  if (end < 4 || frame[end - 2] !== 0xff || frame[end - 1] !== 0xd9)
    throw new RangeError('the compressed pixel data ends early')
  return frame.slice(0, end)
}

function widen({ bytes, signed }: Decoded): Uint8Array {
  return new Uint8Array(signed ? Int16Array.from(new Int8Array(bytes.buffer)).buffer : Uint16Array.from(bytes).buffer)
}

/** The frame, when it is as long as it must be. */
export function expectLength(frame: Uint8Array, length: number): Uint8Array {
  if (frame.length !== length) throw new RangeError(`a frame has ${frame.length} of ${length} bytes`)
  return frame
}
