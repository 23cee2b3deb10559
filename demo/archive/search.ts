// QIDO-RS of the demo archive: matching, attributes returned, paging (PS3.18 Sections 8.3.4 and 10.6). Pure.
import { element, tagOf, text } from '../../src/dicom/dataset.ts'
import type { DicomElement, DicomJson, Uid } from '../../src/domain/study.ts'
import type { StoredInstance } from './store.ts'

export type Level = 'studies' | 'series' | 'instances'

/** A query that cannot be answered; the message is for the client. */
export class BadQuery extends Error {}

/** Attributes returned by default (PS3.18 Tables 10.6.3-3 to 10.6.3-5); those of the levels above come with each. */
const RETURNED: Record<Level, string[]> = {
  studies: [
    'SpecificCharacterSet',
    'StudyDate',
    'StudyTime',
    'AccessionNumber',
    'ReferringPhysicianName',
    'PatientName',
    'PatientID',
    'PatientBirthDate',
    'PatientSex',
    'StudyInstanceUID',
    'StudyID',
  ],
  series: ['Modality', 'SeriesDescription', 'SeriesInstanceUID', 'SeriesNumber'],
  instances: ['SOPClassUID', 'SOPInstanceUID', 'InstanceNumber', 'Rows', 'Columns', 'BitsAllocated', 'NumberOfFrames'],
}

const MAX_PAGE = 1000
/** "Warning: 299" (PS3.18 Section 8.3.4.4). */
const moreResults = (count: number) =>
  `299 gliabridge-demo-archive "There are ${count} additional results that can be requested"`

export interface SearchAnswer {
  list: DicomJson[]
  warning?: string
}

/** Answers a search over the instances of its scope. Throws BadQuery. */
export function search(instances: readonly StoredInstance[], level: Level, parameters: URLSearchParams): SearchAnswer {
  const { filters, fields, limit, offset } = readParameters(parameters)
  const rows = rowsOf(instances, level).filter((row) => filters.every(([tag, value]) => matches(row[tag], value)))
  const page = rows.slice(offset, offset + limit).map((row) => pick(row, level, fields))
  const remaining = rows.length - offset - page.length
  return { list: page, ...(remaining > 0 && page.length > 0 ? { warning: moreResults(remaining) } : {}) }
}

function readParameters(parameters: URLSearchParams) {
  const filters: [string, string][] = []
  const fields = new Set<string>()
  let limit = MAX_PAGE
  let offset = 0
  for (const [name, value] of parameters) {
    if (name === 'limit') limit = Math.min(MAX_PAGE, readCount(name, value))
    else if (name === 'offset') offset = readCount(name, value)
    else if (name === 'includefield')
      for (const field of value.split(',')) fields.add(field === 'all' ? 'all' : readTag(field))
    else if (name === 'fuzzymatching') continue
    else filters.push([readTag(name), value])
  }
  return { filters, fields, limit, offset }
}

function readCount(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new BadQuery(`${name} must be a whole number`)
  return Number(value)
}

function readTag(name: string): string {
  if (/^[0-9A-Fa-f]{8}$/.test(name)) return name.toUpperCase()
  try {
    return tagOf(name)
  } catch {
    throw new BadQuery(`"${name}" is no DICOM attribute`)
  }
}

/** One data set per study, series or instance, with the counts that the standard computes. */
function rowsOf(instances: readonly StoredInstance[], level: Level): DicomJson[] {
  if (level === 'instances')
    return instances.map((one) => ({ ...one.metadata, ...computed('InstanceAvailability', 'ONLINE') }))
  const keyOf = (one: StoredInstance): Uid =>
    level === 'studies' ? one.studyInstanceUid : `${one.studyInstanceUid}/${one.seriesInstanceUid}`
  return [...Map.groupBy(instances, keyOf).values()].map((members) => {
    const row = { ...members[0]!.metadata }
    if (level === 'series') return { ...row, ...computed('NumberOfSeriesRelatedInstances', members.length) }
    const modalities = [...new Set(members.map((one) => text(one.metadata, 'Modality')))].filter(
      (modality) => modality !== '',
    )
    return {
      ...row,
      ...computed('ModalitiesInStudy', ...modalities),
      ...computed('NumberOfStudyRelatedSeries', new Set(members.map((one) => one.seriesInstanceUid)).size),
      ...computed('NumberOfStudyRelatedInstances', members.length),
    }
  })
}

function computed(keyword: string, ...values: (string | number)[]): DicomJson {
  const [tag, made] = element(keyword, ...values)
  return { [tag]: made }
}

const COMPUTED: Record<Level, string[]> = {
  studies: ['ModalitiesInStudy', 'NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'],
  series: ['NumberOfSeriesRelatedInstances'],
  instances: ['InstanceAvailability'],
}

function pick(row: DicomJson, level: Level, fields: ReadonlySet<string>): DicomJson {
  if (fields.has('all')) return row
  const above: Record<Level, Level[]> = {
    studies: ['studies'],
    series: ['studies', 'series'],
    instances: ['studies', 'series', 'instances'],
  }
  const tags = new Set([
    ...fields,
    ...above[level].flatMap((one) => RETURNED[one]).map(tagOf),
    ...COMPUTED[level].map(tagOf),
  ])
  return Object.fromEntries(Object.entries(row).filter(([tag]) => tags.has(tag)))
}

/** Attribute matching (PS3.4 C.2.2.2): universal, list of UIDs, range, wild card, single value. */
function matches(element: DicomElement | undefined, query: string): boolean {
  if (query === '' || query === '*') return true
  if (element === undefined) return false
  const values = (element.Value ?? []).flatMap(comparable)
  if (element.vr === 'UI') return query.split(/[,\\]/).some((uid) => values.includes(uid))
  if ((element.vr === 'DA' || element.vr === 'TM') && query.includes('-')) {
    const [from = '', to = ''] = query.split('-')
    return values.some((value) => value !== '' && (from === '' || value >= from) && (to === '' || value <= to))
  }
  const pattern = new RegExp(
    `^${query
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'iu',
  )
  return values.some((value) => pattern.test(value))
}

/** A value as text; each group of a person name can be matched. */
function comparable(value: unknown): string[] {
  if (value === null || value === undefined) return []
  return typeof value === 'object' ? Object.values(value).map(String) : [String(value)]
}
