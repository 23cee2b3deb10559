// Typed access to DICOM JSON data sets by keyword (PS3.18 Annex F): tolerant when reading, strict when building.
import type { DicomElement, DicomJson } from '../domain/study.ts'
import { formatDecimal, formatInteger } from './decimal.ts'
import { attributeOf } from './dictionary.ts'
import { isUid } from './uid.ts'

/** What `dataset` takes per keyword: '' or [] make an empty element, undefined leaves it out. */
export type Entry = string | number | Uint8Array | DicomJson | readonly (string | number | DicomJson)[] | undefined

/** Tag of a keyword, eight upper-case hexadecimal digits. */
export function tagOf(keyword: string): string {
  return attributeOf(keyword).tag
}

/** Whether the element is there with at least one value. */
export function has(ds: DicomJson, keyword: string): boolean {
  const found = ds[tagOf(keyword)]
  return (found?.Value?.length ?? 0) > 0 || found?.InlineBinary !== undefined || found?.BulkDataURI !== undefined
}

/** All values as text; empty values of a multi-valued element become ''. Person names come as "Alphabetic=…". */
export function texts(ds: DicomJson, keyword: string): string[] {
  const found = ds[tagOf(keyword)]
  return (found?.Value ?? []).map((value) => {
    if (value === null || value === undefined) return ''
    return typeof value === 'object' ? joinName(value as Record<string, unknown>) : String(value).trim()
  })
}

/** First value as text, '' when empty or absent. */
export function text(ds: DicomJson, keyword: string): string {
  return texts(ds, keyword)[0] ?? ''
}

/** Values as numbers; what is no number becomes NaN so that positions are kept. */
export function numbers(ds: DicomJson, keyword: string): number[] {
  return texts(ds, keyword).map((value) => (value === '' ? Number.NaN : Number(value)))
}

/** First value as a finite number, undefined when empty, absent or no number. */
export function number(ds: DicomJson, keyword: string): number | undefined {
  const value = numbers(ds, keyword)[0]
  return Number.isFinite(value) ? value : undefined
}

/** Items of a sequence, [] when empty or absent. */
export function items(ds: DicomJson, keyword: string): DicomJson[] {
  return (ds[tagOf(keyword)]?.Value ?? []).filter((item) => item !== null && typeof item === 'object') as DicomJson[]
}

/** Person name as "Alphabetic=Ideographic=Phonetic", trailing "=" trimmed. */
export function personName(ds: DicomJson, keyword: string): string {
  return text(ds, keyword)
}

/** The component groups of a person name object, joined by "=", trailing ones trimmed. */
export function joinName(name: Record<string, unknown>): string {
  const groups = [name.Alphabetic, name.Ideographic, name.Phonetic]
  return groups
    .map((group) => (typeof group === 'string' ? group.trim() : ''))
    .join('=')
    .replace(/=+$/, '')
}

/** A tag with its element, checked against its value representation (PS3.5 Section 6.2). */
export function element(
  keyword: string,
  ...values: readonly (string | number | DicomJson | Uint8Array)[]
): [string, DicomElement] {
  const { tag, vr } = attributeOf(keyword)
  const [first] = values
  if (first instanceof Uint8Array) return [tag, { vr, InlineBinary: Buffer.from(first).toString('base64') }]
  const empty = values.length === 0 || (values.length === 1 && first === '')
  if (empty) return [tag, { vr }]
  return [tag, { vr, Value: values.map((value) => checkedValue(keyword, vr, value)) }]
}

/** A data set from keywords; sequences take an item or a list of items. */
export function dataset(entries: Record<string, Entry>): DicomJson {
  const built: DicomJson = {}
  for (const [keyword, entry] of Object.entries(entries)) {
    if (entry === undefined) continue
    const values = Array.isArray(entry) ? entry : [entry as string | number | DicomJson | Uint8Array]
    const [tag, made] = element(keyword, ...values)
    built[tag] = made
  }
  return built
}

const MAX_LENGTH: Record<string, number> = { AE: 16, SH: 16, LO: 64, ST: 1024, LT: 10240 }
const PATTERNS: Record<string, RegExp> = {
  CS: /^[A-Z0-9_ ]{1,16}$/,
  AS: /^\d{3}[DWMY]$/,
  DA: /^\d{8}$/,
  TM: /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/,
  DT: /^\d{4,14}(\.\d{1,6})?([+-]\d{4})?$/,
  AT: /^[0-9A-F]{8}$/,
}
const INTEGER_RANGES: Record<string, readonly [number, number]> = {
  US: [0, 0xffff],
  SS: [-0x8000, 0x7fff],
  UL: [0, 0xffffffff],
  SL: [-0x80000000, 0x7fffffff],
}

/** The JSON value of one value, or a RangeError that names the keyword but not the value: it may be about a patient. */
function checkedValue(keyword: string, vr: string, value: string | number | DicomJson | Uint8Array): unknown {
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
  if (vr === 'PN') return nameGroups(keyword, string)
  if (vr === 'UI' && !isUid(string)) throw refuse('is no valid UID')
  if (PATTERNS[vr]?.test(string) === false) throw refuse('breaks the rules of its value representation')
  if ([...string].length > (MAX_LENGTH[vr] ?? Number.POSITIVE_INFINITY)) throw refuse('is too long')
  if (!['ST', 'LT', 'UT', 'UR'].includes(vr) && string.includes('\\')) throw refuse('holds a backslash')
  return string
}

function nameGroups(keyword: string, name: string): Record<string, string> {
  const [alphabetic = '', ideographic = '', phonetic = '', ...rest] = name.split('=')
  if (rest.length > 0 || name.includes('\\')) throw new RangeError(`${keyword} (PN) has too many component groups`)
  return {
    ...(alphabetic === '' ? {} : { Alphabetic: alphabetic }),
    ...(ideographic === '' ? {} : { Ideographic: ideographic }),
    ...(phonetic === '' ? {} : { Phonetic: phonetic }),
  }
}

/** Copies attributes as they stand, empty ones included; what the source lacks is left out. */
export function copied(source: DicomJson, keywords: readonly string[]): DicomJson {
  const copy: DicomJson = {}
  for (const keyword of keywords) {
    const tag = tagOf(keyword)
    const found = source[tag]
    if (found !== undefined) copy[tag] = found
  }
  return copy
}
