// ImageArchive over DICOMweb: QIDO-RS, WADO-RS and STOW-RS of one archive (PS3.18 Sections 10.4, 10.5 and 10.6).
import { randomUUID } from 'node:crypto'
import { text } from '../dicom/dataset.ts'
import { AppError } from '../domain/errors.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { DicomJson, Series, Uid } from '../domain/study.ts'
import { auditArchive } from './audited.ts'
import { type Auth, type Connection, openConnection } from './client-connection.ts'
import {
  hasAll,
  instancesPath,
  isOfPatient,
  type Page,
  readInstanceSummary,
  readStudySummary,
  resourcePath,
  seriesPath,
  studiesPath,
} from './query.ts'
import { createRetriever } from './retrieve.ts'
import { createStorer } from './stow.ts'

export interface DicomWebOptions {
  /** Service root, without credentials. */
  url: string
  auth: Auth
  /** How long the archive may be silent, before and within an answer. */
  timeoutMs: number
  log: Log
  /** When given, every read and write of a study is recorded. */
  audit?: AuditTrail
  fetch?: typeof fetch
}

const PAGE = 200

/** The archive behind one DICOMweb service root. Opens nothing until it is asked. */
export function createDicomWebClient(options: DicomWebOptions): ImageArchive {
  const connection = openConnection(options)
  const { retrieveSeries, retrieveInstance } = createRetriever(connection, options.log)
  const searchInstances = (studyInstanceUid: Uid) => findInstances(connection, studyInstanceUid)
  const store = createStorer({
    connection,
    log: options.log,
    newBoundary: randomUUID,
    searchInstances,
    retrieveInstance,
  })

  const archive: ImageArchive = {
    async searchStudies(query) {
      const found = await searchAll(connection, 'search of studies', ['StudyInstanceUID'], (page) =>
        studiesPath(query, page),
      )
      const { patient } = query
      return found.filter((one) => patient === undefined || isOfPatient(one, patient)).map(readStudySummary)
    },
    searchInstances,
    async retrieveMetadata(studyInstanceUid) {
      const what = `metadata of study ${studyInstanceUid}`
      const path = `${resourcePath(studyInstanceUid)}/metadata`
      const list = await connection.getList(path, what)
      if (list.length === 0)
        throw new AppError('NOT_FOUND', `the archive has no ${what} (${connection.asked(path, what).target})`)
      return { studyInstanceUid, series: groupBySeries(list, what) }
    },
    retrieveSeries,
    retrieveInstance,
    store,
  }
  return options.audit === undefined ? archive : auditArchive(archive, options.audit, options.url)
}

/** All instances of the study; the modality is asked for per series when the archive leaves it out per instance. */
async function findInstances(connection: Connection, studyInstanceUid: Uid) {
  const what = `search of instances of study ${studyInstanceUid}`
  const required = ['SOPInstanceUID', 'SeriesInstanceUID']
  const found = await searchAll(connection, what, required, (page) => instancesPath(studyInstanceUid, page))
  const instances = found.map(readInstanceSummary)
  if (instances.every((instance) => instance.modality !== '')) return instances
  const series = await searchAll(
    connection,
    `search of series of study ${studyInstanceUid}`,
    ['SeriesInstanceUID'],
    (page) => seriesPath(studyInstanceUid, page),
  )
  const modalities = new Map(series.map((one) => [text(one, 'SeriesInstanceUID'), text(one, 'Modality')]))
  return instances.map((instance) => ({
    ...instance,
    modality: instance.modality || (modalities.get(instance.seriesInstanceUid) ?? ''),
  }))
}

/**
 * All pages of a search, each resource once, told apart by the first required attribute. A short page does not end it,
 * since archives have page limits of their own; a page with nothing new does, since some archives ignore the offset.
 */
async function searchAll(
  connection: Connection,
  what: string,
  required: readonly string[],
  pathOf: (page: Page) => string,
): Promise<DicomJson[]> {
  const found = new Map<string, DicomJson>()
  for (let offset = 0; ; ) {
    const list = await getSearchPage(connection, pathOf({ limit: PAGE, offset }), what)
    const before = found.size
    for (const one of list) {
      if (!hasAll(one, required))
        throw new AppError('ARCHIVE_NOT_DICOMWEB', `an answer to ${what} lacks ${required.join(' or ')}`)
      const key = text(one, required[0]!)
      if (!found.has(key)) found.set(key, one)
    }
    if (found.size === before) return [...found.values()]
    offset += list.length
  }
}

/** A search that is not there at all means that the address is wrong, not that nothing was found. */
async function getSearchPage(connection: Connection, path: string, what: string) {
  try {
    return await connection.getList(path, what)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    throw new AppError('ARCHIVE_NOT_DICOMWEB', `no QIDO-RS service answers: ${error.message}`, { cause: error })
  }
}

function groupBySeries(list: DicomJson[], what: string): Series[] {
  const series = new Map<Uid, Series>()
  for (const metadata of list) {
    if (!hasAll(metadata, ['SOPInstanceUID', 'SOPClassUID', 'SeriesInstanceUID'])) {
      throw new AppError('ARCHIVE_NOT_DICOMWEB', `an instance in ${what} lacks its SOP, SOP class or series UID`)
    }
    const seriesInstanceUid = text(metadata, 'SeriesInstanceUID')
    const one = series.get(seriesInstanceUid) ?? {
      seriesInstanceUid,
      modality: text(metadata, 'Modality'),
      instances: [],
    }
    one.instances.push({
      sopInstanceUid: text(metadata, 'SOPInstanceUID'),
      sopClassUid: text(metadata, 'SOPClassUID'),
      metadata,
    })
    series.set(seriesInstanceUid, one)
  }
  return [...series.values()]
}
