// What the short analysis of the campaign on real parts stores: whole DICOM objects, small, whose bytes and UIDs are functions of the analysis.
import { instanceUid } from '../../../src/dicom/result-object.ts'
import type { AnalysisRecord } from '../../../src/domain/analysis.ts'
import { RESULT_VERSION } from '../../../src/domain/finding.ts'
import type { Artifact } from '../../../src/domain/ports/analysis-store.ts'
import { sampleResult } from '../../support/fhir-report.ts'
import { buildInstance, SEG } from '../../support/instances.ts'

export const ROLES = ['segmentation', 'report', 'encapsulated-pdf'] as const

export function resultsOf({
  analysisId,
  studyInstanceUid,
}: Pick<AnalysisRecord, 'analysisId' | 'studyInstanceUid'>): Artifact[] {
  const { study, ...sample } = sampleResult({ analysisId })
  const result = {
    ...sample,
    study: { ...study, studyInstanceUid, accessionNumber: '' },
    schemaVersion: RESULT_VERSION,
  }
  return [
    { role: 'result', mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(result)) },
    { role: 'pdf', mediaType: 'application/pdf', bytes: Buffer.from('%PDF-1.4 short') },
    ...ROLES.map((role): Artifact => {
      const instance = instanceUid(analysisId, role)
      const series = `${studyInstanceUid}.9`
      const { bytes } = buildInstance({ study: studyInstanceUid, series, instance, sopClass: SEG, modality: 'SEG' })
      return {
        role,
        mediaType: 'application/dicom',
        bytes,
        sopInstanceUid: instance,
        seriesInstanceUid: series,
        sopClassUid: SEG,
      }
    }),
  ]
}
