// Notices as Communication in the EHR (FHIR R4): about the patient if they report a result, otherwise about nobody.
import { AppError } from '../domain/errors.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { NoticeChannel } from '../domain/ports/notices.ts'
import { isUrgent } from '../wording/notices.ts'
import { type ContentOptions, communicationOf } from './content.ts'

export function createEhrChannel(
  ehr: ClinicalRecords,
  recipient: string | undefined,
  options: ContentOptions,
): NoticeChannel {
  return {
    destination: 'ehr',
    async send(notice, records) {
      const urgent = isUrgent(notice.items)
      const [first] = notice.items
      const receipt = records.get(first?.analysisId ?? '')?.legs.find(({ leg }) => leg === 'ehr')?.receipt
      const record = ehr.forStudy({ studyInstanceUid: urgent ? (first?.studyInstanceUid ?? '') : '' })
      if (!record.postNotice) throw new AppError('INTERNAL', 'this EHR adapter takes no notices')
      return record.postNotice({
        noticeId: notice.noticeId,
        createdAt: notice.createdAt,
        urgent,
        sentences: communicationOf(notice, records, options),
        ...(recipient !== undefined && { recipient }),
        ...(urgent && receipt?.patient !== undefined && { patient: receipt.patient }),
        ...(urgent && receipt?.diagnosticReport !== undefined && { report: receipt.diagnosticReport }),
      })
    },
  }
}
