// Media (FHIR R4): a key picture with its outlines, for DiagnosticReport.media.
import type { Media } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import type { EhrKeyImage } from '../../domain/ports/clinical-record.ts'
import { base64, sha1Base64 } from './attachment.ts'
import { IMAGE } from './codes.ts'
import { metaOf, type ResourceSpec, refer } from './context.ts'
import { keyValue } from './identifiers.ts'
import { narrative } from './narrative.ts'

export function keyImageMedia(
  analysisSystem: string,
  analysisId: string,
  { sequence, alternative, png }: EhrKeyImage,
): ResourceSpec<Media> {
  const value = keyValue(analysisId, 'picture', sequence)
  return {
    role: `media.${sequence}`,
    key: { resourceType: 'Media', param: 'identifier', system: analysisSystem, value },
    build: (context) => {
      const { study, analysedAt } = context.report.result
      const studyDay = calendarDate(study.studyDate)
      return {
        resourceType: 'Media',
        meta: metaOf(),
        text: narrative([alternative]),
        identifier: [{ system: analysisSystem, value }],
        partOf: [refer(context, 'imagingStudy')],
        status: 'completed',
        type: { coding: [IMAGE] },
        subject: refer(context, 'patient'),
        ...(studyDay && { createdDateTime: studyDay }),
        issued: context.writtenAt,
        device: refer(context, 'device'),
        content: {
          contentType: 'image/png',
          data: base64(png),
          size: png.byteLength,
          hash: sha1Base64(png),
          title: alternative,
          creation: analysedAt,
        },
      }
    },
  }
}
