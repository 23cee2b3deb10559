// The UID of a Part 10 object, and whether it is whole: element lengths are followed to the end, values not decoded (PS3.5 Section 7).
import { inflateDataSet } from '../dicom/inflate.ts'
import type { Uid } from '../domain/study.ts'
import { type FileMeta, hasLongLength, trimUid } from './file-meta.ts'

const IMPLICIT_LE = '1.2.840.10008.1.2'
const DEFLATED_LE = '1.2.840.10008.1.2.1.99'
const EXPLICIT_BE = '1.2.840.10008.1.2.2'
const UNDEFINED = 0xffffffff
const ITEM = 0xfffee000
const ITEM_END = 0xfffee00d
const SEQUENCE_END = 0xfffee0dd
const SOP_INSTANCE_UID = 0x00080018
const ROWS = 0x00280010

/** Marks the two ways a walk ends early. */
const CUT = 'cut'
const UNREADABLE = 'unreadable'
type Stop = typeof CUT | typeof UNREADABLE

interface Cursor {
  data: DataView
  at: number
  explicit: boolean
  littleEndian: boolean
}

export interface WalkedInstance {
  /**
   * SOP Instance UID of the data set, by which archives know it; that of the File Meta Information, which should be the
   * same and in files that were edited is not, when the data set ends before it.
   */
  sopInstanceUid: Uid
  /**
   * Why the object is certainly truncated, or undefined. An encoding that this walk does not understand is not judged
   * here: the parser that reads it will say so.
   */
  truncation: string | undefined
}

export function walkInstance(bytes: Uint8Array, meta: FileMeta): WalkedInstance {
  const { sopInstanceUid } = meta
  let body = bytes.subarray(meta.dataSetOffset)
  if (meta.transferSyntaxUid === DEFLATED_LE) {
    const inflated = inflateDataSet(body)
    if ('fault' in inflated) return { sopInstanceUid, truncation: `its deflated data set ${inflated.fault}` }
    body = inflated.dataSet
  }
  const cursor: Cursor = {
    data: new DataView(body.buffer, body.byteOffset, body.byteLength),
    at: 0,
    explicit: meta.transferSyntaxUid !== IMPLICIT_LE,
    littleEndian: meta.transferSyntaxUid !== EXPLICIT_BE,
  }
  const seen = { uid: '', rows: false, pixels: false }
  const stop = walkDataSet(cursor, false, ({ tag, length }) => {
    if (tag === SOP_INSTANCE_UID) seen.uid = trimUid(body.subarray(cursor.at, cursor.at + length))
    if (tag === ROWS) seen.rows = true
    if (tag >>> 16 === 0x7fe0) seen.pixels = true
  })
  return { sopInstanceUid: seen.uid === '' ? sopInstanceUid : seen.uid, truncation: judge(stop, seen, bytes.length) }
}

function judge(stop: Stop | undefined, seen: { rows: boolean; pixels: boolean }, length: number): string | undefined {
  if (stop === CUT) return `it ends within an element, after ${length} bytes`
  return stop === undefined && seen.rows && !seen.pixels
    ? `it ends before its pixel data, after ${length} bytes`
    : undefined
}

function walkDataSet(cursor: Cursor, inItem: boolean, onTop?: (element: Element) => void): Stop | undefined {
  while (cursor.at < cursor.data.byteLength) {
    const element = readElement(cursor)
    if (typeof element === 'string') return element
    if (inItem && element.tag === ITEM_END) return undefined
    onTop?.(element)
    const stop = skipValue(cursor, element)
    if (stop) return stop
  }
  return inItem ? CUT : undefined
}

interface Element {
  tag: number
  vr: string
  length: number
}

function readElement(cursor: Cursor): Element | Stop {
  const { data, littleEndian } = cursor
  if (cursor.at + 8 > data.byteLength) return CUT
  const tag = data.getUint16(cursor.at, littleEndian) * 0x10000 + data.getUint16(cursor.at + 2, littleEndian)
  if (!cursor.explicit || tag >>> 16 === 0xfffe) {
    const length = data.getUint32(cursor.at + 4, littleEndian)
    cursor.at += 8
    return { tag, vr: '', length }
  }
  const vr = String.fromCharCode(data.getUint8(cursor.at + 4), data.getUint8(cursor.at + 5))
  if (!/^[A-Z]{2}$/.test(vr)) return UNREADABLE
  if (!hasLongLength(vr)) {
    const length = data.getUint16(cursor.at + 6, littleEndian)
    cursor.at += 8
    return { tag, vr, length }
  }
  if (cursor.at + 12 > data.byteLength) return CUT
  const length = data.getUint32(cursor.at + 8, littleEndian)
  cursor.at += 12
  return { tag, vr, length }
}

function skipValue(cursor: Cursor, { vr, length }: Element): Stop | undefined {
  if (length !== UNDEFINED) {
    if (cursor.at + length > cursor.data.byteLength) return CUT
    cursor.at += length
    return undefined
  }
  // A value of unknown VR and undefined length is a sequence in implicit encoding (PS3.5 Section 6.2.2 note 2).
  const items = vr === 'UN' ? { ...cursor, explicit: false } : cursor
  const stop = walkItems(items)
  cursor.at = items.at
  return stop
}

function walkItems(cursor: Cursor): Stop | undefined {
  for (;;) {
    const element = readElement(cursor)
    if (typeof element === 'string') return element
    if (element.tag === SEQUENCE_END) return undefined
    if (element.tag !== ITEM) return UNREADABLE
    const stop = element.length === UNDEFINED ? walkDataSet(cursor, true) : skipValue(cursor, element)
    if (stop) return stop
  }
}
