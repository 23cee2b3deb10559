// Writes DICOM JSON elements as bytes (PS3.5 Section 7): text in UTF-8, sequences with explicit lengths; the same input gives the same bytes.
import { AppError } from '../domain/errors.ts'
import type { DicomElement, DicomJson } from '../domain/study.ts'
import { BINARY_WORD, NUMBER_SIZE } from './binary-values.ts'
import { joinName } from './dataset.ts'
import { formatDecimal } from './decimal.ts'
import { keywordOf } from './dictionary.ts'

interface Syntax {
  implicit: boolean
  bigEndian: boolean
}

const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])

/** Bytes of a data set, elements in ascending order of their tags, without the tags in `skip`. */
export function writeElements(ds: DicomJson, syntax: Syntax, skip: ReadonlySet<string> = new Set()): Buffer {
  const parts: Buffer[] = []
  for (const tag of Object.keys(ds).sort()) {
    const element = ds[tag]
    // Group lengths are retired and would have to be recomputed. Nested character sets are dropped too: all text is UTF-8.
    if (element === undefined || tag.endsWith('0000') || skip.has(tag)) continue
    const value = writeValue(tag, element, syntax)
    parts.push(writeHeader(tag, element.vr, value.length, syntax), value)
  }
  return Buffer.concat(parts)
}

/** Header of one element; a value too long for its short form becomes UN (PS3.5 Section 6.2.2). */
export function writeHeader(tag: string, vr: string, length: number, syntax: Syntax): Buffer {
  const little = !syntax.bigEndian
  const tooLong = !LONG_FORM.has(vr) && length > 0xfffe
  const long = LONG_FORM.has(vr) || tooLong
  const header = Buffer.alloc(syntax.implicit || !long ? 8 : 12)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  view.setUint16(0, Number.parseInt(tag.slice(0, 4), 16), little)
  view.setUint16(2, Number.parseInt(tag.slice(4), 16), little)
  if (syntax.implicit) {
    view.setUint32(4, length, little)
    return header
  }
  header.write(tooLong ? 'UN' : vr, 4, 'latin1')
  if (long) view.setUint32(8, length, little)
  else view.setUint16(6, length, little)
  return header
}

function writeValue(tag: string, element: DicomElement, syntax: Syntax): Buffer {
  const { vr } = element
  const values = element.Value ?? []
  if (element.BulkDataURI !== undefined) {
    throw new AppError('INTERNAL', `cannot write ${keywordOf(tag)}: its value is only a reference to bulk data`)
  }
  if (element.InlineBinary !== undefined)
    return writeBinary(element.InlineBinary, syntax.bigEndian ? (BINARY_WORD[vr] ?? 1) : 1)
  if (vr === 'SQ') return Buffer.concat(values.map((item) => writeItem(item as DicomJson, syntax)))
  const size = NUMBER_SIZE[vr]
  if (size !== undefined) return writeNumbers(vr, values, size, !syntax.bigEndian)
  const string = values.map((value) => textOf(value, vr)).join('\\')
  const bytes = Buffer.from(string, 'utf8')
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')])
}

const CHARACTER_SET: ReadonlySet<string> = new Set(['00080005'])

function writeItem(item: DicomJson, syntax: Syntax): Buffer {
  const content = writeElements(item, syntax, CHARACTER_SET)
  const header = Buffer.alloc(8)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  view.setUint16(0, 0xfffe, !syntax.bigEndian)
  view.setUint16(2, 0xe000, !syntax.bigEndian)
  view.setUint32(4, content.length, !syntax.bigEndian)
  return Buffer.concat([header, content])
}

function textOf(value: unknown, vr: string): string {
  if (value === null || value === undefined) return ''
  if (vr === 'DS' && typeof value === 'number') return formatDecimal(value)
  return typeof value === 'object' ? joinName(value as Record<string, unknown>) : String(value)
}

function writeBinary(base64: string, word: number): Buffer {
  const raw = Buffer.from(base64, 'base64')
  const bytes = raw.length % 2 === 0 ? raw : Buffer.concat([raw, Buffer.alloc(1)])
  for (let at = 0; word > 1 && at + word <= bytes.length; at += word) bytes.subarray(at, at + word).reverse()
  return bytes
}

function writeNumbers(vr: string, values: unknown[], size: number, little: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const [index, value] of values.entries()) {
    const at = index * size
    if (vr === 'AT') {
      view.setUint16(at, Number.parseInt(String(value).slice(0, 4), 16), little)
      view.setUint16(at + 2, Number.parseInt(String(value).slice(4), 16), little)
    } else if (vr === 'SV') view.setBigInt64(at, BigInt(String(value)), little)
    else if (vr === 'UV') view.setBigUint64(at, BigInt(String(value)), little)
    else if (vr === 'US') view.setUint16(at, Number(value), little)
    else if (vr === 'SS') view.setInt16(at, Number(value), little)
    else if (vr === 'UL') view.setUint32(at, Number(value), little)
    else if (vr === 'SL') view.setInt32(at, Number(value), little)
    else if (vr === 'FL') view.setFloat32(at, Number(value), little)
    else view.setFloat64(at, Number(value), little)
  }
  return bytes
}
