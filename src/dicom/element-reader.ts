// Reads the elements of a binary data set into the DICOM JSON model (PS3.5 Section 7, PS3.18 Annex F); bounds are checked at every step.
import type { DicomElement, DicomJson } from '../domain/study.ts'
import { type TextDecoding, textDecoding } from './charset.ts'
import { keywordOf, vrOf } from './dictionary.ts'

/** Thrown inside the reader; part10.ts names the instance and makes it an AppError. The text holds tags and counts only. */
export class DataSetFault extends Error {}

/** Pixel data as stored; fragments are zero-copy slices, `offsets` the Basic Offset Table. */
export type StoredPixels = { native: Uint8Array } | { fragments: Uint8Array[]; offsets: number[] }

export interface ReadDataSet {
  dataset: DicomJson
  pixels: StoredPixels | undefined
}

interface Syntax {
  implicit: boolean
  bigEndian: boolean
}

interface Scope {
  decode: TextDecoding | undefined
  signed: boolean
}

const UNDEFINED_LENGTH = 0xffffffff
const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const SHORT_FORM = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '))
const SINGLE_TEXT = new Set(['ST', 'LT', 'UT', 'UR'])
const CHARACTER_SET_TEXT = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN'])
const BINARY_WORD: Record<string, number> = { OB: 1, UN: 1, OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 }
const NUMBER_SIZE: Record<string, number> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, SV: 8, UV: 8, AT: 4 }
const DEEPEST = 40
const PIXEL_DATA = '7FE00010'

/** Cursor over the bytes of one file. */
export class ElementReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  /** Reads a whole data set; `onUid` hears of the SOP Instance UID as soon as it is known. */
  readDataSet(syntax: Syntax, onUid: (uid: string) => void): ReadDataSet {
    const found: ReadDataSet = { dataset: {}, pixels: undefined }
    const scope: Scope = { decode: textDecoding([]), signed: false }
    this.#elements(
      syntax,
      scope,
      this.bytes.length,
      0,
      found.dataset,
      (pixels) => {
        found.pixels = pixels
      },
      onUid,
    )
    return found
  }

  /** Reads the elements of group 0002 (PS3.10 Section 7.1), always Explicit VR Little Endian. */
  readFileMeta(): DicomJson {
    const meta: DicomJson = {}
    const scope: Scope = { decode: textDecoding([]), signed: false }
    const syntax = { implicit: false, bigEndian: false }
    while (this.at + 8 <= this.bytes.length && this.view.getUint16(this.at, true) === 0x0002) {
      this.#element(syntax, scope, this.bytes.length, 0, meta, undefined)
    }
    return meta
  }

  #elements(
    syntax: Syntax,
    scope: Scope,
    end: number,
    depth: number,
    into: DicomJson,
    onPixels?: (pixels: StoredPixels) => void,
    onUid?: (uid: string) => void,
  ): void {
    while (this.at < end) {
      if (depth === 0 && this.#onlyZerosLeft()) return
      const tag = this.#element(syntax, scope, end, depth, into, onPixels)
      if (tag === 'FFFEE00D') return
      if (tag === '00080018') onUid?.(String(into[tag]?.Value?.[0] ?? ''))
    }
  }

  /** Reads one element and returns its tag; an item delimiter is consumed and not stored. */
  #element(
    syntax: Syntax,
    scope: Scope,
    end: number,
    depth: number,
    into: DicomJson,
    onPixels?: (pixels: StoredPixels) => void,
  ): string {
    const little = !syntax.bigEndian
    this.#need(8, end, 'an element header')
    const tag = this.#tag(little)
    if (tag.startsWith('FFFE')) {
      this.at += 4
      if (tag !== 'FFFEE00D') throw new DataSetFault('a sequence delimiter stands outside its sequence')
      return tag
    }
    const { vr, length } = this.#header(tag, syntax, scope, end)
    if (tag === PIXEL_DATA && onPixels !== undefined) {
      onPixels(length === UNDEFINED_LENGTH ? this.#fragments(end, little) : { native: this.#take(length, end, tag) })
      return tag
    }
    if (vr === 'SQ' || length === UNDEFINED_LENGTH) {
      if (tag === PIXEL_DATA) {
        // An icon inside a sequence, compressed: the JSON model has no place for fragments.
        this.#fragments(end, little)
        into[tag] = { vr }
        return tag
      }
      // UN of undefined length is a sequence in Implicit VR (PS3.5 Section 6.2.2, note 4).
      const inner = vr === 'UN' ? { implicit: true, bigEndian: false } : syntax
      into[tag] = this.#sequence(inner, scope, length, end, depth + 1, tag)
      return tag
    }
    if (!tag.endsWith('0000')) into[tag] = this.#value(tag, vr, this.#take(length, end, tag), syntax, scope, depth)
    else this.#take(length, end, tag)
    return tag
  }

  #header(tag: string, syntax: Syntax, scope: Scope, end: number): { vr: string; length: number } {
    const little = !syntax.bigEndian
    if (syntax.implicit) {
      this.at += 4
      return { vr: vrOf(tag, scope.signed), length: this.view.getUint32(this.at - 4, little) }
    }
    const vr = String.fromCharCode(this.bytes[this.at]!, this.bytes[this.at + 1]!)
    this.at += 4
    if (SHORT_FORM.has(vr)) return { vr, length: this.view.getUint16(this.at - 2, little) }
    if (!LONG_FORM.has(vr)) throw new DataSetFault(`${keywordOf(tag)} has no known value representation`)
    this.#need(4, end, keywordOf(tag))
    this.at += 4
    return { vr, length: this.view.getUint32(this.at - 4, little) }
  }

  #sequence(syntax: Syntax, scope: Scope, length: number, end: number, depth: number, tag: string): DicomElement {
    if (depth > DEEPEST) throw new DataSetFault(`${keywordOf(tag)} is nested too deep`)
    const little = !syntax.bigEndian
    const stop = length === UNDEFINED_LENGTH ? end : this.at + length
    if (stop > end) throw new DataSetFault(`it ends inside ${keywordOf(tag)}`)
    const found: DicomJson[] = []
    while (length === UNDEFINED_LENGTH || this.at < stop) {
      this.#need(8, stop, keywordOf(tag))
      const mark = this.#tag(little)
      const itemLength = this.view.getUint32(this.at, little)
      this.at += 4
      if (mark === 'FFFEE0DD') break
      if (mark !== 'FFFEE000') throw new DataSetFault(`${keywordOf(tag)} holds something that is no item`)
      const item: DicomJson = {}
      const itemEnd = itemLength === UNDEFINED_LENGTH ? stop : this.at + itemLength
      if (itemEnd > stop) throw new DataSetFault(`it ends inside ${keywordOf(tag)}`)
      this.#elements(syntax, { ...scope }, itemEnd, depth, item)
      found.push(item)
    }
    return found.length === 0 ? { vr: 'SQ' } : { vr: 'SQ', Value: found }
  }

  #fragments(end: number, little: boolean): StoredPixels {
    const fragments: Uint8Array[] = []
    for (;;) {
      this.#need(8, end, 'PixelData')
      const mark = this.#tag(little)
      const length = this.view.getUint32(this.at, little)
      this.at += 4
      if (mark === 'FFFEE0DD') break
      if (mark !== 'FFFEE000') throw new DataSetFault('PixelData holds something that is no fragment')
      fragments.push(this.#take(length, end, PIXEL_DATA))
    }
    const [table, ...rest] = fragments
    if (table === undefined) throw new DataSetFault('PixelData has no Basic Offset Table item')
    const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
    const offsets = Array.from({ length: table.length >> 2 }, (_, index) => view.getUint32(4 * index, true))
    return { fragments: rest, offsets }
  }

  #value(tag: string, vr: string, raw: Uint8Array, syntax: Syntax, scope: Scope, depth: number): DicomElement {
    if (vr === 'UN' && vrOf(tag, scope.signed) !== 'UN') {
      // A known attribute that passed a system which did not know it: Implicit VR Little Endian inside.
      const known = vrOf(tag, scope.signed)
      const implicit = { implicit: true, bigEndian: false }
      if (known !== 'SQ') return this.#value(tag, known, raw, implicit, scope, depth)
      const inner = new ElementReader(raw, 0)
      return inner.#sequence(implicit, scope, raw.length, raw.length, depth + 1, tag)
    }
    if (raw.length === 0) return { vr }
    const word = BINARY_WORD[vr]
    if (word !== undefined)
      return { vr, InlineBinary: littleEndian(raw, syntax.bigEndian ? word : 1).toString('base64') }
    const size = NUMBER_SIZE[vr]
    if (size !== undefined) {
      if (raw.length % size !== 0) throw new DataSetFault(`${keywordOf(tag)} has a length that its type does not allow`)
      const values = readNumbers(vr, raw, size, !syntax.bigEndian)
      if (tag === '00280103') scope.signed = values[0] === 1
      return { vr, Value: values }
    }
    const string = this.#text(tag, vr, raw, scope)
    const values = SINGLE_TEXT.has(vr)
      ? [string.replace(/[ \0]+$/, '')]
      : string.split('\\').map((part) => trimmed(part, vr))
    if (tag === '00080005') scope.decode = textDecoding(values)
    if (values.every((value) => value === '')) return { vr }
    return { vr, Value: values.map((value) => (value === '' ? null : jsonValue(value, vr))) }
  }

  #text(tag: string, vr: string, raw: Uint8Array, scope: Scope): string {
    if (!CHARACTER_SET_TEXT.has(vr) || raw.every((byte) => byte < 0x80 && byte !== 0x1b))
      return Buffer.from(raw).toString('latin1')
    if (scope.decode === undefined) {
      throw new DataSetFault(`${keywordOf(tag)} is written in a SpecificCharacterSet that is not supported`)
    }
    return scope.decode(raw, vr === 'PN')
  }

  #tag(little: boolean): string {
    const group = this.view.getUint16(this.at, little)
    const number = this.view.getUint16(this.at + 2, little)
    this.at += 4
    return ((group * 0x10000 + number) >>> 0).toString(16).toUpperCase().padStart(8, '0')
  }

  #take(length: number, end: number, tag: string): Uint8Array {
    if (length > end - this.at)
      throw new DataSetFault(`it ends inside ${keywordOf(tag)}, ${length - (end - this.at)} bytes early`)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  #need(count: number, end: number, what: string): void {
    if (this.at + count > end) throw new DataSetFault(`it ends inside ${what}`)
  }

  /** Some archives pad files to a block; zeros are no element. */
  #onlyZerosLeft(): boolean {
    return this.view.byteLength - this.at < 4 || this.view.getUint32(this.at) === 0
      ? this.bytes.subarray(this.at).every((byte) => byte === 0)
      : false
  }
}

/** In ISO 646 Japanese sets 0x5C shows as a yen sign; it still separates values. */
function trimmed(part: string, vr: string): string {
  return vr === 'UI' ? part.replace(/[\0 ]+$/, '').trim() : part.replace(/\0+$/, '').trim()
}

function jsonValue(value: string, vr: string): unknown {
  if (vr === 'PN') {
    const [Alphabetic = '', Ideographic = '', Phonetic = ''] = value.split('=')
    return { ...(Alphabetic && { Alphabetic }), ...(Ideographic && { Ideographic }), ...(Phonetic && { Phonetic }) }
  }
  const numeric = (vr === 'DS' || vr === 'IS') && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)
  return numeric ? Number(value) : value
}

function readNumbers(vr: string, raw: Uint8Array, size: number, little: boolean): (number | string)[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const one = (at: number): number | string => {
    if (vr === 'US') return view.getUint16(at, little)
    if (vr === 'SS') return view.getInt16(at, little)
    if (vr === 'UL') return view.getUint32(at, little)
    if (vr === 'SL') return view.getInt32(at, little)
    if (vr === 'FL') return view.getFloat32(at, little)
    if (vr === 'FD') return view.getFloat64(at, little)
    if (vr === 'SV') return exact(view.getBigInt64(at, little))
    if (vr === 'UV') return exact(view.getBigUint64(at, little))
    const tag = view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little)
    return tag.toString(16).toUpperCase().padStart(8, '0')
  }
  return Array.from({ length: raw.length / size }, (_, index) => one(index * size))
}

/** 64-bit numbers beyond 2^53 stay text (PS3.18 F.2.3.1). */
function exact(value: bigint): number | string {
  return BigInt.asIntN(54, value) === value ? Number(value) : String(value)
}

function littleEndian(raw: Uint8Array, word: number): Buffer {
  if (word === 1) return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const copy = Buffer.from(raw)
  for (let at = 0; at + word <= copy.length; at += word) copy.subarray(at, at + word).reverse()
  return copy
}
