// How urgent the analysis of a study is: by its headers and date when it is registered, and by its order in the EHR.
import { text } from '../dicom/dataset.ts'
import { asAppError } from '../domain/errors.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Priority } from '../domain/priority.ts'
import type { Study } from '../domain/study.ts'

/** By Requested Procedure Priority (0040,1003), if the scanner wrote it into the images, and by whether the study is an older one. */
export function priorityOf(study: Study, freshSince: string | undefined): Priority {
  const { metadata } = study.series[0]?.instances[0] ?? { metadata: {} }
  const date = text(metadata, 'StudyDate')
  if (freshSince !== undefined && /^\d{8}$/.test(date) && date < freshSince) return 'backfill'
  return /^(STAT|HIGH)$/i.test(text(metadata, 'RequestedProcedurePriority').trim()) ? 'first' : 'fresh'
}

export interface OrderPorts {
  ehr: Pick<ClinicalRecords, 'forStudy'>
  log: Log
}

/** Whether the order with the images' accession number is urgent; false if that is not known, for whatever reason. */
export async function hasUrgentOrder({ ehr, log }: OrderPorts, study: Study): Promise<boolean> {
  const { studyInstanceUid } = study
  const accessionNumber = text(study.series[0]?.instances[0]?.metadata ?? {}, 'AccessionNumber').trim()
  if (accessionNumber === '') return false
  try {
    return (await ehr.forStudy({ studyInstanceUid }).isUrgentOrder?.(accessionNumber)) ?? false
  } catch (thrown) {
    log.warn({ studyInstanceUid, code: asAppError(thrown).code }, 'the priority of the order could not be read')
    return false
  }
}
