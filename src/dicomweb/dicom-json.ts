// Lists of data sets in the DICOM JSON model (PS3.18 Annex F) as archives really write them: one bad row does not cost the others.
import { vrOf } from '../dicom/dictionary.ts'
import { cleanJson } from '../domain/clean-text.ts'
import { jsonOf } from '../domain/json-text.ts'
import type { DicomElement, DicomJson } from '../domain/study.ts'

export type ParsedList =
  /** One entry per row; undefined for a row that is not a data set, or whose JSON is invalid (NaN, a control character). */
  | { kind: 'list'; rows: (DicomJson | undefined)[] }
  /** Ends within the list. */
  | { kind: 'cut' }
  | { kind: 'foreign' }

export function parseDataSets(body: string): ParsedList {
  const text = body.trim()
  if (text === '') return { kind: 'list', rows: [] }
  if (!text.startsWith('[') && !text.startsWith('{')) return { kind: 'foreign' }
  const whole = jsonOf(text)
  if (whole !== undefined) {
    // Some archives send a list of one without its brackets.
    const rows = (Array.isArray(whole) ? whole : [whole]).map(readDataSet)
    return !Array.isArray(whole) && rows[0] === undefined ? { kind: 'foreign' } : { kind: 'list', rows }
  }
  const rows = text.startsWith('[') ? splitList(text) : undefined
  return rows === undefined ? { kind: 'cut' } : { kind: 'list', rows: rows.map((row) => readDataSet(jsonOf(row))) }
}

/** The texts of the members of a list whose JSON is not valid as a whole; undefined if the list is not closed. */
function splitList(text: string): string[] | undefined {
  const rows: string[] = []
  let depth = 0
  let start = 1
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at += 1
      else if (character === '"') inString = false
      continue
    }
    if (character === '"') inString = true
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth -= 1
    if ((depth === 1 && character === ',') || depth === 0) {
      rows.push(text.slice(start, at))
      start = at + 1
    }
    if (depth === 0) return rows
  }
  return undefined
}

/** A data set in the form that PS3.18 requires, from the deviations that occur: values without their list, missing VRs, null attributes. */
function readDataSet(row: unknown): DicomJson | undefined {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return undefined
  const read: DicomJson = {}
  for (const [name, element] of Object.entries(row)) {
    if (!/^[0-9A-Fa-f]{8}$/.test(name)) continue
    const tag = name.toUpperCase()
    const value = readElement(tag, element)
    if (value !== undefined) read[tag] = value
  }
  // An object with members, none of which is an attribute, is another kind of answer.
  return Object.keys(read).length === 0 && Object.keys(row).length > 0 ? undefined : read
}

function readElement(tag: string, element: unknown): DicomElement | undefined {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return undefined
  const { vr: stated, Value: value, InlineBinary, BulkDataURI } = element as Partial<DicomElement>
  const vr = typeof stated === 'string' && /^[A-Z]{2}$/.test(stated) ? stated : vrOf(tag, false)
  const values: unknown[] | undefined =
    value === undefined || value === null ? undefined : [value].flat().map(vr === 'SQ' ? (item) => item : cleanJson)
  return {
    vr,
    ...(values && { Value: vr === 'SQ' ? values.map((item) => readDataSet(item) ?? {}) : values }),
    ...(typeof InlineBinary === 'string' && { InlineBinary }),
    ...(typeof BulkDataURI === 'string' && { BulkDataURI }),
  }
}
