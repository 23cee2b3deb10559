// The result as a Comprehensive 3D SR with a TID 1500 root (PS3.3 A.35.13, PS3.16): what was measured, on what, by whom.

import type { ReportableResult } from '../../domain/finding.ts'
import type { DicomJson, Series } from '../../domain/study.ts'
import type { Grid } from '../../domain/volume.ts'
import { dataset, has, items, text } from '../dataset.ts'
import { writePart10 } from '../part10.ts'
import { clip } from '../result-modules.ts'
import { type DicomObject, resultObject } from '../result-object.ts'
import type { SegmentationObject } from '../segmentation.ts'
import type { SourceFrame } from '../segmentation-frames.ts'
import { copied } from '../source-values.ts'
import { comparisonGroups, pertinentEvidence } from './comparison-groups.ts'
import {
  ABSENT,
  ALGORITHM_NAME,
  ALGORITHM_PARAMETERS,
  ALGORITHM_VERSION,
  ENGLISH,
  IMAGING_MEASUREMENT_REPORT,
  IMAGING_MEASUREMENTS,
  LANGUAGE,
  MULTIPARAMETRIC_MRI,
  OWN_SCHEME_IDENTIFICATION,
  PRESENCE,
  PROCEDURE_REPORTED,
  QUALITATIVE_EVALUATIONS,
} from './concepts.ts'
import { codeItem, container, rootContainer, textItem } from './content-item.ts'
import { evidence, referencedRequest, type StoredObject } from './evidence.ts'
import { imageLibrary } from './image-library.ts'
import { diameterGroups, volumeGroup } from './measurement-groups.ts'
import { deviceObserver } from './observation-context.ts'
import { predictionGroup } from './prediction-groups.ts'
import { remarkItems } from './remarks.ts'

export const COMPREHENSIVE_3D_SR_STORAGE = '1.2.840.10008.5.1.4.1.1.88.34'

export interface MeasurementReportInput {
  result: ReportableResult
  referenceSeries: Series
  /** The grid of the reference series, and the image behind each of its slices. */
  grid: Grid
  sourceFrames: readonly SourceFrame[]
  /** The other series that the network saw. */
  otherSources: readonly Series[]
  /** Absent if nothing was found; the report then says so. */
  segmentation?: SegmentationObject
  /** The report of an earlier analysis of this study, superseded by this one. */
  predecessor?: StoredObject
}

/**
 * Builds the report: complete, unverified, preliminary. Patient, study and order are copied from the reference series; the
 * same input gives the same bytes.
 */
export function buildMeasurementReport(input: MeasurementReportInput): DicomObject {
  const { result, referenceSeries, otherSources, segmentation, predecessor } = input
  const source = referenceSeries.instances[0]!.metadata
  const studyInstanceUid = text(source, 'StudyInstanceUID')
  const used = evidence(studyInstanceUid, [referenceSeries, ...otherSources], segmentation ? [segmentation] : [])
  const pertinent = pertinentEvidence(result)
  const { uids, content: opening } = resultObject(result, source, {
    role: 'report',
    sopClassUid: COMPREHENSIVE_3D_SR_STORAGE,
    modality: 'SR',
    seriesNumber: 9003,
    seriesDescription: 'AI glioma measurements, not reviewed, research use',
  })
  const content: DicomJson = {
    ...opening,
    ...dataset({
      CodingSchemeIdentificationSequence: [OWN_SCHEME_IDENTIFICATION],
      ReferencedPerformedProcedureStepSequence: [],
      CompletionFlag: 'COMPLETE',
      VerificationFlag: 'UNVERIFIED',
      PreliminaryFlag: 'PRELIMINARY',
      PerformedProcedureCodeSequence: [],
      CurrentRequestedProcedureEvidenceSequence: [used],
      ...(pertinent.length === 0 ? {} : { PertinentOtherEvidenceSequence: pertinent }),
      ...(predecessor === undefined
        ? {}
        : { PredecessorDocumentsSequence: [evidence(studyInstanceUid, [], [predecessor])] }),
    }),
    ...referencedRequest(source),
    ...rootContainer(IMAGING_MEASUREMENT_REPORT, contentOf(input, source), '1500'),
  }
  return { ...uids, bytes: writePart10({ dataset: content }) }
}

function contentOf(input: MeasurementReportInput, source: DicomJson): DicomJson[] {
  const { result, referenceSeries, otherSources } = input
  const groups = [
    ...result.measurements.map((measurement) => volumeGroup(input, measurement)),
    ...(result.diameters ?? []).flatMap((lesion, index) => diameterGroups(input, lesion, index)),
    ...comparisonGroups(result),
    ...result.predictions.map((prediction) => predictionGroup(result, prediction)),
  ]
  return [
    codeItem('HAS CONCEPT MOD', LANGUAGE, ENGLISH),
    ...deviceObserver(result),
    codeItem('HAS CONCEPT MOD', PROCEDURE_REPORTED, procedureOf(source)),
    imageLibrary([referenceSeries, ...otherSources], result.inputs),
    container(IMAGING_MEASUREMENTS, [...algorithm(result), ...groups]),
    container(QUALITATIVE_EVALUATIONS, [
      ...(result.noFinding ? [codeItem('CONTAINS', PRESENCE, ABSENT)] : []),
      ...remarkItems(result),
    ]),
  ]
}

/** The procedure that the images state, if its code is complete; otherwise what every study here is. */
function procedureOf(source: DicomJson): DicomJson {
  const whole = items(copied(source, ['ProcedureCodeSequence']), 'ProcedureCodeSequence').find((code) =>
    ['CodeValue', 'CodingSchemeDesignator', 'CodeMeaning'].every((keyword) => has(code, keyword)),
  )
  return whole ?? MULTIPARAMETRIC_MRI
}

/** Algorithm Identification (TID 4019). */
function algorithm({ bundle }: ReportableResult): DicomJson[] {
  const item = (name: DicomJson, value: string) => textItem('HAS CONCEPT MOD', name, value)
  return [
    item(ALGORITHM_NAME, clip(bundle.name, 64)),
    item(ALGORITHM_VERSION, clip(bundle.version, 64)),
    item(ALGORITHM_PARAMETERS, `bundle ${bundle.id}, sha256 ${bundle.digest}`),
  ]
}
