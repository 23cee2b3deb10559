// DocumentReference (FHIR R4) with the PDF: what servers that take nothing else still take.
import type { DocumentReference } from '@medplum/fhirtypes'
import { pdfAttachment } from './attachment.ts'
import { CLINICAL_NOTE, DIAGNOSTIC_IMAGING_STUDY } from './codes.ts'
import { dicomReference, metaOf, refer, type Wanted } from './context.ts'
import { keyValue } from './identifiers.ts'

const DICOM_ROLES = {
  segmentation: 'DICOM Segmentation',
  pdf: 'DICOM Encapsulated PDF',
  report: 'DICOM Structured Report',
} as const

export function documentReference(analysisSystem: string, analysisId: string): Wanted<DocumentReference> {
  const value = keyValue(analysisId, 'pdf')
  return {
    role: 'documentReference',
    key: { resourceType: 'DocumentReference', param: 'identifier', system: analysisSystem, value },
    build: (context) => ({
      resourceType: 'DocumentReference',
      meta: metaOf(),
      identifier: [{ system: analysisSystem, value }],
      status: 'current',
      docStatus: 'preliminary',
      type: { coding: [DIAGNOSTIC_IMAGING_STUDY] },
      category: [CLINICAL_NOTE],
      subject: refer(context, 'patient'),
      date: context.report.result.analysedAt,
      author: [refer(context, 'device')],
      description: 'MR brain: glioma analysis by software, preliminary, not reviewed',
      content: [{ attachment: pdfAttachment(context) }],
      context: {
        related: [
          refer(context, 'imagingStudy'),
          refer(context, 'diagnosticReport'),
          ...context.report.dicomResults.map(({ role, sopInstanceUid }) =>
            dicomReference<never>(sopInstanceUid, DICOM_ROLES[role]),
          ),
        ],
      },
    }),
  }
}
