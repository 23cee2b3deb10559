// An earlier study of the patient that only the archive knows: analysed before our store existed, or by another installation of this service.

import { items, text } from '../../dicom/dataset.ts'
import { deviceUid } from '../../dicom/result-modules.ts'
import { instanceUid } from '../../dicom/result-object.ts'
import { COMPREHENSIVE_3D_SR_STORAGE } from '../../dicom/sr/measurement-report.ts'
import { isEditedReport, readReport } from '../../dicom/sr/read-report.ts'
import type { AnalysisRecord } from '../../domain/analysis.ts'
import type { PriorObject } from '../../domain/comparison.ts'
import { dayOf, dicomDate } from '../../domain/dicom-date.ts'
import { DAY_MS } from '../../domain/durations.ts'
import { foreseen } from '../../domain/errors.ts'
import type { AnalysisResult } from '../../domain/finding.ts'
import type { AnalysisStore } from '../../domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../domain/ports/image-archive.ts'
import type { Instance, Study, Uid } from '../../domain/study.ts'
import type { Bundle } from '../../inference/bundle/manifest.ts'
import {
  CONTRADICTION,
  contradicts,
  type DatedStudy,
  daysBefore,
  momentOf,
  type PriorQuery,
  type PriorSearch,
  type PriorSettings,
} from './find.ts'
import { type EarlierAnalysis, hasVerifiedReport, isRejected } from './load.ts'

type Stored = Instance & { seriesInstanceUid: Uid }

export interface ArchivedPrior {
  study: DatedStudy
  days: number
  metadata: Study
  /** As our software last wrote it. */
  report: Stored
  /** As verified by persons, oldest first. */
  verified: Stored[]
}

export interface ArchivePorts {
  archive: Pick<ImageArchive, 'searchStudies' | 'searchInstances' | 'retrieveMetadata'>
  analyses: Pick<AnalysisStore, 'byStudy'>
}

export interface ArchiveQuery extends PriorQuery {
  software: AnalysisResult['software']
}

/** Newest first, like findPrior. Studies without a report of ours, and those in our store, are not mentioned. */
export async function findArchived(
  ports: ArchivePorts,
  query: ArchiveQuery,
  { maxAgeDays }: Pick<PriorSettings, 'maxAgeDays'>,
): Promise<PriorSearch<ArchivedPrior>> {
  const { study: present, patient } = query
  const today = dayOf(present.studyDate)
  if (today === undefined) return {}
  const studies = await ports.archive.searchStudies({
    from: dicomDate(today - maxAgeDays * DAY_MS),
    to: present.studyDate,
    modality: 'SR',
    patient: {
      patientId: patient.patientId,
      issuerOfPatientId: patient.issuerOfPatientId,
      onBehalfOf: query.studyInstanceUid,
    },
  })
  const newestFirst = studies.sort((a, b) => momentOf(b).localeCompare(momentOf(a)))
  let passedOver: PriorSearch['passedOver']
  for (const study of newestFirst) {
    const days = daysBefore(study, present)
    if (days === undefined || study.studyInstanceUid === query.studyInstanceUid) continue
    const examined = await examineStudy(ports, query, study.studyInstanceUid).catch((error) => foreseen(error).message)
    if (examined === undefined) continue
    if (typeof examined !== 'string') return { prior: { study, days, ...examined }, ...(passedOver && { passedOver }) }
    passedOver ??= { study, reason: examined }
  }
  return passedOver ? { passedOver } : {}
}

/** What the study holds of ours, or why it cannot be used; undefined if it holds nothing for this patient. */
async function examineStudy(
  { archive, analyses }: ArchivePorts,
  { patient, bundleDigest, modelDigest, software }: ArchiveQuery,
  studyInstanceUid: Uid,
): Promise<Omit<ArchivedPrior, 'study' | 'days'> | string | undefined> {
  const listed = await archive.searchInstances(studyInstanceUid)
  if (!listed.some(({ sopClassUid }) => sopClassUid === COMPREHENSIVE_3D_SR_STORAGE)) return undefined
  const metadata = await archive.retrieveMetadata(studyInstanceUid)
  const reports = ourReports(metadata, software)
  const report = reports.written.at(-1)
  if (!report) return undefined
  const stated = (keyword: string) => text(report.metadata, keyword)
  if (stated('PatientID') !== patient.patientId || stated('IssuerOfPatientID') !== patient.issuerOfPatientId)
    return undefined
  const records = await analyses.byStudy(studyInstanceUid)
  if (!records.every((record) => isInWork(record, report))) return undefined
  if (!hasVerifiedReport(metadata) && isRejected(metadata, new Set([report.sopInstanceUid])))
    return 'its results are rejected in the archive'
  const devices = items(report.metadata, 'ContributingEquipmentSequence').map((one) => text(one, 'DeviceUID'))
  // Reports from before the model's digest was stored are identified only by the whole manifest.
  if (!devices.includes(deviceUid(modelDigest)) && stated('DeviceSerialNumber') !== bundleDigest)
    return `it was analysed by another model bundle (${stated('ManufacturerModelName').slice(software.name.length + 1)})`
  const named = { ...patient, patientBirthDate: stated('PatientBirthDate'), patientSex: stated('PatientSex') }
  return contradicts(named, patient) ? CONTRADICTION : { metadata, report, verified: reports.verified }
}

/** After the store was lost, a study is analysed again: it is the same analysis, whose earlier results are in the archive. */
function isInWork({ analysisId, state }: AnalysisRecord, { sopInstanceUid }: Instance): boolean {
  const isSame = instanceUid(analysisId, 'report') === sopInstanceUid
  return state === 'superseded' || (isSame && (state === 'queued' || state === 'running' || state === 'analysed'))
}

/** Oldest first, without those that a later report of the software supersedes. */
function ourReports({ series }: Study, { name, manufacturer }: ArchiveQuery['software']) {
  const reports = series
    .flatMap(({ seriesInstanceUid, instances }) => instances.map((one): Stored => ({ ...one, seriesInstanceUid })))
    .filter(
      ({ sopClassUid, metadata }) =>
        sopClassUid === COMPREHENSIVE_3D_SR_STORAGE &&
        text(metadata, 'Manufacturer') === manufacturer &&
        text(metadata, 'ManufacturerModelName').startsWith(`${name} `),
    )
    .sort((a, b) => contentMoment(a).localeCompare(contentMoment(b)))
  const verified = reports.filter(({ metadata }) => text(metadata, 'VerificationFlag') === 'VERIFIED')
  const written = reports.filter((one) => !verified.includes(one))
  const superseded = new Set(written.flatMap(predecessorsOf))
  return { verified, written: written.filter(({ sopInstanceUid }) => !superseded.has(sopInstanceUid)) }
}

const contentMoment = ({ metadata }: Instance) => `${text(metadata, 'ContentDate')}${text(metadata, 'ContentTime')}`

function predecessorsOf({ metadata }: Instance): Uid[] {
  return items(metadata, 'PredecessorDocumentsSequence')
    .flatMap((study) => items(study, 'ReferencedSeriesSequence'))
    .flatMap((series) => items(series, 'ReferencedSOPSequence'))
    .map((reference) => text(reference, 'ReferencedSOPInstanceUID'))
}

/** Throws INSTANCE_INVALID if the report is not as our software writes it. */
export async function loadArchived(
  archive: Pick<ImageArchive, 'retrieveInstance'>,
  { metadata, report, verified }: ArchivedPrior,
  { labels }: Pick<Bundle, 'labels'>,
): Promise<EarlierAnalysis> {
  const bytesOf = ({ seriesInstanceUid, sopInstanceUid }: Pick<Stored, 'seriesInstanceUid' | 'sopInstanceUid'>) =>
    archive.retrieveInstance(metadata.studyInstanceUid, seriesInstanceUid, sopInstanceUid)
  const written = await bytesOf(report)
  const result = readReport(written)
  const segmentation = objectsOf(metadata, instanceUid(result.analysisId, 'segmentation'))
  const last = verified.at(-1)
  return {
    // The same bundle, so the same labels; the segmentation is held to them.
    result: { ...result, comparison: result, segments: labels.map(({ index, key }) => ({ label: index, key })) },
    objects: [
      ...segmentation.map((one): PriorObject => ({ role: 'segmentation', ...one })),
      ...objectsOf(metadata, report.sopInstanceUid).map((one): PriorObject => ({ role: 'report', ...one })),
    ],
    ...(segmentation[0] && { segmentation: await bytesOf(segmentation[0]) }),
    edited: last !== undefined && isEditedReport(written, await bytesOf(last)),
  }
}

function objectsOf({ series }: Study, uid: Uid): Omit<PriorObject, 'role'>[] {
  return series.flatMap(({ seriesInstanceUid, instances }) =>
    instances
      .filter(({ sopInstanceUid }) => sopInstanceUid === uid)
      .map(({ sopClassUid, sopInstanceUid }) => ({ sopClassUid, seriesInstanceUid, sopInstanceUid })),
  )
}
