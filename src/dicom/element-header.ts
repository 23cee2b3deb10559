// The header of one element (PS3.5 Section 7.1), even if a writer mixed the encodings: unknown elements are measured, so that they can be skipped.
import { vrOf } from './dictionary.ts'

export interface HeaderSyntax {
  implicit: boolean
  bigEndian: boolean
}

export interface ElementHeader {
  /** Eight upper-case hexadecimal digits. */
  tag: string
  /** '' for items and delimiters. */
  vr: string
  length: number
  /** Where the value starts. */
  valueAt: number
  /** Whether the header has no VR although the syntax requires one: then its items have none either. */
  implicit: boolean
}

export const UNDEFINED_LENGTH = 0xffffffff
const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const SHORT_FORM = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '))
/** How many headers in a row must follow from a length before it is trusted. */
const LOOK_AHEAD = 8

/** The header at `at`; 'cut' if it does not fit before `end`, 'unreadable' if no length leads to another element. */
export function readHeader(
  view: DataView,
  at: number,
  end: number,
  syntax: HeaderSyntax,
  signed = false,
): ElementHeader | 'cut' | 'unreadable' {
  if (at + 8 > end) return 'cut'
  const little = !syntax.bigEndian
  const tag = tagAt(view, at, little)
  const without = (vr: string): ElementHeader => ({
    tag,
    vr,
    length: view.getUint32(at + 4, little),
    valueAt: at + 8,
    implicit: true,
  })
  if (tag.startsWith('FFFE')) return { ...without(''), implicit: syntax.implicit }
  if (syntax.implicit) return without(vrOf(tag, signed))
  const vr = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5))
  const short = { tag, vr, length: view.getUint16(at + 6, little), valueAt: at + 8, implicit: false }
  if (SHORT_FORM.has(vr)) return short
  const long = at + 12 > end ? undefined : { ...short, length: view.getUint32(at + 8, little), valueAt: at + 12 }
  if (LONG_FORM.has(vr)) return long ?? 'cut'
  // A VR from a later edition has the long form; "??" and blanks come from converters; anything else is the length of an implicit header.
  const unknown = [{ ...short, vr: 'UN' }, ...(long ? [{ ...long, vr: 'UN' }] : [])]
  const candidates = [...(/^[A-Z]{2}$/.test(vr) ? unknown.reverse() : unknown), without(vrOf(tag, signed))]
  return candidates.find((one) => leadsOn(view, one, end, syntax, LOOK_AHEAD)) ?? 'unreadable'
}

/** Whether the value is followed by the end, a delimiter, or an element with a higher tag that itself leads on. */
function leadsOn(view: DataView, header: ElementHeader, end: number, syntax: HeaderSyntax, depth: number): boolean {
  if (header.length === UNDEFINED_LENGTH) return header.valueAt + 8 <= end && isItem(view, header.valueAt, syntax)
  const next = header.valueAt + header.length
  if (next >= end || depth === 0) return next <= end
  if (next + 8 > end) return false
  const tag = tagAt(view, next, !syntax.bigEndian)
  if (tag === 'FFFEE00D' || tag === 'FFFEE0DD') return true
  if (tag <= header.tag) return false
  const vr = String.fromCharCode(view.getUint8(next + 4), view.getUint8(next + 5))
  if (SHORT_FORM.has(vr) || LONG_FORM.has(vr)) return true
  const length = view.getUint32(next + 4, !syntax.bigEndian)
  const implicit = { tag, vr: '', length, valueAt: next + 8, implicit: true }
  const short = { ...implicit, length: view.getUint16(next + 6, !syntax.bigEndian) }
  return [implicit, short].some((one) => leadsOn(view, one, end, syntax, depth - 1))
}

function isItem(view: DataView, at: number, { bigEndian }: HeaderSyntax): boolean {
  return ['FFFEE000', 'FFFEE0DD'].includes(tagAt(view, at, !bigEndian))
}

/**
 * The encoding of the items of a UN sequence whose first item is at `at`: Implicit VR Little Endian (PS3.5 Section 6.2.2, note
 * 4), but some writers change only the VR of the sequence and leave its items unchanged.
 */
export function encodingOfItems(view: DataView, at: number, outer: HeaderSyntax): HeaderSyntax {
  const implicit = { implicit: true, bigEndian: false }
  if (outer.implicit || at + 16 > view.byteLength) return implicit
  const vr = String.fromCharCode(view.getUint8(at + 12), view.getUint8(at + 13))
  return SHORT_FORM.has(vr) || LONG_FORM.has(vr) ? outer : implicit
}

function tagAt(view: DataView, at: number, little: boolean): string {
  const value = view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little)
  return (value >>> 0).toString(16).toUpperCase().padStart(8, '0')
}
