// Every value that a result takes over from its images is settled before anything is computed: valid and copied, mended with a
// note, left out with a note, or a hold that names the attribute and the form of its value, never the value itself.

import { AppError } from '../domain/errors.ts'
import type { QualityNote } from '../domain/finding.ts'
import type { DicomElement, DicomJson, Series } from '../domain/study.ts'
import { withoutTrailing } from '../domain/trailing.ts'
import { element, unpadded } from './dataset.ts'
import { attributeOf, keywordOf } from './dictionary.ts'
import { mended } from './mending.ts'

/** Patient (C.7.1.1), General Study (C.7.2.1) and Patient Study (C.7.2.2). */
export const PATIENT_AND_STUDY = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'IssuerOfPatientIDQualifiersSequence',
  'OtherPatientIDsSequence',
  'PatientBirthDate',
  'PatientBirthTime',
  'PatientSex',
  'PatientAge',
  'PatientIdentityRemoved',
  'DeidentificationMethod',
  'DeidentificationMethodCodeSequence',
  'StudyInstanceUID',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'StudyDescription',
  'AccessionNumber',
  'IssuerOfAccessionNumberSequence',
  'ReferringPhysicianName',
  'ReferencedStudySequence',
  'PatientSize',
  'PatientWeight',
  'AdmissionID',
  'TimezoneOffsetFromUTC',
]

/** Attributes of the order (C.17.2), the frame of reference (C.7.4.1), the compression (C.7.6.1.1.5), and those that identify the images themselves. */
const OTHERS = [
  'RequestAttributesSequence',
  'ProcedureCodeSequence',
  'RequestedProcedureID',
  'RequestedProcedureDescription',
  'RequestedProcedureCodeSequence',
  'ReasonForTheRequestedProcedure',
  'PlacerOrderNumberImagingServiceRequest',
  'FillerOrderNumberImagingServiceRequest',
  'PositionReferenceIndicator',
  'LossyImageCompression',
  'LossyImageCompressionRatio',
  'LossyImageCompressionMethod',
  'SOPClassUID',
  'SOPInstanceUID',
  'SeriesInstanceUID',
  'FrameOfReferenceUID',
]

export const COPIED: readonly string[] = [...PATIENT_AND_STUDY, ...OTHERS]

/** Without these, or with other values in their place, a result would belong to nobody or reference nothing. */
const NEEDED = new Set([
  'PatientID',
  'IssuerOfPatientID',
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'SOPInstanceUID',
  'SOPClassUID',
  'FrameOfReferenceUID',
])
/** Text for a reader: if too long it is cut, since the beginning still says the same; a cut number or code would be a different one. */
const WORDS = new Set([
  'PatientName',
  'ReferringPhysicianName',
  'StudyDescription',
  'DeidentificationMethod',
  'RequestedProcedureDescription',
  'ReasonForTheRequestedProcedure',
])
/** The attributes as which a result writes the UIDs of an image, since it references the image. */
const WRITTEN_AS: Readonly<Record<string, string>> = {
  SOPClassUID: 'ReferencedSOPClassUID',
  SOPInstanceUID: 'ReferencedSOPInstanceUID',
}
const SEVERAL_VALUES = new Set(['DeidentificationMethod', 'LossyImageCompressionRatio', 'LossyImageCompressionMethod'])
/** An item must have at least one attribute of each list, or it is left out. */
const ITEM_NEEDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  OtherPatientIDsSequence: [['PatientID']],
  ReferencedStudySequence: [['ReferencedSOPClassUID'], ['ReferencedSOPInstanceUID']],
  IssuerOfAccessionNumberSequence: [['LocalNamespaceEntityID', 'UniversalEntityID']],
}
const CODE_NEEDS = [['CodeValue', 'LongCodeValue', 'URNCodeValue'], ['CodeMeaning']]
const BINARY = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN', 'AT', 'SV', 'UV'])
const DEEPEST = 4

export interface SourceValues {
  /** The copied attributes that a result may contain, valid or empty; no others. */
  values: DicomJson
  /** What was mended or left out, as sentences for a reader. */
  remarks: QualityNote[]
  /** Attributes that a result needs but whose values it may not contain, with the reason. */
  faults: string[]
}

const remembered = new WeakMap<DicomJson, SourceValues>()

/** The values that results take over from one image; computed once per metadata object. */
export function sourceValues(metadata: DicomJson): SourceValues {
  const before = remembered.get(metadata)
  if (before) return before
  const settled: SourceValues = { values: {}, remarks: [], faults: [] }
  for (const keyword of COPIED) settle(keyword, metadata, settled)
  remembered.set(metadata, settled)
  return settled
}

function settle(keyword: string, metadata: DicomJson, { values, remarks, faults }: SourceValues): void {
  const { tag } = attributeOf(keyword)
  const source = metadata[tag]
  if (source === undefined) return
  const { element, why } = settledElement(keyword, source, 0)
  if (element !== undefined) values[tag] = element
  if (why === undefined) return
  const name = `${keyword} (${tag.slice(0, 4)},${tag.slice(4)})`
  if (element === undefined && NEEDED.has(keyword)) faults.push(`${name} ${why}`)
  else {
    const end = element === undefined ? 'the DICOM results are without it' : 'it is mended in the DICOM results'
    const text = `${name} of the images ${why}; ${end}.`
    remarks.push({ code: 'source-value', severity: element === undefined ? 'warning' : 'info', text })
  }
}

/** What was mended or left out in these series, each stated once. Throws SOURCE_INVALID (hold) if a value that every result needs cannot be used. */
export function checkSources(series: readonly Series[]): QualityNote[] {
  const remarks = new Map<string, QualityNote>()
  for (const { sopInstanceUid, metadata } of series.flatMap(({ instances }) => instances)) {
    const checked = sourceValues(metadata)
    if (checked.faults.length > 0) throw invalid(sopInstanceUid, checked.faults)
    for (const remark of checked.remarks) remarks.set(remark.text, remark)
  }
  return [...remarks.values()]
}

/** Copies what a result may contain, including empty elements; what the source lacks is left out. Throws SOURCE_INVALID. */
export function copied(source: DicomJson, keywords: readonly string[]): DicomJson {
  const { values, faults } = sourceValues(source)
  if (faults.length > 0) throw invalid(textOf(source['00080018']?.Value?.[0], 'UI') ?? '', faults)
  const tags = keywords.map((keyword) => attributeOf(keyword).tag)
  return Object.fromEntries(tags.flatMap((tag) => (values[tag] === undefined ? [] : [[tag, values[tag]]])))
}

function invalid(sopInstanceUid: string, faults: readonly string[]): AppError {
  const name = /^[\d.]{1,128}$/.test(sopInstanceUid) ? `instance ${sopInstanceUid}` : 'an instance'
  return new AppError('SOURCE_INVALID', `${name}: ${faults.join('; ')}`)
}

/** What a result may contain (absent: nothing), and why that differs from the original value. */
interface Verdict {
  element?: DicomElement
  why?: string
}

function settledElement(keyword: string, source: DicomElement, depth: number): Verdict {
  const { vr } = attributeOf(keyword)
  const values = (Array.isArray(source.Value) ? source.Value : []).filter(
    (value) => value !== null && value !== undefined,
  )
  if (vr === 'SQ') return settledSequence(keyword, values, depth)
  if (values.length === 0) {
    const elsewhere = source.InlineBinary !== undefined || source.BulkDataURI !== undefined
    return elsewhere ? { why: 'is not given as text' } : { element: { vr } }
  }
  if (values.length > 1 && !SEVERAL_VALUES.has(keyword)) return { why: `has ${values.length} values instead of one` }
  const texts = values.map((value) => textOf(value, vr))
  if (texts.some((text) => text === undefined)) return { why: 'is not given as text' }
  return settledTexts(keyword, vr, texts as string[])
}

function settledTexts(keyword: string, vr: string, texts: string[]): Verdict {
  const meant = texts.map((text) => mended(keyword, vr, text))
  if (meant.every((text) => text === '')) return { element: { vr } }
  const isAsItWas = meant.every((text, index) => text === withoutPadding(texts[index]!))
  try {
    if (keyword === 'TimezoneOffsetFromUTC' && !/^[+-]\d{4}$/.test(meant[0]!))
      throw new RangeError('is no offset from UTC')
    const element = built(keyword, meant)
    return isAsItWas ? { element } : { element, why: `is not in the form of the standard${formOf(vr, texts[0]!)}` }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const why = `${error.message.replace(/^\w+ \(\w\w\) /, '')}${formOf(vr, texts[0]!)}`
    const cut = WORDS.has(keyword) ? meant.map((text) => cutWords(vr, text)) : undefined
    return cut ? { element: built(keyword, cut), why } : { why }
  }
}

/** The element as our own builder makes it, so that there is only one set of rules. Throws RangeError. */
function built(keyword: string, values: string[]): DicomElement {
  return element(WRITTEN_AS[keyword] ?? keyword, ...values)[1]
}

function settledSequence(keyword: string, values: unknown[], depth: number): Verdict {
  if (values.length === 0) return { element: { vr: 'SQ' } }
  if (depth >= DEEPEST) return { why: 'is nested too deep' }
  let why: string | undefined
  const items = values.flatMap((value): DicomJson[] => {
    const item: DicomJson = {}
    for (const [tag, element] of Object.entries(typeof value === 'object' ? (value as DicomJson) : {})) {
      const member = keywordOf(tag)
      // Private and binary members hold nothing that a reader of the results needs.
      if (member === tag || element === null || typeof element !== 'object' || BINARY.has(attributeOf(member).vr))
        continue
      const verdict = settledElement(member, element, depth + 1)
      if (verdict.element !== undefined) item[tag] = verdict.element
      why ??= verdict.why && `holds a value that ${verdict.why} (${member})`
    }
    const needs = ITEM_NEEDS[keyword] ?? (keyword.endsWith('CodeSequence') ? CODE_NEEDS : [])
    const isWhole = needs.every((any) => any.some((one) => (item[attributeOf(one).tag]?.Value?.length ?? 0) > 0))
    if (isWhole && Object.keys(item).length > 0) return [item]
    why ??= 'holds an item without what the standard asks of it'
    return []
  })
  return { ...(items.length > 0 && { element: { vr: 'SQ', Value: items } }), ...(why && { why }) }
}

/** Text of a JSON value; for a person name, its groups joined. Undefined for anything else than text or a number. */
function textOf(value: unknown, vr: string): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (vr !== 'PN' || typeof value !== 'object' || value === null) return undefined
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Record<string, unknown>
  const groups = [Alphabetic, Ideographic, Phonetic]
  return groups.every((group) => typeof group === 'string') ? groups.join('=') : undefined
}

function withoutPadding(text: string): string {
  return withoutTrailing(unpadded(text), /=/)
}

/** As much of the text as fits the attribute; nothing is made up. */
function cutWords(vr: string, text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, ' ').replaceAll('\\', '/')
  const most = vr === 'LT' || vr === 'ST' ? 1024 : 64
  const cut = (part: string) => [...part].slice(0, most).join('').trim()
  if (vr !== 'PN') return cut(plain)
  const groups = plain.split('=').slice(0, 3)
  return withoutTrailing(groups.map((group) => cut(group.split('^').slice(0, 5).join('^'))).join('='), /=/)
}

/** Letters as A, digits as 9: shows what the value looks like, not what it says. Not even that is shown for free text. */
function formOf(vr: string, text: string): string {
  if (vr === 'PN' || vr === 'LO' || vr === 'ST' || vr === 'LT' || vr === 'UT') return ''
  const form = [...text.slice(0, 70)].map((character) =>
    /\d/.test(character) ? '9' : /\p{L}/u.test(character) ? 'A' : /[ -~]/.test(character) ? character : '?',
  )
  return ` (its form: ${form.join('')})`
}
