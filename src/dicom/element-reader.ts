// Reads the elements of a binary data set into the DICOM JSON model (PS3.5 Section 7, PS3.18 Annex F); bounds are checked at every step.

import { cleanText } from '../domain/clean-text.ts'
import { LIMITS } from '../domain/limits.ts'
import type { DicomElement, DicomJson } from '../domain/study.ts'
import { withoutTrailing } from '../domain/trailing.ts'
import { BINARY_WORD, littleEndian, NUMBER_SIZE, readNumbers } from './binary-values.ts'
import { type TextDecoding, textDecoding, UNKNOWN_TEXT } from './charset.ts'
import { keywordOf, vrOf } from './dictionary.ts'
import {
  type ElementHeader,
  encodingOfItems,
  type HeaderSyntax,
  readHeader,
  UNDEFINED_LENGTH,
} from './element-header.ts'

/** Thrown inside the reader; part10.ts adds the instance and makes it an AppError. The text contains only tags and counts. */
export class DataSetFault extends Error {}

/** Pixel data as stored; fragments are zero-copy slices, `offsets` the Basic Offset Table. */
export type StoredPixels = { native: Uint8Array } | { fragments: Uint8Array[]; offsets: number[] }

export interface ReadDataSet {
  dataset: DicomJson
  pixels: StoredPixels | undefined
  /** Tags of text that could not be decoded: it contains U+FFFD. */
  undecoded: ReadonlySet<string>
}

type Syntax = HeaderSyntax

interface Scope {
  decode: TextDecoding | undefined
  signed: boolean
}

const SINGLE_TEXT = new Set(['ST', 'LT', 'UT', 'UR'])
const CHARACTER_SET_TEXT = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN'])
const PIXEL_DATA = '7FE00010'
/** The sequences needed to read a volume: damage in these is damage to the image. Any other sequence is skipped by its length. */
const NEEDED_SEQUENCES = new Set(['52009229', '52009230', '00283000'])

/** Cursor over the bytes of one file. */
export class ElementReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly #undecoded = new Set<string>()
  /** Where the zeros begin that end the file; searched for once, at the first element that could be one of them. */
  #zerosFrom: number | undefined
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  /** Reads a whole data set; `onUid` is called with the SOP Instance UID as soon as it is known. */
  readDataSet(syntax: Syntax, onUid: (uid: string) => void): ReadDataSet {
    const result: ReadDataSet = { dataset: {}, pixels: undefined, undecoded: this.#undecoded }
    const scope: Scope = { decode: textDecoding([]), signed: false }
    this.#elements(
      syntax,
      scope,
      this.bytes.length,
      0,
      result.dataset,
      (pixels) => {
        result.pixels = pixels
      },
      onUid,
    )
    return result
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
      // At the top level, a delimiter is left over from a sequence whose length was rewritten.
      if (tag === 'FFFEE00D' && depth > 0) return
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
    const { tag, vr, length, implicit } = this.#header(syntax, scope, end)
    if (tag.startsWith('FFFE')) {
      if (tag === 'FFFEE000') throw new DataSetFault('an item stands outside a sequence')
      return tag
    }
    if (tag === PIXEL_DATA && onPixels !== undefined) {
      const isNative = length !== UNDEFINED_LENGTH
      onPixels(isNative ? { native: this.#take(length, end, tag) } : this.#fragments(end, !syntax.bigEndian))
      return tag
    }
    if (vr === 'SQ' || length === UNDEFINED_LENGTH) {
      if (tag === PIXEL_DATA) {
        // A compressed icon inside a sequence: the JSON model cannot represent fragments.
        this.#fragments(end, !syntax.bigEndian)
        into[tag] = { vr }
        return tag
      }
      const inner = vr === 'UN' ? encodingOfItems(this.view, this.at, syntax) : { ...syntax, implicit }
      into[tag] = this.#sequenceOrNothing(inner, scope, length, end, depth + 1, tag)
      return tag
    }
    if (!tag.endsWith('0000')) into[tag] = this.#value(tag, vr, this.#take(length, end, tag), syntax, scope, depth)
    else this.#take(length, end, tag)
    return tag
  }

  #header(syntax: Syntax, scope: Scope, end: number): ElementHeader {
    const header = readHeader(this.view, this.at, end, syntax, scope.signed)
    if (header === 'cut') throw new DataSetFault('it ends inside an element header')
    if (header === 'unreadable') {
      const tag = this.#tag(!syntax.bigEndian)
      throw new DataSetFault(
        `${keywordOf(tag)} has no known value representation, and no length that leads to another element`,
      )
    }
    this.at = header.valueAt
    return header
  }

  /** A damaged sequence that is not needed is read as empty if its length says where it ends. */
  #sequenceOrNothing(
    syntax: Syntax,
    scope: Scope,
    length: number,
    end: number,
    depth: number,
    tag: string,
  ): DicomElement {
    const start = this.at
    try {
      return this.#sequence(syntax, scope, length, end, depth, tag)
    } catch (error) {
      const isLost = length === UNDEFINED_LENGTH || start + length > end || NEEDED_SEQUENCES.has(tag)
      if (isLost || !(error instanceof DataSetFault)) throw error
      this.at = start + length
      return { vr: 'SQ' }
    }
  }

  #sequence(syntax: Syntax, scope: Scope, length: number, end: number, depth: number, tag: string): DicomElement {
    if (depth > LIMITS.sequenceDepth)
      throw new DataSetFault(`${keywordOf(tag)} is nested deeper than ${LIMITS.sequenceDepth} sequences`)
    const little = !syntax.bigEndian
    const stop = length === UNDEFINED_LENGTH ? end : this.at + length
    if (stop > end) throw new DataSetFault(`it ends inside ${keywordOf(tag)}`)
    const items: DicomJson[] = []
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
      items.push(item)
    }
    return items.length === 0 ? { vr: 'SQ' } : { vr: 'SQ', Value: items }
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
      // A known attribute that passed through a system that did not know it: Implicit VR Little Endian inside.
      const dictionaryVr = vrOf(tag, scope.signed)
      const implicit = { implicit: true, bigEndian: false }
      if (dictionaryVr !== 'SQ') return this.#value(tag, dictionaryVr, raw, implicit, scope, depth)
      const inner = new ElementReader(raw, 0)
      const encoding = encodingOfItems(inner.view, 0, syntax)
      return inner.#sequenceOrNothing(encoding, scope, raw.length, raw.length, depth + 1, tag)
    }
    if (raw.length === 0) return { vr }
    const word = BINARY_WORD[vr]
    if (word !== undefined)
      return { vr, InlineBinary: littleEndian(raw, syntax.bigEndian ? word : 1).toString('base64') }
    const size = NUMBER_SIZE[vr]
    if (size !== undefined) {
      // Not a number; callers that need one report it as missing.
      if (raw.length % size !== 0) return { vr: 'UN', InlineBinary: Buffer.from(raw).toString('base64') }
      const values = readNumbers(vr, raw, size, !syntax.bigEndian)
      if (tag === '00280103') scope.signed = values[0] === 1
      return { vr, Value: values }
    }
    const string = this.#text(tag, vr, raw, scope)
    const values = SINGLE_TEXT.has(vr)
      ? [withoutTrailing(string, /[ \0]/)]
      : string.split('\\').map((part) => trimmed(part, vr))
    if (tag === '00080005') scope.decode = textDecoding(values)
    if (values.every((value) => value === '')) return { vr }
    return { vr, Value: values.map((value) => (value === '' ? null : jsonValue(cleanText(value), vr))) }
  }

  #text(tag: string, vr: string, raw: Uint8Array, scope: Scope): string {
    if (!CHARACTER_SET_TEXT.has(vr) || raw.every((byte) => byte < 0x80 && byte !== 0x1b))
      return Buffer.from(raw).toString('latin1')
    const decoded = (scope.decode ?? UNKNOWN_TEXT)(raw, vr === 'PN')
    if (decoded.includes('\ufffd')) this.#undecoded.add(tag)
    return decoded
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

  /** Some archives pad files to a block size; zeros are not an element. */
  #onlyZerosLeft(): boolean {
    if (this.bytes.length - this.at >= 4 && this.view.getUint32(this.at) !== 0) return false
    this.#zerosFrom ??= this.bytes.findLastIndex((byte) => byte !== 0) + 1
    return this.at >= this.#zerosFrom
  }
}

/** In ISO 646 Japanese sets 0x5C is displayed as a yen sign; it is still the separator. */
function trimmed(part: string, vr: string): string {
  return withoutTrailing(part, vr === 'UI' ? /[\0 ]/ : /\0/).trim()
}

function jsonValue(value: string, vr: string): unknown {
  if (vr === 'PN') {
    const [Alphabetic = '', Ideographic = '', Phonetic = ''] = value.split('=')
    return { ...(Alphabetic && { Alphabetic }), ...(Ideographic && { Ideographic }), ...(Phonetic && { Phonetic }) }
  }
  const numeric = (vr === 'DS' || vr === 'IS') && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)
  return numeric ? Number(value) : value
}
