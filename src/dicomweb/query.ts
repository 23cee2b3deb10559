// Paths and query parameters of QIDO-RS and WADO-RS (PS3.18 Sections 8.3.4, 10.4 and 10.6).
import { has, number, tagOf, text, texts } from '../dicom/dataset.ts'
import { AppError } from '../domain/errors.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { StudyQuery, StudySummary } from '../domain/study-search.ts'

export interface Page {
  limit: number
  offset: number
}

/**
 * One UID as a path segment. Digits and dots only, so it can neither leave its place in the path nor act as a
 * QIDO-RS list ("," and "\") or wild card. Leading zeros are let through: they exist in the wild.
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
 * Search of studies by date (DICOM DA, both ends included, either may be open), modality and patient. The issuer is asked for,
 * not matched: archives need not support it as a key (PS3.18 Table 10.6.1-5), and some refuse it.
 */
export function studiesPath(query: StudyQuery, page: Page): string {
  return `/studies?${encode(studyParameters(query), page)}`
}

/** What is asked, without paging. */
export function studyParameters(query: StudyQuery): [string, string][] {
  const parameters: [string, string][] = []
  const range = dateRange(query.from, query.to)
  if (range !== undefined) parameters.push(['StudyDate', range])
  if (query.modality !== undefined) parameters.push(['ModalitiesInStudy', query.modality])
  if (query.patient !== undefined) parameters.push(['PatientID', query.patient.patientId])
  const fields = ['StudyDate', 'StudyTime', 'ModalitiesInStudy', 'NumberOfStudyRelatedInstances']
  for (const keyword of query.patient === undefined ? fields : [...fields, 'PatientID', 'IssuerOfPatientID']) {
    parameters.push(['includefield', tagOf(keyword)])
  }
  return parameters
}

/** Archives match without regard to case, take "*" for anything, or leave a key out: the answer decides. */
export function isOfPatient(found: DicomJson, { patientId, issuerOfPatientId }: NonNullable<StudyQuery['patient']>) {
  const issuer = text(found, 'IssuerOfPatientID')
  return text(found, 'PatientID') === patientId && (issuer === '' || issuer === issuerOfPatientId)
}

/** Search of all instances of a study. */
export function instancesPath(studyInstanceUid: Uid, page: Page): string {
  const fields = ['SOPClassUID', 'SOPInstanceUID', 'SeriesInstanceUID', 'Modality']
  const parameters = fields.map((keyword): [string, string] => ['includefield', tagOf(keyword)])
  return `${resourcePath(studyInstanceUid)}/instances?${encode(parameters, page)}`
}

/** Search of all series of a study. */
export function seriesPath(studyInstanceUid: Uid, page: Page): string {
  return `${resourcePath(studyInstanceUid)}/series?${encode([['includefield', tagOf('Modality')]], page)}`
}

/** Range matching (PS3.4 C.2.2.2.5): "20240101-20240131", "20240101-", "-20240131". */
export function dateRange(from: string | undefined, to: string | undefined): string | undefined {
  for (const date of [from, to]) {
    if (date !== undefined && !/^\d{8}$/.test(date)) throw new RangeError('a search date must be YYYYMMDD')
  }
  if (from === undefined && to === undefined) return undefined
  return from === to ? from : `${from ?? ''}-${to ?? ''}`
}

function encode(parameters: [string, string][], page: Page): string {
  const all = [...parameters, ['limit', String(page.limit)], ['offset', String(page.offset)]]
  return all.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&')
}

/** A study of a QIDO-RS answer. The count is 0 when the archive does not give it. */
export function readStudySummary(found: DicomJson): StudySummary {
  return {
    studyInstanceUid: text(found, 'StudyInstanceUID'),
    studyDate: text(found, 'StudyDate'),
    studyTime: text(found, 'StudyTime'),
    modalities: texts(found, 'ModalitiesInStudy').filter((modality) => modality !== ''),
    instanceCount: number(found, 'NumberOfStudyRelatedInstances') ?? 0,
  }
}

/** An instance of a QIDO-RS answer; modality is '' when the archive leaves it out at this level. */
export function readInstanceSummary(found: DicomJson) {
  return {
    seriesInstanceUid: text(found, 'SeriesInstanceUID'),
    sopInstanceUid: text(found, 'SOPInstanceUID'),
    sopClassUid: text(found, 'SOPClassUID'),
    modality: text(found, 'Modality'),
  }
}

/** Whether the data set has what an answer of this level must have. */
export function hasAll(found: DicomJson, keywords: readonly string[]): boolean {
  return keywords.every((keyword) => has(found, keyword))
}
