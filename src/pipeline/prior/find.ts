// The earlier study that a new one is compared with: the patient's latest one that we analysed and delivered, and that still stands.

import type { AnalysisRecord } from '../../domain/analysis.ts'
import { dayOf } from '../../domain/dicom-date.ts'
import { DAY_MS } from '../../domain/durations.ts'
import type { AnalysisStore, PriorAnalyses } from '../../domain/ports/analysis-store.ts'
import type { PatientIdentity, StudyIdentity, Uid } from '../../domain/study.ts'

export interface PriorSettings {
  /** Whether to compare with an earlier study at all. */
  enabled: boolean
  /** Studies older than this are ignored. */
  maxAgeDays: number
}

export interface PriorQuery {
  studyInstanceUid: Uid
  patient: PatientIdentity
  study: StudyIdentity
  /** Digests of the bundle that analyses the present study. */
  bundleDigest: string
  modelDigest: string
}

export type DatedStudy = Pick<StudyIdentity, 'studyInstanceUid' | 'studyDate' | 'studyTime'>

export interface FoundPrior {
  record: AnalysisRecord
  study: DatedStudy
  days: number
}

/** Either, both or neither: a study closer in time may have been passed over for a reason. */
export interface PriorSearch<T = FoundPrior> {
  prior?: T
  /** The most recent study that was passed over, and why. */
  passedOver?: { study: DatedStudy; reason: string }
}

/**
 * Searches the delivered analyses of exactly this identifier and issuer; the name plays no part. Studies are tried newest
 * first, each by its last analysis only, so that an analysis that was superseded, is on hold or is unfinished does not
 * represent its study.
 */
export async function findPrior(
  analyses: PriorAnalyses & Pick<AnalysisStore, 'byStudy'>,
  query: PriorQuery,
  { maxAgeDays }: Pick<PriorSettings, 'maxAgeDays'>,
): Promise<PriorSearch> {
  const delivered = await analyses.byPatient(query.patient)
  const candidates = delivered
    .flatMap((record) => asCandidate(record, query))
    .sort((a, b) => momentOf(b.study).localeCompare(momentOf(a.study)) || b.record.sequence - a.record.sequence)
  let passedOver: PriorSearch['passedOver']
  const seen = new Set<Uid>()
  for (const candidate of candidates) {
    const { studyInstanceUid } = candidate.record
    if (seen.has(studyInstanceUid)) continue
    seen.add(studyInstanceUid)
    const reason = whyNot(candidate, query, maxAgeDays, await analyses.byStudy(studyInstanceUid))
    if (reason === undefined) return { prior: candidate, ...(passedOver && { passedOver }) }
    passedOver ??= { study: candidate.study, reason }
  }
  return passedOver ? { passedOver } : {}
}

/** An analysis of another study that is dated before the present one. */
function asCandidate(record: AnalysisRecord, { studyInstanceUid, study: present }: PriorQuery): FoundPrior[] {
  const study = record.summary?.study
  if (!study || record.studyInstanceUid === studyInstanceUid) return []
  const days = daysBefore(study, present)
  return days === undefined ? [] : [{ record, study, days }]
}

/** Whole days from the study to the present one; undefined unless both are dated and it is earlier. */
export function daysBefore(study: DatedStudy, present: DatedStudy): number | undefined {
  const [then, now] = [dayOf(study.studyDate), dayOf(present.studyDate)]
  if (then === undefined || now === undefined || momentOf(study) >= momentOf(present)) return undefined
  return Math.round((now - then) / DAY_MS)
}

function whyNot(
  { record, days }: FoundPrior,
  { patient, ...model }: PriorQuery,
  maxAgeDays: number,
  ofStudy: readonly AnalysisRecord[],
): string | undefined {
  const later = ofStudy.find((one) => one.state !== 'superseded' && one.sequence > record.sequence)
  if (later) return `its last analysis is not delivered (${later.state})`
  if (record.review?.decision === 'reject') return 'a reviewer rejected its analysis'
  if (days > maxAgeDays) return `it is ${days} days older, more than ${maxAgeDays}`
  if (!isSameModel(record, model)) return `it was analysed by another model bundle (${record.bundleId})`
  const stated = record.summary?.patient
  return stated && contradicts(stated, patient) ? CONTRADICTION : undefined
}

/** Compares by what computes; records from before that digest was stored are identified only by the whole manifest. */
function isSameModel(
  { modelDigest, bundleDigest }: Pick<AnalysisRecord, 'modelDigest' | 'bundleDigest'>,
  present: Pick<PriorQuery, 'modelDigest' | 'bundleDigest'>,
): boolean {
  return modelDigest === undefined ? bundleDigest === present.bundleDigest : modelDigest === present.modelDigest
}

export const CONTRADICTION = 'it states another birth date or sex under the same patient identifier'

/** Whether both state a birth date or a sex, and they differ. */
export function contradicts(a: PatientIdentity, b: PatientIdentity): boolean {
  return (['patientBirthDate', 'patientSex'] as const).some(
    (key) => a[key] !== '' && b[key] !== '' && a[key] !== b[key],
  )
}

/** Sort key by time; a study without a time does not sort before others of the same day. */
export function momentOf({ studyDate, studyTime }: DatedStudy): string {
  return `${studyDate}${studyTime.replace(/\..*$/, '') || '999999'}`
}
