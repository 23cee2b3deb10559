// DICOM files (PS3.10): Part 10 bytes to and from DICOM JSON data sets and pixel frames.

import { deflateRawSync } from 'node:zlib'
import { AppError } from '../domain/errors.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import { dataset, number, text } from './dataset.ts'
import { keywordOf } from './dictionary.ts'
import { DataSetFault, ElementReader, type ReadDataSet, type StoredPixels } from './element-reader.ts'
import { writeElements, writeHeader } from './element-writer.ts'
import { requireFileMeta } from './file-meta.ts'
import { inflateDataSet } from './inflate.ts'
import { type Encoding, EXPLICIT_LITTLE_ENDIAN, encodingOf } from './transfer-syntax.ts'
import { instanceName } from './uid.ts'

/** Our own implementation (PS3.10 Section 7.1): a UUID generated once, not that of a toolkit. */
export const IMPLEMENTATION_CLASS_UID = '2.25.193282248648336145630406453138923874833'
export const IMPLEMENTATION_VERSION_NAME = 'GLIABRIDGE_1'

export interface Part10 {
  transferSyntaxUid: Uid
  /** Without pixel data; text has been decoded, so SpecificCharacterSet is ISO_IR 192. */
  dataset: DicomJson
  /** PixelData as stored in a native transfer syntax; undefined if there is none or it is encapsulated. */
  pixelData: Uint8Array | undefined
  /** Keywords of text that could not be decoded: it contains U+FFFD. */
  undecoded: string[]
  /** One buffer per frame as stored, fragments joined, native frames as slices. Throws INSTANCE_INVALID. */
  frames(): Uint8Array[]
}

const PIXEL_DATA = '7FE00010'

/** Reads a Part 10 file. Throws INSTANCE_INVALID, which names the SOP Instance UID if it is known. */
export function readPart10(bytes: Uint8Array): Part10 {
  let uid = ''
  try {
    const { sopInstanceUid, transferSyntaxUid, dataSetOffset } = requireFileMeta(bytes)
    uid = sopInstanceUid
    if (transferSyntaxUid === '') throw new DataSetFault('TransferSyntaxUID is missing')
    const encoding = encodingOf(transferSyntaxUid)
    const body = encoding.deflated
      ? new ElementReader(inflate(bytes.subarray(dataSetOffset)), 0)
      : new ElementReader(bytes, dataSetOffset)
    const read = body.readDataSet(encoding, (transferSyntaxUid) => {
      uid = transferSyntaxUid
    })
    if (Object.keys(read.dataset).length === 0) throw new DataSetFault('it holds no data set')
    return assemble(read, transferSyntaxUid, encoding, uid)
  } catch (error) {
    throw error instanceof DataSetFault ? invalid(uid, error.message) : error
  }
}

function assemble(read: ReadDataSet, transferSyntaxUid: Uid, encoding: Encoding, uid: Uid): Part10 {
  const { pixels } = read
  if (pixels !== undefined && 'native' in pixels === encoding.encapsulated) {
    throw new DataSetFault(`PixelData is not encoded as transfer syntax ${transferSyntaxUid} asks`)
  }
  return {
    transferSyntaxUid,
    dataset: { ...read.dataset, ...dataset({ SpecificCharacterSet: 'ISO_IR 192' }) },
    pixelData: pixels !== undefined && 'native' in pixels ? pixels.native : undefined,
    undecoded: [...read.undecoded].map(keywordOf),
    frames: () => framesOf(read.dataset, pixels, uid),
  }
}

function inflate(bytes: Uint8Array): Uint8Array {
  const inflated = inflateDataSet(bytes)
  if ('fault' in inflated) throw new DataSetFault(`its deflated data set ${inflated.fault}`)
  return inflated.dataSet
}

function framesOf(ds: DicomJson, pixels: StoredPixels | undefined, uid: Uid): Uint8Array[] {
  if (pixels === undefined) throw invalid(uid, 'it has no PixelData')
  const count = number(ds, 'NumberOfFrames') ?? 1
  if (!Number.isInteger(count) || count < 1) throw invalid(uid, 'NumberOfFrames is no whole number above zero')
  if ('fragments' in pixels) return groupFragments(pixels.fragments, pixels.offsets, count, uid)
  const bits = number(ds, 'BitsAllocated') ?? 0
  const size =
    ((number(ds, 'Rows') ?? 0) * (number(ds, 'Columns') ?? 0) * (number(ds, 'SamplesPerPixel') ?? 1) * bits) / 8
  if (size <= 0 || bits % 8 !== 0)
    throw invalid(uid, 'Rows, Columns or BitsAllocated do not describe whole-byte pixels')
  if (pixels.native.length < size * count) {
    throw invalid(uid, `PixelData has ${pixels.native.length} of ${size * count} bytes`)
  }
  return Array.from({ length: count }, (_, index) => pixels.native.subarray(index * size, (index + 1) * size))
}

/** PS3.5 A.4: a single frame consists of all fragments; several frames are separated by the offset table, or have one fragment each. */
function groupFragments(fragments: Uint8Array[], offsets: number[], count: number, uid: Uid): Uint8Array[] {
  if (fragments.length < count) throw invalid(uid, `PixelData has ${fragments.length} fragments for ${count} frames`)
  if (count === 1) return [join(fragments)]
  if (fragments.length === count) return fragments
  if (offsets.length !== count) {
    throw invalid(
      uid,
      `PixelData has ${fragments.length} fragments for ${count} frames and no table that tells them apart`,
    )
  }
  const groups: Uint8Array[][] = offsets.map(() => [])
  let at = 0
  let frame = -1
  for (const fragment of fragments) {
    if (offsets[frame + 1] === at) frame++
    if (frame < 0) throw invalid(uid, 'the Basic Offset Table does not match the fragments')
    groups[frame]!.push(fragment)
    at += 8 + fragment.length
  }
  if (frame !== count - 1) throw invalid(uid, 'the Basic Offset Table does not match the fragments')
  return groups.map(join)
}

function join(parts: Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts))
}

function invalid(uid: Uid, why: string): AppError {
  return new AppError('INSTANCE_INVALID', `${instanceName(uid)} is not usable: ${why}`)
}

/** A file to write; text is written as UTF-8 with SpecificCharacterSet ISO_IR 192. */
export interface Part10Input {
  dataset: DicomJson
  /** Explicit VR Little Endian by default. */
  transferSyntaxUid?: Uid
  /** Native bytes (little endian), or one buffer per frame, encapsulated if the transfer syntax requires it. */
  pixelData?: Uint8Array | readonly Uint8Array[]
}

/** Writes a Part 10 file; the same input gives the same bytes. */
export function writePart10({
  dataset: ds,
  transferSyntaxUid = EXPLICIT_LITTLE_ENDIAN,
  pixelData,
}: Part10Input): Uint8Array {
  const encoding = encodingOf(transferSyntaxUid)
  const content = { ...ds, ...dataset({ SpecificCharacterSet: 'ISO_IR 192' }) }
  const skip = pixelData === undefined ? fileMetaTags(ds) : new Set([...fileMetaTags(ds), PIXEL_DATA])
  const before = Object.fromEntries(
    Object.entries(content).filter(([tag]) => tag < PIXEL_DATA || pixelData === undefined),
  )
  const after = Object.fromEntries(
    Object.entries(content).filter(([tag]) => tag > PIXEL_DATA && pixelData !== undefined),
  )
  const body = Buffer.concat([
    writeElements(before, encoding, skip),
    ...(pixelData === undefined ? [] : writePixels(ds, pixelData, encoding)),
    writeElements(after, encoding, skip),
  ])
  const meta = writeFileMeta(text(ds, 'SOPClassUID'), text(ds, 'SOPInstanceUID'), transferSyntaxUid)
  const file = Buffer.concat([meta, encoding.deflated ? deflate(body) : body])
  return new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
}

/** Preamble and File Meta Information (PS3.10 Section 7.1), before an encoded data set. */
export function writeFileMeta(sopClassUid: Uid, sopInstanceUid: Uid, transferSyntaxUid: Uid): Buffer {
  const meta = writeElements(
    {
      '00020001': { vr: 'OB', InlineBinary: 'AAE=' },
      ...dataset({
        MediaStorageSOPClassUID: sopClassUid,
        MediaStorageSOPInstanceUID: sopInstanceUid,
        TransferSyntaxUID: transferSyntaxUid,
        ImplementationClassUID: IMPLEMENTATION_CLASS_UID,
        ImplementationVersionName: IMPLEMENTATION_VERSION_NAME,
      }),
    },
    { implicit: false, bigEndian: false },
  )
  const length = Buffer.alloc(12)
  length.write('\x02\x00\x00\x00UL\x04\x00', 0, 'latin1')
  length.writeUInt32LE(meta.length, 8)
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta])
}

function fileMetaTags(ds: DicomJson): Set<string> {
  return new Set(Object.keys(ds).filter((tag) => tag.startsWith('0002')))
}

/** PS3.5 A.5: the deflated stream is padded to even length. */
function deflate(body: Buffer): Buffer {
  const packed = deflateRawSync(body)
  return packed.length % 2 === 0 ? packed : Buffer.concat([packed, Buffer.alloc(1)])
}

function writePixels(ds: DicomJson, pixelData: Uint8Array | readonly Uint8Array[], encoding: Encoding): Buffer[] {
  const parts = pixelData instanceof Uint8Array ? [pixelData] : pixelData
  if (encoding.encapsulated) return writeFragments(parts, encoding)
  const bits = number(ds, 'BitsAllocated') ?? 16
  const joined = even(Buffer.concat(parts))
  if (encoding.bigEndian && bits > 8) {
    for (let at = 0; at < joined.length; at += bits / 8) joined.subarray(at, at + bits / 8).reverse()
  }
  const vr = bits <= 8 && !encoding.implicit ? 'OB' : 'OW'
  return [writeHeader(PIXEL_DATA, vr, joined.length, encoding), joined]
}

/** One fragment per frame; several frames get a Basic Offset Table. */
function writeFragments(frames: readonly Uint8Array[], encoding: Encoding): Buffer[] {
  const padded = frames.map((frame) => even(Buffer.from(frame)))
  const table = Buffer.alloc(frames.length > 1 ? 4 * frames.length : 0)
  let at = 0
  for (const [index, frame] of padded.entries()) {
    if (frames.length > 1) table.writeUInt32LE(at, 4 * index)
    at += 8 + frame.length
  }
  const item = (bytes: Buffer) => [mark('\xfe\xff\x00\xe0', bytes.length), bytes]
  return [
    writeHeader(PIXEL_DATA, 'OB', 0xffffffff, encoding),
    ...item(table),
    ...padded.flatMap(item),
    mark('\xfe\xff\xdd\xe0', 0),
  ]
}

function mark(tag: string, length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.write(tag, 0, 'latin1')
  bytes.writeUInt32LE(length, 4)
  return bytes
}

function even(bytes: Buffer): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)])
}
