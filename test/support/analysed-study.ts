// A study that was analysed, as an archive holds it: small oblique images, our segmentation and our report.

import { dataset, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import { trackingOf } from '../../src/dicom/tracking.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'
import type { DicomJson, PatientIdentity } from '../../src/domain/study.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, type labelsOn } from '../dicom/support.ts'
import { comparisonOf } from './comparison.ts'

export const DIGEST = 'ab'.repeat(32)
/** What the images state. */
export const PATIENT: PatientIdentity = {
  patientId: 'P-0001',
  issuerOfPatientId: '',
  patientName: 'Żółć^Łucja=山田^花子',
  patientBirthDate: '19600229',
  patientSex: 'F',
}

export interface AnalysedStudy {
  studyInstanceUid: string
  result: ReportableResult
  labels: ReturnType<typeof labelsOn>
  instances: { sopInstanceUid: string; bytes: Uint8Array }[]
  seg: ReturnType<typeof buildSegmentation> | undefined
  report: ReturnType<typeof buildMeasurementReport>
  source: DicomJson
}

export interface AnalysedChange {
  key?: string
  studyDate?: string
  analysisId?: string
  analysedAt?: string
  digest?: string
  /** The digest of the bundle when left out. */
  modelDigest?: string
  noFinding?: boolean
  edit?: DicomJson
  result?: (result: ReportableResult) => Partial<ReportableResult>
  predecessor?: AnalysedStudy
}

/** An analysed study, as its images and our objects are stored. */
export async function analysedStudy(change: AnalysedChange = {}): Promise<AnalysedStudy> {
  const { key = 'a', studyDate = '20250113', noFinding = false } = change
  const studyInstanceUid = `2.25.7${key.charCodeAt(0)}`
  const edit = (ds: DicomJson): DicomJson => ({
    ...ds,
    ...dataset({ StudyInstanceUID: studyInstanceUid, StudyDate: studyDate }),
    ...change.edit,
  })
  const [reference, other] = [
    await classicSeries({ seriesKey: `${key} reference`, edit }),
    await classicSeries({ seriesKey: `${key} other`, edit }),
  ]
  const input = inputOf(reference, other, { noFinding })
  const base: ReportableResult = {
    ...input.result,
    analysisId: change.analysisId ?? `0198f3a2${key.charCodeAt(0)}`,
    analysedAt: change.analysedAt ?? input.result.analysedAt,
    bundle: {
      ...input.result.bundle,
      digest: change.digest ?? DIGEST,
      modelDigest: change.modelDigest ?? change.digest ?? DIGEST,
    },
    patient: PATIENT,
    study: { ...input.result.study, studyInstanceUid, studyDate },
  }
  const result = { ...base, ...change.result?.(base) }
  const seg = noFinding ? undefined : buildSegmentation({ ...input, result, segmentation: input.labels })
  const { segmentation: _seg, ...rest } = input
  const report = buildMeasurementReport({
    ...rest,
    result,
    ...(seg && { segmentation: seg }),
    ...(change.predecessor && { predecessor: change.predecessor.report }),
  })
  const instances = [...reference.files, ...other.files].map((bytes) => ({
    sopInstanceUid: text(readPart10(bytes).dataset, 'SOPInstanceUID'),
    bytes,
  }))
  const source = reference.series.instances[0]!.metadata
  return { studyInstanceUid, result, labels: input.labels, instances, seg, report, source }
}

export const everything = ({ instances, seg, report }: AnalysedStudy) => [...instances, ...(seg ? [seg] : []), report]

/** What an earlier comparison handed on: its tracking outlives the analysis that continues it. */
export const continuing = (result: ReportableResult): Partial<ReportableResult> => {
  const comparison = comparisonOf(result)
  const [first, second] = comparison.lesions
  const of = (key: string) => [key, trackingOf({ analysisId: 'older' }, key)] as const
  return {
    comparison: {
      ...comparison,
      tracking: {
        ...Object.fromEntries(['NCR', 'ED', 'ET', 'WT', 'TC'].map(of)),
        'lesion 1': first!.tracking,
        'lesion 2': second!.tracking,
        'ET lesion 1': trackingOf({ analysisId: 'older' }, 'ET lesion 4'),
      },
    },
  }
}
