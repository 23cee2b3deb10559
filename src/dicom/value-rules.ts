// The values that each value representation allows (PS3.5 Section 6.2): everything we write obeys these rules.
import type { DicomJson } from '../domain/study.ts'
import { formatDecimal, formatInteger } from './decimal.ts'
import { isUid, isUidInUse } from './uid.ts'

const MAX_LENGTH: Record<string, number> = { AE: 16, SH: 16, LO: 64, ST: 1024, LT: 10240 }
const PATTERNS: Record<string, [pattern: RegExp, form: string]> = {
  CS: [/^[A-Z0-9_ ]{1,16}$/, 'capitals, digits, blanks and underscores, at most 16'],
  AS: [/^\d{3}[DWMY]$/, 'nnnD, nnnW, nnnM or nnnY'],
  DA: [/^\d{8}$/, 'YYYYMMDD'],
  TM: [/^([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?$/, 'HHMMSS.FFFFFF'],
  DT: [/^\d{4,14}(\.\d{1,6})?([+-]\d{4})?$/, 'YYYYMMDDHHMMSS.FFFFFF&ZZXX'],
  AT: [/^[0-9A-F]{8}$/, 'eight hexadecimal digits'],
}
const INTEGER_RANGES: Record<string, readonly [number, number]> = {
  US: [0, 0xffff],
  SS: [-0x8000, 0x7fff],
  UL: [0, 0xffffffff],
  SL: [-0x80000000, 0x7fffffff],
}
/** VRs of single-valued text, in which "\\" is a character like any other. */
const SINGLE_TEXT = new Set(['ST', 'LT', 'UT', 'UR'])
/** Line ends, form feeds and tabs are layout in long texts; any other control character is damage. */
const CONTROLS_OF_TEXT = /(?![\t\n\f\r])\p{Cc}/u
const CONTROLS = /\p{Cc}/u
/** PS3.5 Section 6.2, PN: characters of a component group, and components in it. */
const NAME_GROUP = { characters: 64, components: 5 }

/**
 * UIDs that identify objects, studies or frames of reference of others are written exactly as found, including leading zeros
 * (forbidden by PS3.5 Section 9.1, but written by scanners): a different spelling would identify something else.
 */
const NAMES_ANOTHER = new Set([
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'FrameOfReferenceUID',
  'ReferencedFrameOfReferenceUID',
  'ReferencedSOPClassUID',
  'ReferencedSOPInstanceUID',
  'MediaStorageSOPClassUID',
  'MediaStorageSOPInstanceUID',
  'UID',
])

/** One value in its JSON form. Throws a RangeError that names the keyword but not the value, which may be about a patient. */
export function checkedValue(keyword: string, vr: string, value: string | number | DicomJson | Uint8Array): unknown {
  const refuse = (why: string) => new RangeError(`${keyword} (${vr}) ${why}`)
  if (vr === 'SQ') {
    if (typeof value !== 'object') throw refuse('takes items')
    return value
  }
  if (typeof value === 'object') throw refuse('takes no items')
  if (vr === 'DS') return Number(formatDecimal(Number(value)))
  if (vr === 'IS') return Number(formatInteger(Number(value)))
  const range = INTEGER_RANGES[vr]
  if (range !== undefined) {
    const whole = Number(value)
    if (!Number.isInteger(whole) || whole < range[0] || whole > range[1]) throw refuse('is out of its range')
    return whole
  }
  if (vr === 'FL' || vr === 'FD' || vr === 'SV' || vr === 'UV') return Number(value)
  const string = String(value)
  if (vr === 'PN') return nameGroups(string, refuse)
  if (vr === 'UI' && !(NAMES_ANOTHER.has(keyword) ? isUidInUse : isUid)(string)) throw refuse('is no valid UID')
  const [pattern, form] = PATTERNS[vr] ?? []
  if (pattern?.test(string) === false) throw refuse(`is not of the form ${form}`)
  if (vr === 'DA' && !isCalendarDay(string)) throw refuse('is no day of the calendar')
  const most = MAX_LENGTH[vr] ?? Number.POSITIVE_INFINITY
  const length = [...string].length
  if (length > most) throw refuse(`has ${length} characters, ${most} are allowed`)
  if (!SINGLE_TEXT.has(vr) && string.includes('\\')) throw refuse('holds a backslash')
  if ((SINGLE_TEXT.has(vr) ? CONTROLS_OF_TEXT : CONTROLS).test(string)) throw refuse('holds a control character')
  return string
}

/** Whether YYYYMMDD is a day of the (proleptic Gregorian) calendar. */
export function isCalendarDay(date: string): boolean {
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`
  const day = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(iso)
}

function nameGroups(name: string, refuse: (why: string) => RangeError): Record<string, string> {
  const groups = name.split('=')
  const [alphabetic = '', ideographic = '', phonetic = '', ...rest] = groups
  if (rest.length > 0 || name.includes('\\')) throw refuse('has too many component groups')
  if (CONTROLS.test(name)) throw refuse('holds a control character')
  for (const group of groups) {
    const length = [...group].length
    if (length > NAME_GROUP.characters)
      throw refuse(`has a component group of ${length} characters, ${NAME_GROUP.characters} are allowed`)
    if (group.split('^').length > NAME_GROUP.components) throw refuse('has a component group of over 5 components')
  }
  return {
    ...(alphabetic === '' ? {} : { Alphabetic: alphabetic }),
    ...(ideographic === '' ? {} : { Ideographic: ideographic }),
    ...(phonetic === '' ? {} : { Phonetic: phonetic }),
  }
}
