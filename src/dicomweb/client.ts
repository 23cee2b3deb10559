// ImageArchive over DICOMweb: QIDO-RS, WADO-RS and STOW-RS of one archive (PS3.18 Sections 10.4, 10.5 and 10.6).
import { randomUUID } from 'node:crypto'
import { text } from '../dicom/dataset.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Uid } from '../domain/study.ts'
import type { StudyQuery } from '../domain/study-search.ts'
import { auditArchive } from './audited.ts'
import { type Auth, openConnection } from './client-connection.ts'
import { retrieveMetadata } from './metadata.ts'
import {
  instancesPath,
  isAskedFor,
  isOfAccession,
  isOfPatient,
  readInstanceSummary,
  readStatedCount,
  readStudySummary,
  seriesPath,
  studiesPath,
} from './query.ts'
import { createRetriever } from './retrieve.ts'
import { createSearcher, type Searcher } from './search.ts'
import { createStorer } from './stow.ts'
import { createWays, type WaysMemory } from './ways.ts'

export interface DicomWebOptions {
  /** Service root, without credentials. */
  url: string
  auth: Auth
  /** How long the archive may be silent, before and within an answer. */
  timeoutMs: number
  log: Log
  /** Where to remember which way of asking the archive takes for each query; in memory by default. */
  memory?: WaysMemory
  /** If given, every read and write of a study is recorded. */
  audit?: AuditTrail
  fetch?: typeof fetch
}

/** Pages of a search without dates; studies without a date are not looked for beyond them. */
export const UNDATED_PAGES = 50

/** The archive behind one DICOMweb service root. Opens nothing until it is used. */
export function createDicomWebClient(options: DicomWebOptions): ImageArchive {
  const { log } = options
  const connection = openConnection(options)
  const ways = createWays({ log, memory: options.memory })
  const searcher = createSearcher(connection, ways, log)
  const { retrieveSeries, retrieveInstance } = createRetriever(connection, ways, log)
  const searchInstances = (studyInstanceUid: Uid) => findInstances(searcher, studyInstanceUid)
  const store = createStorer({ connection, ways, log, newBoundary: randomUUID, searchInstances, retrieveInstance })

  const archive: ImageArchive = {
    async searchStudies(query) {
      const studies = await searcher.all({
        what: 'search of studies',
        question: questionOf(query),
        required: ['StudyInstanceUID'],
        pathOf: (page, way) => studiesPath(query, page, way),
        ...(query.undated && { maxPages: UNDATED_PAGES }),
      })
      const { patient, accessionNumber } = query
      return studies
        .filter((one) => patient === undefined || isOfPatient(one, patient))
        .filter((one) => accessionNumber === undefined || isOfAccession(one, accessionNumber))
        .map(readStudySummary)
        .filter((one) => isAskedFor(one, query))
    },
    searchInstances,
    statedCounts: async (study) => (await findSeries(searcher, study)).flatMap((one) => readStatedCount(one) ?? []),
    retrieveMetadata: (study) => retrieveMetadata({ searcher, ways, instancesOf: searchInstances }, study),
    retrieveSeries,
    retrieveInstance,
    store,
    ways: () => ways.remembered(),
  }
  return options.audit === undefined ? archive : auditArchive(archive, options.audit, options.url)
}

/** The name under which its way is remembered. A search without dates has no range to close, so it is another query with a way of its own. */
function questionOf({ patient, accessionNumber, undated }: StudyQuery): string {
  if (undated) return 'search of studies without a date'
  if (patient !== undefined) return 'search of studies of a patient'
  return accessionNumber === undefined ? 'search of studies' : 'search of studies of an accession number'
}

/** All instances of the study; the modality is queried per series if the archive leaves it out per instance. */
async function findInstances(searcher: Searcher, study: Uid) {
  const matches = await searcher.all({
    what: `search of instances of study ${study}`,
    question: 'search of instances',
    required: ['SOPInstanceUID', 'SeriesInstanceUID'],
    pathOf: (page, way) => instancesPath(study, page, way),
  })
  const instances = matches.map(readInstanceSummary)
  if (instances.every((instance) => instance.modality !== '')) return instances
  const series = await findSeries(searcher, study)
  const modalities = new Map(series.map((one) => [text(one, 'SeriesInstanceUID'), text(one, 'Modality')]))
  return instances.map((instance) => ({
    ...instance,
    modality: instance.modality || (modalities.get(instance.seriesInstanceUid) ?? ''),
  }))
}

const findSeries = (searcher: Searcher, study: Uid) =>
  searcher.all({
    what: `search of series of study ${study}`,
    question: 'search of series',
    required: ['SeriesInstanceUID'],
    pathOf: (page, way) => seriesPath(study, page, way),
  })
