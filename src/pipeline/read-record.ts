// Before any work on the images: who the patient is in the EHR, whether they have refused, and what is known of them.

import type { ConfirmedPatient } from '../domain/analysis.ts'
import { foreseen } from '../domain/errors.ts'
import type { ClinicalFacts, QualityNote, TissueResult } from '../domain/finding.ts'
import type { ClinicalRecord } from '../domain/ports/clinical-record.ts'
import type { PatientIdentity, StudyIdentity } from '../domain/study.ts'
import type { TreatmentHistory } from '../domain/treatment.ts'
import { tissueSentence } from '../wording/tissue.ts'

export interface PatientRecord {
  facts: ClinicalFacts | undefined
  tissueResults: TissueResult[]
  /** Absent if the site reads none of it. */
  treatment?: TreatmentHistory
  quality: QualityNote[]
}

/**
 * A patient who cannot be matched, or who has refused, is held before any work is done. An EHR that is down delays only its own
 * delivery, unless consent must be read first: then the analysis waits for it. Facts that could not be read are reported as
 * missing.
 */
export async function readRecord(
  ehr: ClinicalRecord,
  { studyDate }: Pick<StudyIdentity, 'studyDate'>,
  patient: PatientIdentity,
  { consentRequired, confirmed }: { consentRequired: boolean; confirmed?: ConfirmedPatient | undefined },
): Promise<PatientRecord> {
  const quality: QualityNote[] = []
  const matched = await ehr.matchPatient(patient, confirmed?.reference).catch((thrown: unknown) => {
    if (consentRequired || foreseen(thrown).class === 'hold') throw thrown
    quality.push(NOT_MATCHED)
    return undefined
  })
  if (confirmed) quality.push(confirmedNote(confirmed))
  if (matched === undefined) return { facts: undefined, tissueResults: [], quality }

  await ehr.checkConsent?.(matched).catch((thrown: unknown) => {
    if (consentRequired || foreseen(thrown).class === 'hold') throw thrown
    quality.push(CONSENT_NOT_READ)
  })
  const orNote = (missing: QualityNote) => (thrown: unknown) => {
    foreseen(thrown)
    quality.push(missing)
    return undefined
  }
  const facts = await ehr.clinicalFacts?.(matched, studyDate).catch(orNote(FACTS_MISSING))
  const tissueResults = (await ehr.tissueResults?.(matched).catch(orNote(TISSUE_MISSING))) ?? []
  quality.push(...tissueResults.map(tissueNote))
  const treatment = await ehr.treatment?.(matched).catch(orNote(TREATMENT_MISSING))
  return { facts, tissueResults, ...(treatment && Object.keys(treatment).length > 0 && { treatment }), quality }
}

const NOT_MATCHED: QualityNote = {
  code: 'patient-match-delayed',
  severity: 'info',
  text: 'The EHR did not answer before the analysis; the patient is matched before the report is posted.',
}
const CONSENT_NOT_READ: QualityNote = {
  code: 'consent-not-read',
  severity: 'warning',
  text: "The patient's consent could not be read from the EHR before the analysis; it is read before the report is posted.",
}
const FACTS_MISSING: QualityNote = {
  code: 'clinical-facts-missing',
  severity: 'info',
  text: 'Treatment and performance status could not be read from the EHR; the predictions were made without them.',
}
const TREATMENT_MISSING: QualityNote = {
  code: 'treatment-missing',
  severity: 'info',
  text: 'Radiotherapy, bevacizumab and steroids could not be read from the EHR; the worksheet of the follow-up leaves open what rests on them.',
}
const TISSUE_MISSING: QualityNote = {
  code: 'tissue-results-missing',
  severity: 'warning',
  text: 'Results of tissue tests could not be read from the EHR; there may be some, and they would take precedence.',
}

function confirmedNote({ by, at, reference }: ConfirmedPatient): QualityNote {
  const text = `The patient of the EHR (${reference}) was confirmed by ${by} on ${at.slice(0, 10)}; identifier, birth date, sex or name do not all agree.`
  return { code: 'patient-confirmed', severity: 'warning', text }
}

function tissueNote(result: TissueResult): QualityNote {
  const text = `Tissue test on record: ${tissueSentence(result)}. It takes precedence over the prediction from the images.`
  return { code: 'tissue-result', severity: 'warning', text }
}
