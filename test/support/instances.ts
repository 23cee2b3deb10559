// Small synthetic MR instances, written byte by byte here, so that reader and writer under test are not their own oracle.
import { deflateRawSync } from 'node:zlib'

export const MR = '1.2.840.10008.5.1.4.1.1.4'
export const SEG = '1.2.840.10008.5.1.4.1.1.66.4'
export const IMPLICIT = '1.2.840.10008.1.2'
export const EXPLICIT = '1.2.840.10008.1.2.1'
export const DEFLATED = '1.2.840.10008.1.2.1.99'
export const RLE = '1.2.840.10008.1.2.5'
export const JPEG_2000 = '1.2.840.10008.1.2.4.90'

export interface InstanceSpec {
  study?: string
  series?: string
  instance: string
  /** SOP Instance UID of the File Meta Information, where it is another: files that were edited badly. */
  metaInstance?: string
  sopClass?: string
  modality?: string
  number?: number
  transferSyntax?: string
  patientName?: string
  patientId?: string
  issuer?: string
  accession?: string
  studyDate?: string
  bodyPart?: string
  description?: string
  rows?: number
  columns?: number
}

export interface BuiltInstance {
  studyInstanceUid: string
  seriesInstanceUid: string
  sopInstanceUid: string
  sopClassUid: string
  bytes: Uint8Array
}

const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT'])

/** One element; text is UTF-8 and padded to even length as its VR asks. */
function element(tag: number, vr: string, value: string | Buffer, implicit: boolean): Buffer {
  let bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  if (bytes.length % 2 === 1) bytes = Buffer.concat([bytes, Buffer.from(vr === 'UI' || vr === 'OB' ? '\0' : ' ')])
  const long = LONG.has(vr)
  const header = Buffer.alloc(implicit || !long ? 8 : 12)
  header.writeUInt16LE(tag >>> 16, 0)
  header.writeUInt16LE(tag & 0xffff, 2)
  if (implicit) header.writeUInt32LE(bytes.length, 4)
  else {
    header.write(vr, 4, 'latin1')
    if (long) header.writeUInt32LE(bytes.length, 8)
    else header.writeUInt16LE(bytes.length, 6)
  }
  return Buffer.concat([header, bytes])
}

const short = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

/** A Part 10 object: 128 zero bytes, DICM, meta, data set. Pixels are a ramp that starts at the instance number. */
export function buildInstance(spec: InstanceSpec): BuiltInstance {
  const study = spec.study ?? '1.2.826.0.1.3680043.8.498.1'
  const series = spec.series ?? `${study}.1`
  const sopClass = spec.sopClass ?? MR
  const syntax = spec.transferSyntax ?? EXPLICIT
  const number = spec.number ?? 1
  const [rows, columns] = [spec.rows ?? 5, spec.columns ?? 7]
  const implicit = syntax === IMPLICIT
  const pixels = Buffer.alloc(rows * columns * 2)
  for (let at = 0; at < rows * columns; at += 1) pixels.writeUInt16LE((number * 131 + at * 7) & 0xfff, at * 2)

  const of = (tag: number, vr: string, value: string | Buffer) => element(tag, vr, value, implicit)
  const body = Buffer.concat([
    of(0x00080005, 'CS', 'ISO_IR 192'),
    of(0x00080016, 'UI', sopClass),
    of(0x00080018, 'UI', spec.instance),
    of(0x00080020, 'DA', spec.studyDate ?? '20260228'),
    of(0x00080030, 'TM', '231500'),
    ...(spec.accession === undefined ? [] : [of(0x00080050, 'SH', spec.accession)]),
    of(0x00080060, 'CS', spec.modality ?? 'MR'),
    of(0x0008103e, 'LO', spec.description ?? 'T1 axial'),
    of(0x00100010, 'PN', spec.patientName ?? 'Łukasz^Żółć=山田^太郎'),
    of(0x00100020, 'LO', spec.patientId ?? 'PAT-1'),
    ...(spec.issuer === undefined ? [] : [of(0x00100021, 'LO', spec.issuer)]),
    ...(spec.bodyPart === undefined ? [] : [of(0x00180015, 'CS', spec.bodyPart)]),
    of(0x0020000d, 'UI', study),
    of(0x0020000e, 'UI', series),
    of(0x00200011, 'IS', '1'),
    of(0x00200013, 'IS', String(number)),
    of(0x00280002, 'US', short(1)),
    of(0x00280004, 'CS', 'MONOCHROME2'),
    of(0x00280010, 'US', short(rows)),
    of(0x00280011, 'US', short(columns)),
    of(0x00280100, 'US', short(16)),
    of(0x00280101, 'US', short(12)),
    of(0x00280102, 'US', short(11)),
    of(0x00280103, 'US', short(0)),
    syntax === RLE
      ? encapsulate(encodeRle(pixels))
      : syntax === JPEG_2000
        ? encapsulate(Buffer.concat([Buffer.from('ff4fff51', 'hex'), pixels, Buffer.from('ffd9', 'hex')]))
        : of(0x7fe00010, 'OW', pixels),
  ])
  const meta = Buffer.concat([
    element(0x00020001, 'OB', Buffer.from([0, 1]), false),
    element(0x00020002, 'UI', sopClass, false),
    element(0x00020003, 'UI', spec.metaInstance ?? spec.instance, false),
    element(0x00020010, 'UI', syntax, false),
    element(0x00020012, 'UI', '2.25.11', false),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(meta.length)
  const dataSet = syntax === DEFLATED ? evenly(deflateRawSync(body)) : body
  const file = Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', length, false),
    meta,
    dataSet,
  ])
  return {
    studyInstanceUid: study,
    seriesInstanceUid: series,
    sopInstanceUid: spec.instance,
    sopClassUid: sopClass,
    bytes: new Uint8Array(file),
  }
}

/** A series of instances numbered from 1; UIDs end with the number. */
export function buildSeries(
  count: number,
  spec: Omit<InstanceSpec, 'instance' | 'number'> & { series: string },
): BuiltInstance[] {
  return Array.from({ length: count }, (_, index) =>
    buildInstance({ ...spec, instance: `${spec.series}.${index + 1}`, number: index + 1 }),
  )
}

function evenly(bytes: Buffer): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)])
}

/** Encapsulated pixel data with an empty offset table and the frame as one fragment (PS3.5 A.4). */
function encapsulate(frame: Buffer): Buffer {
  const item = (bytes: Buffer) => {
    const header = Buffer.from('feff00e000000000', 'hex')
    header.writeUInt32LE(bytes.length, 4)
    return Buffer.concat([header, bytes])
  }
  const open = Buffer.from('e07f10004f420000ffffffff', 'hex')
  return Buffer.concat([open, item(Buffer.alloc(0)), item(evenly(frame)), Buffer.from('feffdde000000000', 'hex')])
}

/** RLE (PS3.5 Annex G) of 16-bit pixels: the high bytes, then the low bytes, in literal runs. */
function encodeRle(pixels: Buffer): Buffer {
  const plane = (offset: number) => {
    const bytes = Buffer.from(Array.from({ length: pixels.length / 2 }, (_, at) => pixels[at * 2 + offset]!))
    const runs: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 128) {
      const run = bytes.subarray(at, at + 128)
      runs.push(Buffer.from([run.length - 1]), run)
    }
    return evenly(Buffer.concat(runs))
  }
  const [high, low] = [plane(1), plane(0)]
  const header = Buffer.alloc(64)
  header.writeUInt32LE(2, 0)
  header.writeUInt32LE(64, 4)
  header.writeUInt32LE(64 + high.length, 8)
  return Buffer.concat([header, high, low])
}
