// Compressed frames of the JPEG family (PS3.5 A.4) to plain samples: the WebAssembly codecs of @cornerstonejs and a JPEG Lossless decoder.
import loadCharls from '@cornerstonejs/codec-charls/decodewasmjs'
import loadTurbo from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs'
import loadOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs'
import loadOpenJph from '@cornerstonejs/codec-openjph'
import { Decoder as JpegLosslessDecoder } from 'jpeg-lossless-decoder-js'
import type { Uid } from '../domain/study.ts'
import { type CodestreamSize, codestreamSize } from './codestream-header.ts'
import type { PixelFormat } from './pixel-format.ts'

interface Decoded extends CodestreamSize {
  bytes: Uint8Array
  signed: boolean
}

type Decode = (codestream: Uint8Array, bytesPerSample: number) => Promise<Decoded>

/** Transfer syntaxes that can be decoded, with the largest BitsAllocated. */
export const COMPRESSED: Readonly<Record<Uid, { name: string; bits: 8 | 16; decode: Decode }>> = (() => {
  // Not @cornerstonejs/dicom-codec: it reads the result after freeing the memory, and prints to the output.
  const jpegLs = wasmDecoder(loadCharls, 'JpegLSDecoder')
  const jpeg2000 = wasmDecoder(loadOpenJpeg, 'J2KDecoder')
  const htj2k = wasmDecoder(loadOpenJph, 'HTJ2KDecoder')
  return {
    '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline', bits: 8, decode: wasmDecoder(loadTurbo, 'JPEGDecoder') },
    '1.2.840.10008.1.2.4.57': { name: 'JPEG Lossless', bits: 16, decode: decodeJpegLossless },
    '1.2.840.10008.1.2.4.70': { name: 'JPEG Lossless SV1', bits: 16, decode: decodeJpegLossless },
    '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS Lossless', bits: 16, decode: jpegLs },
    '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS Near-Lossless', bits: 16, decode: jpegLs },
    '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 Lossless', bits: 16, decode: jpeg2000 },
    '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000', bits: 16, decode: jpeg2000 },
    '1.2.840.10008.1.2.4.201': { name: 'HTJ2K Lossless', bits: 16, decode: htj2k },
    '1.2.840.10008.1.2.4.202': { name: 'HTJ2K Lossless RPCL', bits: 16, decode: htj2k },
    '1.2.840.10008.1.2.4.203': { name: 'HTJ2K', bits: 16, decode: htj2k },
  }
})()

/** Little-endian samples of BitsAllocated bits. Throws RangeError if data are truncated or of another size; codecs throw anything. */
export async function decompress(frame: Uint8Array, decode: Decode, format: PixelFormat): Promise<Uint8Array> {
  const { rows, columns, bitsAllocated } = format
  const codestream = codestreamOf(frame)
  // Before the decoder allocates what the codestream declares, and after.
  expectSize(codestreamSize(codestream), format)
  const decoded = await decode(codestream, bitsAllocated / 8)
  expectSize(decoded, format)
  // A codestream of 8 bits or less in 16 allocated bits is returned as bytes.
  const narrow = decoded.bytes.length === rows * columns && bitsAllocated === 16
  return expectLength(narrow ? widen(decoded) : decoded.bytes, (rows * columns * bitsAllocated) / 8)
}

function expectSize(size: CodestreamSize | undefined, { rows, columns }: PixelFormat): void {
  if (size === undefined) throw new RangeError('the compressed image has no readable header')
  if (size.width !== columns || size.height !== rows || size.components !== 1)
    throw new RangeError('the compressed image has another size than Rows and Columns say')
}

/** Without the fragment's padding; every codestream of the JPEG family ends with the marker FFD9, otherwise it was truncated. */
function codestreamOf(frame: Uint8Array): Uint8Array {
  let end = frame.length
  while (end > 0 && frame[end - 1] === 0) end--
  if (end < 4 || frame[end - 2] !== 0xff || frame[end - 1] !== 0xd9)
    throw new RangeError('the compressed pixel data ends early')
  return frame.subarray(0, end)
}

type Loader = typeof loadCharls

/**
 * Loads the codec at its first frame, and again after each failure, since an exception leaks memory until good frames are
 * refused. Decoding itself is synchronous, so calls cannot interleave in that memory.
 */
function wasmDecoder(load: Loader, name: string): Decode {
  let loaded: ReturnType<Loader> | undefined
  return async (codestream) => {
    loaded ??= load({ print: () => undefined, printErr: () => undefined })
    const codec = loaded
    try {
      const decoder = new (await codec)[name]!()
      decoder.getEncodedBuffer(codestream.length).set(codestream)
      decoder.decode()
      const { width, height, componentCount, isSigned } = decoder.getFrameInfo()
      const bytes = Uint8Array.from(decoder.getDecodedBuffer())
      decoder.delete()
      return { bytes, signed: isSigned ?? false, width, height, components: componentCount }
    } catch (error) {
      if (loaded === codec) loaded = undefined
      throw error
    }
  }
}

async function decodeJpegLossless(codestream: Uint8Array, bytesPerSample: number): Promise<Decoded> {
  const decoder = new JpegLosslessDecoder()
  const { buffer, byteOffset, length } = codestream.slice()
  const samples = decoder.decode(buffer, byteOffset, length, bytesPerSample)
  const { dimX, dimY, numComp } = decoder.frame
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
  return { bytes, signed: false, width: dimX, height: dimY, components: numComp }
}

function widen({ bytes, signed }: Decoded): Uint8Array {
  return new Uint8Array(signed ? Int16Array.from(new Int8Array(bytes.buffer)).buffer : Uint16Array.from(bytes).buffer)
}

/** The frame, if its length is right. */
export function expectLength(frame: Uint8Array, length: number): Uint8Array {
  if (frame.length !== length) throw new RangeError(`a frame has ${frame.length} of ${length} bytes`)
  return frame
}
