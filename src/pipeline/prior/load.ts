// What remains of an earlier analysis: its result and artefacts here, its images and objects in the archive, and whether they still stand.

import { items, text } from '../../dicom/dataset.ts'
import { patientIdentity } from '../../dicom/identity.ts'
import { readLabels } from '../../dicom/segmentation-labels.ts'
import { COMPREHENSIVE_3D_SR_STORAGE } from '../../dicom/sr/measurement-report.ts'
import { readTracking } from '../../dicom/tracking.ts'
import type { AnalysisRecord } from '../../domain/analysis.ts'
import type { CoursePoint, PriorObject, Tracking } from '../../domain/comparison.ts'
import { AppError } from '../../domain/errors.ts'
import type { InputSeries, ReportableResult, Segment } from '../../domain/finding.ts'
import type { AnalysisStore, Artifact } from '../../domain/ports/analysis-store.ts'
import type { PatientIdentity, Series, Study, Uid } from '../../domain/study.ts'
import { type Grid, type LabelVolume, voxelCount } from '../../domain/volume.ts'
import type { MeasuredVolume } from '../../inference/lesions/compare-studies.ts'
import { deliveredObjects } from '../delivered-objects.ts'
import { CONTRADICTION, contradicts } from './find.ts'

/** An earlier analysis, as far as a comparison needs it. */
export interface EarlierAnalysis {
  result: Pick<ReportableResult, 'analysisId' | 'referenceSeriesUid' | 'noFinding'> & {
    inputs: readonly Pick<InputSeries, 'sequence' | 'seriesInstanceUid' | 'sopInstanceUids'>[]
    /** In the order of their numbers. */
    segments: readonly Pick<Segment, 'label' | 'key'>[]
    measurements: readonly MeasuredVolume[]
    comparison?: { tracking: Readonly<Record<string, Tracking>>; course?: CoursePoint[] }
  }
  /** What the archive accepted of it. */
  objects: PriorObject[]
  /** DICOM Part 10 bytes; absent if nothing was found. */
  segmentation?: Uint8Array
  /** Whether a reviewer changed values. */
  edited: boolean
}

/** Throws NOT_FOUND if the result is no longer kept. */
export async function loadKept(
  analyses: Pick<AnalysisStore, 'artifact' | 'result'>,
  record: Pick<AnalysisRecord, 'analysisId' | 'legs' | 'review'>,
): Promise<EarlierAnalysis> {
  const result = await analyses.result(record.analysisId)
  const [segmentation, report] = await Promise.all(
    (['segmentation', 'report'] as const).map((role) => analyses.artifact(record.analysisId, role)),
  )
  if (!result) throw new AppError('NOT_FOUND', 'its result is not kept here any more')
  return {
    result,
    objects: priorObjects(record.legs, [segmentation, report]),
    ...(segmentation && { segmentation: segmentation.bytes }),
    edited: record.review?.decision === 'accept-with-edits',
  }
}

/** The objects that a comparison is based on. */
function priorObjects(legs: AnalysisRecord['legs'], artifacts: readonly (Artifact | undefined)[]): PriorObject[] {
  const kept = artifacts.filter((artifact) => artifact !== undefined)
  return deliveredObjects(legs, kept).flatMap(({ role, object }) =>
    role === 'segmentation' || role === 'report' ? [{ role, ...object }] : [],
  )
}

/**
 * The earlier reference series and what we stored. Throws INPUT_IMPLAUSIBLE unless images and segmentation are in the archive
 * unchanged, under the same patient, and not rejected: archives correct studies after we have analysed them.
 */
export function requireStanding(
  study: Study,
  { result: earlier, objects: stored }: Pick<EarlierAnalysis, 'result' | 'objects'>,
  patient: PatientIdentity,
): { reference: Series; objects: PriorObject[] } {
  const refuse = (why: string) => new AppError('INPUT_IMPLAUSIBLE', why)
  const images = {
    ...study,
    series: study.series.filter(({ seriesInstanceUid }) =>
      earlier.inputs.some((one) => one.seriesInstanceUid === seriesInstanceUid),
    ),
  }
  const uids = new Set(study.series.flatMap(({ instances }) => instances.map(({ sopInstanceUid }) => sopInstanceUid)))
  const used = earlier.inputs.flatMap(({ sopInstanceUids }) => sopInstanceUids)
  if (used.some((uid) => !uids.has(uid))) throw refuse('its images in the archive are not those that were analysed')
  const stated = patientIdentity(images)
  if (stated.patientId !== patient.patientId || stated.issuerOfPatientId !== patient.issuerOfPatientId)
    throw refuse('the archive has it under another patient by now')
  if (contradicts(stated, patient)) throw refuse(CONTRADICTION)
  const objects = stored.filter(({ sopInstanceUid }) => uids.has(sopInstanceUid))
  const segmentation = objects.find(({ role }) => role === 'segmentation')
  if (!earlier.noFinding && !segmentation) throw refuse('its segmentation is not in the archive')
  // A verified report may have replaced the software's, and corrected outlines its segmentation.
  const results = hasVerifiedReport(study) ? [] : objects
  if (isRejected(study, new Set([...used, ...results.map(({ sopInstanceUid }) => sopInstanceUid)])))
    throw refuse('its images or results are rejected in the archive')
  const reference = images.series.find(({ seriesInstanceUid }) => seriesInstanceUid === earlier.referenceSeriesUid)
  if (!reference) throw refuse('its reference series is not among its images')
  return { reference, objects }
}

const KEY_OBJECT_SELECTION = '1.2.840.10008.5.1.4.1.1.88.59'
/** CID 7011: rejected for quality, for patient safety, for an incorrect worklist entry; expired. */
const REJECTIONS = ['113001', '113037', '113038', '113039']

/** Whether a Key Object Selection in the study rejects one of the objects (IHE IOCM). */
export function isRejected({ series }: Study, uids: ReadonlySet<Uid>): boolean {
  return series.some(({ instances }) =>
    instances.some(({ sopClassUid, metadata }) => {
      if (sopClassUid !== KEY_OBJECT_SELECTION) return false
      const [title = {}] = items(metadata, 'ConceptNameCodeSequence')
      if (!REJECTIONS.includes(text(title, 'CodeValue'))) return false
      return items(metadata, 'CurrentRequestedProcedureEvidenceSequence')
        .flatMap((study) => items(study, 'ReferencedSeriesSequence'))
        .flatMap((one) => items(one, 'ReferencedSOPSequence'))
        .some((reference) => uids.has(text(reference, 'ReferencedSOPInstanceUID')))
    }),
  )
}

/** Whether the study contains a verified report: the preliminary one may then have been withdrawn without discrediting its results. */
export function hasVerifiedReport(study: Study): boolean {
  return study.series.some(({ instances }) =>
    instances.some(
      ({ sopClassUid, sopInstanceUid, metadata }) =>
        sopClassUid === COMPREHENSIVE_3D_SR_STORAGE &&
        text(metadata, 'VerificationFlag') === 'VERIFIED' &&
        !isRejected(study, new Set([sopInstanceUid])),
    ),
  )
}

/** Labels of the stored segmentation, and the tracking ids of its segments by key; all background if nothing was found. */
export function earlierLabels(
  { result, segmentation }: EarlierAnalysis,
  grid: Grid,
): { labels: LabelVolume; trackings: Map<string, Tracking> } {
  const trackings = new Map<string, Tracking>()
  if (result.noFinding || !segmentation) return { labels: { grid, data: new Uint8Array(voxelCount(grid)) }, trackings }
  const { labels, segments } = readLabels(segmentation, grid, (number) => result.segments[number - 1]?.label)
  for (const { number, trackingId, trackingUid } of segments) {
    const key = result.segments[number - 1]?.key
    const tracking = { identifier: trackingId, uid: trackingUid ?? '' }
    if (key === undefined || key !== readTracking(tracking)?.key)
      throw new AppError('INSTANCE_INVALID', `segment ${number} of its segmentation is not ${key ?? 'known'}`)
    trackings.set(key, tracking)
  }
  return { labels, trackings }
}
