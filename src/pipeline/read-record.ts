// Before any work on the images: who the patient is in the EHR, whether they have refused, and what is known of them.

import type { ConfirmedPatient } from '../domain/analysis.ts'
import type { BoardRecord } from '../domain/board-record.ts'
import { foreseen } from '../domain/errors.ts'
import type { ClinicalFacts, QualityNote, TissueResult } from '../domain/finding.ts'
import type { ClinicalRecord } from '../domain/ports/clinical-record.ts'
import type { PatientIdentity, StudyIdentity } from '../domain/study.ts'
import type { TreatmentHistory } from '../domain/treatment.ts'
import { remark } from '../wording/remarks.ts'

export interface PatientRecord {
  facts: ClinicalFacts | undefined
  tissueResults: TissueResult[]
  /** Absent if the site reads none of it. */
  treatment?: TreatmentHistory
  /** Absent if the site reads none of it, or if the record says nothing. */
  boardRecord?: BoardRecord
  quality: QualityNote[]
}

/**
 * A patient who cannot be matched, or who has refused, is held before any work is done. An EHR that is down delays only its own
 * delivery, unless consent must be read first: then the analysis waits for it. Facts that could not be read are reported as
 * missing.
 */
export async function readRecord(
  ehr: ClinicalRecord,
  study: Pick<StudyIdentity, 'studyDate' | 'accessionNumber'>,
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
  const facts = await ehr.clinicalFacts?.(matched, study.studyDate).catch(orNote(FACTS_MISSING))
  const tissueResults = (await ehr.tissueResults?.(matched).catch(orNote(TISSUE_MISSING))) ?? []
  quality.push(...tissueResults.map(tissueNote))
  const treatment = await ehr.treatment?.(matched).catch(orNote(TREATMENT_MISSING))
  const boardRecord = await ehr.boardRecord?.(matched, study).catch(orNote(BOARD_MISSING))
  return {
    facts,
    tissueResults,
    ...(treatment && Object.keys(treatment).length > 0 && { treatment }),
    ...(boardRecord && Object.keys(boardRecord).length > 0 && { boardRecord }),
    quality,
  }
}

const NOT_MATCHED: QualityNote = {
  code: 'patient-match-delayed',
  severity: 'info',
  ...remark('patient-match-delayed'),
}
const CONSENT_NOT_READ: QualityNote = {
  code: 'consent-not-read',
  severity: 'warning',
  ...remark('consent-not-read'),
}
const FACTS_MISSING: QualityNote = {
  code: 'clinical-facts-missing',
  severity: 'info',
  ...remark('clinical-facts-missing'),
}
const TREATMENT_MISSING: QualityNote = {
  code: 'treatment-missing',
  severity: 'info',
  ...remark('treatment-missing'),
}
const BOARD_MISSING: QualityNote = {
  code: 'board-record-missing',
  severity: 'info',
  ...remark('board-record-missing'),
}
const TISSUE_MISSING: QualityNote = {
  code: 'tissue-results-missing',
  severity: 'warning',
  ...remark('tissue-results-missing'),
}

function confirmedNote({ by, at, reference }: ConfirmedPatient): QualityNote {
  const said = remark('patient-confirmed', { reference, by, on: at.slice(0, 10) })
  return { code: 'patient-confirmed', severity: 'warning', ...said }
}

function tissueNote({ test, value, date = '' }: TissueResult): QualityNote {
  return { code: 'tissue-result', severity: 'warning', ...remark('tissue-result', { test, value, date }) }
}
