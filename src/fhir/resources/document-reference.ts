// DocumentReference (FHIR R4) with the PDF: accepted even by servers that accept nothing else.

import type { DocumentReference } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import { documentTitle, pdfAttachment } from './attachment.ts'
import { CLINICAL_NOTE, DIAGNOSTIC_IMAGING_STUDY, MIME_TYPE_SUFFICIENT } from './codes.ts'
import { dicomReference, metaOf, type ResourceSpec, refer } from './context.ts'
import { keyValue } from './identifiers.ts'
import { valueNarrative } from './report-narrative.ts'

const DICOM_ROLES = {
  segmentation: 'DICOM Segmentation',
  pdf: 'DICOM Encapsulated PDF',
  report: 'DICOM Structured Report',
} as const
export const DESCRIPTION = 'MR brain: glioma analysis by software'

/** When the documented event took place: the day of the study. */
function studyPeriod(studyDate: string) {
  const date = calendarDate(studyDate)
  return date ? { period: { start: date, end: date } } : {}
}

export function documentReference(analysisSystem: string, analysisId: string): ResourceSpec<DocumentReference> {
  const value = keyValue(analysisId, 'pdf')
  return {
    role: 'documentReference',
    key: {
      resourceType: 'DocumentReference',
      param: 'identifier',
      system: analysisSystem,
      value,
      title: documentTitle(analysisId),
    },
    build: (context) => ({
      resourceType: 'DocumentReference',
      meta: metaOf(),
      text: valueNarrative(
        [`${DESCRIPTION}.`, 'The document is the report on one page, with outlines and predictions.'],
        context.review,
      ),
      identifier: [{ system: analysisSystem, value }],
      status: 'current',
      docStatus: 'preliminary',
      type: { coding: [DIAGNOSTIC_IMAGING_STUDY] },
      category: [CLINICAL_NOTE],
      subject: refer(context, 'patient'),
      date: context.report.result.analysedAt,
      author: [refer(context, 'device')],
      description: `${DESCRIPTION}, preliminary, not reviewed`,
      content: [{ attachment: pdfAttachment(context), format: MIME_TYPE_SUFFICIENT }],
      context: {
        ...(context.encounter && { encounter: [{ reference: context.encounter }] }),
        ...studyPeriod(context.report.result.study.studyDate),
        related: [
          refer(context, 'imagingStudy'),
          ...(context.mentioned('diagnosticReport') ? [] : [refer<never>(context, 'diagnosticReport')]),
          ...context.report.dicomResults.map(({ role, sopInstanceUid }) =>
            dicomReference<never>(sopInstanceUid, DICOM_ROLES[role]),
          ),
        ],
      },
    }),
  }
}
