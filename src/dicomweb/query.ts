// Paths and query parameters of QIDO-RS and WADO-RS (PS3.18 Sections 8.3.4, 10.4 and 10.6).
import { has, number, tagOf, text, texts } from '../dicom/dataset.ts'
import { mended } from '../dicom/mending.ts'
import { AppError } from '../domain/errors.ts'
import type { StatedCount } from '../domain/ports/image-archive.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { StudyQuery, StudySummary } from '../domain/study-search.ts'
import { SEARCH_WAYS, type SearchWay } from './ways.ts'

const STANDARD = SEARCH_WAYS[0]!

export interface Page {
  limit: number
  offset: number
}

/**
 * One UID as a path segment. Digits and dots only, so that it can neither leave its place in the path nor act as a QIDO-RS list
 * ("," and "\") or wild card. Leading zeros are allowed, since they occur in practice.
 */
export function uidSegment(uid: Uid): string {
  if (!/^\d[\d.]{0,63}$/.test(uid) || uid.includes('..')) {
    throw new AppError('NOT_FOUND', 'not a DICOM UID: digits and dots, at most 64 characters')
  }
  return uid
}

/** Path of a study, series or instance, relative to the service root. */
export function resourcePath(studyInstanceUid: Uid, seriesInstanceUid?: Uid, sopInstanceUid?: Uid): string {
  const segments = ['studies', uidSegment(studyInstanceUid)]
  if (seriesInstanceUid !== undefined) segments.push('series', uidSegment(seriesInstanceUid))
  if (sopInstanceUid !== undefined) segments.push('instances', uidSegment(sopInstanceUid))
  return `/${segments.join('/')}`
}

/**
 * Search for studies by date (DICOM DA, both ends included, either may be open), modality and patient. The issuer is requested
 * as a return attribute and not matched: archives need not support it as a key (PS3.18 Table 10.6.1-5), and some refuse it.
 */
export function studiesPath(query: StudyQuery, page: Page, way: SearchWay = STANDARD): string {
  return `/studies?${encode(studyParameters(query, way), page, way)}`
}

/** The query without paging. */
export function studyParameters(query: StudyQuery, way: SearchWay = STANDARD): [string, string][] {
  const parameters: [string, string][] = []
  const range = dateRange(query.from, query.to, way.dates === 'closed')
  if (range !== undefined && way.dates !== 'none') parameters.push(['StudyDate', range])
  if (query.modality !== undefined && way.modality) parameters.push(['ModalitiesInStudy', query.modality])
  if (query.patient !== undefined) parameters.push(['PatientID', query.patient.patientId])
  if (query.accessionNumber !== undefined) parameters.push(['AccessionNumber', query.accessionNumber])
  const fields = ['StudyDate', 'StudyTime', 'ModalitiesInStudy', 'NumberOfStudyRelatedInstances']
  if (query.accessionNumber !== undefined) fields.push('AccessionNumber')
  return [
    ...parameters,
    ...included(query.patient === undefined ? fields : [...fields, 'PatientID', 'IssuerOfPatientID'], way),
  ]
}

function included(keywords: readonly string[], way: SearchWay): [string, string][] {
  return way.fields ? keywords.map((keyword) => ['includefield', tagOf(keyword)]) : []
}

/** Removes here what the archive could not be asked to filter out. If the answer has no date or modality, only the study itself can tell. */
export function isAskedFor(study: StudySummary, { from, to, modality, undated }: StudyQuery): boolean {
  if (undated && study.studyDate !== '') return false
  if (modality !== undefined && study.modalities.length > 0 && !study.modalities.includes(modality)) return false
  if (study.studyDate === '') return true
  return (from === undefined || study.studyDate >= from) && (to === undefined || study.studyDate <= to)
}

/** Archives match without regard to case, take "*" for anything, or ignore a key: the answer decides. */
export function isOfPatient(match: DicomJson, { patientId, issuerOfPatientId }: NonNullable<StudyQuery['patient']>) {
  const issuer = text(match, 'IssuerOfPatientID')
  return text(match, 'PatientID') === patientId && (issuer === '' || issuer === issuerOfPatientId)
}

/** A study that does not state its number does not match: otherwise an archive that ignores this key would return every study. */
export function isOfAccession(match: DicomJson, accessionNumber: string): boolean {
  return text(match, 'AccessionNumber').trim() === accessionNumber
}

/** Search for all instances of a study. */
export function instancesPath(studyInstanceUid: Uid, page: Page, way: SearchWay = STANDARD): string {
  const fields = included(['SOPClassUID', 'SOPInstanceUID', 'SeriesInstanceUID', 'Modality'], way)
  return `${resourcePath(studyInstanceUid)}/instances?${encode(fields, page, way)}`
}

/** Search for all series of a study. */
export function seriesPath(studyInstanceUid: Uid, page: Page, way: SearchWay = STANDARD): string {
  const fields = included(['Modality', 'NumberOfSeriesRelatedInstances'], way)
  return `${resourcePath(studyInstanceUid)}/series?${encode(fields, page, way)}`
}

/** Range matching (PS3.4 C.2.2.2.5): "20240101-20240131", "20240101-", "-20240131". */
export function dateRange(from: string | undefined, to: string | undefined, closed = false): string | undefined {
  for (const date of [from, to]) {
    if (date !== undefined && !/^\d{8}$/.test(date)) throw new RangeError('a search date must be YYYYMMDD')
  }
  if (from === undefined && to === undefined) return undefined
  if (from === to) return from
  return closed ? `${from ?? '19000101'}-${to ?? LAST_DAY}` : `${from ?? ''}-${to ?? ''}`
}

/** An end for ranges, for archives that refuse open ones: after every study, before the end of any calendar type. */
const LAST_DAY = '29991231'

function encode(parameters: [string, string][], page: Page, way: SearchWay): string {
  const paging = [
    ['limit', String(page.limit)],
    ['offset', String(page.offset)],
  ]
  const all = way.paged ? [...parameters, ...paging] : parameters
  return all.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&')
}

/** A study from a QIDO-RS answer. The count is 0 if the archive does not return it. */
export function readStudySummary(match: DicomJson): StudySummary {
  return {
    studyInstanceUid: text(match, 'StudyInstanceUID'),
    studyDate: mended('StudyDate', 'DA', text(match, 'StudyDate')),
    studyTime: text(match, 'StudyTime'),
    modalities: texts(match, 'ModalitiesInStudy').filter((modality) => modality !== ''),
    instanceCount: number(match, 'NumberOfStudyRelatedInstances') ?? 0,
  }
}

/** A series from a QIDO-RS answer; undefined if the archive does not return the count. */
export function readStatedCount(series: DicomJson): StatedCount | undefined {
  const instances = number(series, 'NumberOfSeriesRelatedInstances')
  if (instances === undefined || !(instances > 0)) return undefined
  return { seriesInstanceUid: text(series, 'SeriesInstanceUID'), modality: text(series, 'Modality'), instances }
}

/** An instance from a QIDO-RS answer; the modality is '' if the archive leaves it out at this level. */
export function readInstanceSummary(match: DicomJson) {
  return {
    seriesInstanceUid: text(match, 'SeriesInstanceUID'),
    sopInstanceUid: text(match, 'SOPInstanceUID'),
    sopClassUid: text(match, 'SOPClassUID'),
    modality: text(match, 'Modality'),
  }
}

/** Whether the data set has what an answer at this level must have. */
export function hasAll(match: DicomJson, keywords: readonly string[]): boolean {
  return keywords.every((keyword) => has(match, keyword))
}
