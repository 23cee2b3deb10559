// Typed access to DICOM JSON data sets by keyword (PS3.18 Annex F): tolerant when reading, strict when building.

import type { DicomElement, DicomJson } from '../domain/study.ts'
import { withoutTrailing } from '../domain/trailing.ts'
import { attributeOf } from './dictionary.ts'
import { checkedValue } from './value-rules.ts'

/** What `dataset` accepts per keyword: '' or [] make an empty element, undefined leaves it out. */
export type Entry = string | number | Uint8Array | DicomJson | readonly (string | number | DicomJson)[] | undefined

/** Tag of a keyword, eight upper-case hexadecimal digits. */
export function tagOf(keyword: string): string {
  return attributeOf(keyword).tag
}

/** Whether the element is there with at least one value. */
export function has(ds: DicomJson, keyword: string): boolean {
  const element = ds[tagOf(keyword)]
  return (element?.Value?.length ?? 0) > 0 || element?.InlineBinary !== undefined || element?.BulkDataURI !== undefined
}

/** All values as text; empty values of a multi-valued element become ''. Person names come as "Alphabetic=…". */
export function texts(ds: DicomJson, keyword: string): string[] {
  const element = ds[tagOf(keyword)]
  return (element?.Value ?? []).map((value) => {
    if (value === null || value === undefined) return ''
    return typeof value === 'object' ? joinName(value as Record<string, unknown>) : unpadded(String(value))
  })
}

/** First value as text, '' when empty or absent. */
export function text(ds: DicomJson, keyword: string): string {
  return texts(ds, keyword)[0] ?? ''
}

/** Values as numbers; what is not a number becomes NaN, so that positions are kept. */
export function numbers(ds: DicomJson, keyword: string): number[] {
  return texts(ds, keyword).map((value) => (value === '' ? Number.NaN : Number(value)))
}

/** First value as a finite number; undefined if empty, absent or not a number. */
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

/** The component groups of a person name object, joined by "=", trailing empty ones trimmed. */
export function joinName(name: Record<string, unknown>): string {
  const groups = [name.Alphabetic, name.Ideographic, name.Phonetic]
  const joined = groups.map((group) => (typeof group === 'string' ? unpadded(group) : '')).join('=')
  return withoutTrailing(joined, /=/)
}

/** Without padding: blanks, and the nulls with which some systems pad all text. */
export function unpadded(text: string): string {
  return withoutTrailing(text.replace(/^[\s\0]+/, ''), /[\s\0]/)
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

/** A data set from keywords; sequences accept an item or a list of items. */
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
