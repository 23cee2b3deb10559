// The UID of a Part 10 object, and whether it is complete: element lengths are followed to the end without decoding values (PS3.5 Section 7).

import { LIMITS } from '../domain/limits.ts'
import type { Uid } from '../domain/study.ts'
import { withoutTrailing } from '../domain/trailing.ts'
import { encodingOfItems, readHeader, UNDEFINED_LENGTH } from './element-header.ts'
import type { FileMeta } from './file-meta.ts'
import { inflateDataSet } from './inflate.ts'
import { encodingOf } from './transfer-syntax.ts'

const ITEM = 'FFFEE000'
const ITEM_END = 'FFFEE00D'
const SEQUENCE_END = 'FFFEE0DD'
const SOP_INSTANCE_UID = '00080018'
const ROWS = '00280010'

/** The two ways in which a walk ends early. */
const CUT = 'cut'
const UNREADABLE = 'unreadable'
type Stop = typeof CUT | typeof UNREADABLE

interface Cursor {
  data: DataView
  at: number
  /** How many sequences surround it. */
  depth: number
  implicit: boolean
  bigEndian: boolean
}

export interface WalkedInstance {
  /**
   * SOP Instance UID of the data set, by which archives know it. If the data set ends before it, that of the File Meta
   * Information, which should be the same but is not in files that were edited.
   */
  sopInstanceUid: Uid
  /**
   * Why the object is certainly truncated, or undefined. An encoding that this walk does not understand is not judged here: the
   * parser will report it.
   */
  truncation: string | undefined
}

export function walkInstance(bytes: Uint8Array, meta: FileMeta): WalkedInstance {
  const { sopInstanceUid } = meta
  const { deflated, implicit, bigEndian } = encodingOf(meta.transferSyntaxUid)
  let body = bytes.subarray(meta.dataSetOffset)
  if (deflated) {
    const inflated = inflateDataSet(body)
    if ('fault' in inflated) return { sopInstanceUid, truncation: `its deflated data set ${inflated.fault}` }
    body = inflated.dataSet
  }
  const cursor: Cursor = {
    data: new DataView(body.buffer, body.byteOffset, body.byteLength),
    at: 0,
    depth: 0,
    implicit,
    bigEndian,
  }
  const seen = { uid: '', rows: false, pixels: false }
  const stop = walkDataSet(cursor, false, ({ tag, length }) => {
    if (tag === SOP_INSTANCE_UID) seen.uid = trimmed(body.subarray(cursor.at, cursor.at + length))
    if (tag === ROWS) seen.rows = true
    if (tag.startsWith('7FE0')) seen.pixels = true
  })
  return { sopInstanceUid: seen.uid === '' ? sopInstanceUid : seen.uid, truncation: judge(stop, seen, bytes.length) }
}

/** Without padding: a null, or the space that some write. */
function trimmed(uid: Uint8Array): Uid {
  return withoutTrailing(Buffer.from(uid).toString('latin1'), /[\0 ]/)
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
  tag: string
  vr: string
  length: number
  implicit: boolean
}

function readElement(cursor: Cursor): Element | Stop {
  const header = readHeader(cursor.data, cursor.at, cursor.data.byteLength, cursor)
  if (header === 'cut') return CUT
  if (header === 'unreadable') return UNREADABLE
  cursor.at = header.valueAt
  return header
}

function skipValue(cursor: Cursor, { vr, length, implicit }: Element): Stop | undefined {
  if (length !== UNDEFINED_LENGTH) {
    if (cursor.at + length > cursor.data.byteLength) return CUT
    cursor.at += length
    return undefined
  }
  const encoding = vr === 'UN' ? encodingOfItems(cursor.data, cursor.at, cursor) : { ...cursor, implicit }
  // The reader reports what is nested too deep.
  if (cursor.depth >= LIMITS.sequenceDepth) return UNREADABLE
  const items = { ...cursor, ...encoding, at: cursor.at, depth: cursor.depth + 1 }
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
    const stop = element.length === UNDEFINED_LENGTH ? walkDataSet(cursor, true) : skipValue(cursor, element)
    if (stop) return stop
  }
}
