// A person names the patient in the EHR whose images these are: checked, recorded in history and audit, and used from then on.
import { type AnalysisRecord, type ConfirmedPatient, isAboutPatient } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { PatientIdentity } from '../domain/study.ts'
import { releaseHold } from './resolve.ts'

export interface ConfirmPorts {
  analyses: AnalysisStore
  ehr: ClinicalRecords
  audit: AuditTrail
  clock: Clock
}

/**
 * Releases a hold on the patient match. `patient` is the id in the EHR, with or without "Patient/". Throws STATE_CONFLICT if
 * the analysis is waiting for something else, PATIENT_NOT_FOUND if the EHR has no such active patient, EHR_* if it does not
 * answer.
 */
export async function confirmPatient(
  { analyses, ehr, audit, clock }: ConfirmPorts,
  analysisId: string,
  { patient, by }: { patient: string; by: string },
): Promise<AnalysisRecord> {
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  const identity = record.summary?.patient
  if (record.state !== 'held' || !record.hold || !isAboutPatient(record.hold.code) || !identity)
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} does not wait for a patient to be confirmed`)
  const requested = patient.startsWith('Patient/') ? patient : `Patient/${patient}`
  const { studyInstanceUid } = record
  const user = { identifier: by, name: by }
  const reference = await ehr.forStudy({ studyInstanceUid, user }).matchPatient(identity, requested)
  const confirmed: ConfirmedPatient = { reference, by, at: clock.now().toISOString(), of: identity }
  let outcome: 'success' | 'failure' = 'failure'
  try {
    await analyses.confirmPatient(analysisId, confirmed)
    outcome = 'success'
  } finally {
    const what = `${reference} confirmed as the patient by ${by}`
    await audit.record({ action: 'write', target: 'ehr', studyInstanceUid, what, outcome, user })
  }
  return releaseHold(analyses, analysisId)
}

/** The patient whom a person confirmed for these images, if the images still state the same identity. */
export function confirmedOf(
  { confirmedPatient: confirmed }: Pick<AnalysisRecord, 'confirmedPatient'>,
  identity: PatientIdentity,
): ConfirmedPatient | undefined {
  if (!confirmed) return undefined
  const keys = Object.keys(identity) as (keyof PatientIdentity)[]
  return keys.every((key) => confirmed.of[key] === identity[key]) ? confirmed : undefined
}
