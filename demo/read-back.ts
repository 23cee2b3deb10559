// Reads the results back where a hospital would: the SEG from the archive, the report from the EHR.
import type { DiagnosticReport } from '@medplum/fhirtypes'
import type { Service } from '../src/compose.ts'
import type { AnalysisRecord } from '../src/domain/analysis.ts'
import { AppError } from '../src/domain/errors.ts'
import type { Artifact } from '../src/domain/ports/analysis-store.ts'
import { createRecordStore } from '../src/fhir/connection/client.ts'
import { searchToken } from '../src/fhir/resources/identifiers.ts'
import { readMeasurements } from './read-measurements.ts'
import { readSegmentation, regionDice } from './read-segmentation.ts'
import type { SentStudy } from './sent-study.ts'

export interface ReadBack {
  /** Absent if nothing was found; no SEG is written then. */
  segmentation?: {
    url: string
    sopInstanceUid: string
    /** Millilitres by segment label, counted in the stored object. */
    millilitres: Record<string, number>
    /** Against the generated truth, in patient space; regions as in BraTS. */
    dice?: { WT: number; TC: number; ET: number }
  }
  /** The structured report in the archive; absent if the site does not want one. */
  measurements?: { url: string; sopInstanceUid: string; values: number }
  report: { url: string; status: string; results: number }
}

/** Throws NOT_FOUND if a result reported as delivered is not there. */
export async function readBack(context: {
  service: Service
  study: SentStudy
  record: AnalysisRecord
}): Promise<ReadBack> {
  const { service, record } = context
  const { settings } = service
  const segmentation = await readSeg(context)
  const measurements = await readReport(context)
  const store = createRecordStore(settings.ehr)
  const token = searchToken(settings.ehr.analysisSystem, record.analysisId)
  const reports = (await store.search('DiagnosticReport', 'identifier', [token])) as DiagnosticReport[]
  const report = reports[0]
  if (reports.length !== 1 || !report) {
    throw new AppError('NOT_FOUND', `the EHR holds ${reports.length} reports of analysis ${record.analysisId}, not one`)
  }
  return {
    ...(segmentation ? { segmentation } : {}),
    ...(measurements ? { measurements } : {}),
    report: {
      url: `${settings.ehr.url.replace(/\/+$/, '')}/DiagnosticReport/${report.id}`,
      status: report.status,
      results: report.result?.length ?? 0,
    },
  }
}

async function readSeg({ service, study, record }: { service: Service; study: SentStudy; record: AnalysisRecord }) {
  const artifact = await service.store.analyses.artifact(record.analysisId, 'segmentation')
  if (artifact === undefined) return undefined
  const stored = await fetchStored(service, study, artifact)
  const seg = readSegmentation(stored.bytes)
  const voxelMl = (seg.spacing[0] * seg.spacing[1] * seg.spacing[2]) / 1000
  const millilitres = Object.fromEntries(
    seg.segments.map(({ number, label }) => {
      const frames = seg.frames.filter((frame) => frame.segment === number)
      return [label, voxelMl * frames.reduce((sum, frame) => sum + frame.mask.reduce((a, on) => a + on, 0), 0)]
    }),
  )
  return {
    url: stored.url,
    sopInstanceUid: seg.sopInstanceUid,
    millilitres,
    ...(study.truth ? { dice: regionDice(seg, study.truth) } : {}),
  }
}

async function readReport({ service, study, record }: { service: Service; study: SentStudy; record: AnalysisRecord }) {
  const artifact = await service.store.analyses.artifact(record.analysisId, 'report')
  if (artifact === undefined || !service.settings.writeBack.report) return undefined
  const stored = await fetchStored(service, study, artifact)
  const { sopInstanceUid, measurements } = readMeasurements(stored.bytes)
  return { url: stored.url, sopInstanceUid, values: measurements.length }
}

/** The object as the archive returns it, not as we sent it. */
async function fetchStored({ archive, settings }: Service, { studyInstanceUid }: SentStudy, artifact: Artifact) {
  const { sopInstanceUid = '', seriesInstanceUid = '' } = artifact
  return {
    url: `${settings.pacs.url.replace(/\/+$/, '')}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`,
    bytes: await archive.retrieveInstance(studyInstanceUid, seriesInstanceUid, sopInstanceUid),
  }
}
