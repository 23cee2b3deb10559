// Before the images: a refusal stops, and an EHR that is down delays only where consent must be read.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { ClinicalRecord } from '../../src/domain/ports/clinical-record.ts'
import { readRecord } from '../../src/pipeline/read-record.ts'
import { PATIENT, sampleResult } from '../support/fhir-report.ts'

const study = sampleResult().study
const down = async (): Promise<never> => {
  throw new AppError('EHR_UNREACHABLE', 'down')
}

/** An EHR that knows everything of the patient, and what it was asked. */
function ehrOf(change: Partial<ClinicalRecord>) {
  const reads: string[] = []
  const given: Required<
    Omit<ClinicalRecord, 'postNotice' | 'postReview' | 'isUrgentOrder' | 'withdrawReport' | 'tissueAnswers'>
  > = {
    matchPatient: async () => 'Patient/1',
    postReport: down,
    checkConsent: async () => {},
    clinicalFacts: async (_patient, studyDate) => ({ karnofsky: studyDate === '20250131' ? 80 : 0 }),
    tissueResults: async () => [
      { head: 'mgmt', test: 'MGMT', value: '34 %', date: '2024-11-02', reference: 'Observation/9' },
    ],
    treatment: async () => ({ radiotherapy: [] }),
    boardRecord: async () => ({ question: { text: 'Progress?', reference: 'ServiceRequest/1' } }),
    ...change,
  }
  const ehr: ClinicalRecord = {
    ...given,
    matchPatient: (...args) => heard('matchPatient', () => given.matchPatient(...args)),
    checkConsent: (...args) => heard('checkConsent', () => given.checkConsent(...args)),
    clinicalFacts: (...args) => heard('clinicalFacts', () => given.clinicalFacts(...args)),
    tissueResults: (...args) => heard('tissueResults', () => given.tissueResults(...args)),
  }
  function heard<T>(what: string, read: () => T): T {
    reads.push(what)
    return read()
  }
  return { ehr, reads }
}

describe('readRecord', () => {
  it('reads all, and says that tissue comes first', async () => {
    const { ehr, reads } = ehrOf({})
    const record = await readRecord(ehr, study, PATIENT, { consentRequired: true })
    expect(record.facts).toEqual({ karnofsky: 80 })
    expect(record.tissueResults).toHaveLength(1)
    expect(record.boardRecord).toEqual({ question: { text: 'Progress?', reference: 'ServiceRequest/1' } })
    expect(record.quality).toEqual([
      {
        code: 'tissue-result',
        severity: 'warning',
        text: 'Tissue test on record: MGMT: 34 % (2024-11-02). It takes precedence over the prediction from the images.',
        said: { sentence: 'tissue-result', values: { test: 'MGMT', value: '34 %', date: '2024-11-02' } },
      },
    ])
    expect(reads).toEqual(['matchPatient', 'checkConsent', 'clinicalFacts', 'tissueResults'])
  })

  it('stops for a refusal, before anything else is read', async () => {
    const refused = async () => {
      throw new AppError('CONSENT_REFUSED', 'refused')
    }
    const { ehr, reads } = ehrOf({ checkConsent: refused })
    await expect(readRecord(ehr, study, PATIENT, { consentRequired: false })).rejects.toMatchObject({
      code: 'CONSENT_REFUSED',
    })
    expect(reads).toEqual(['matchPatient', 'checkConsent'])
  })

  it.each(['matchPatient', 'checkConsent'] as const)('%s is down: waits where consent is required', async (part) => {
    const { ehr } = ehrOf({ [part]: down })
    await expect(readRecord(ehr, study, PATIENT, { consentRequired: true })).rejects.toMatchObject({
      code: 'EHR_UNREACHABLE',
      class: 'transient',
    })
  })

  it('goes on with a note where consent is not required', async () => {
    const codes = async (change: Partial<ClinicalRecord>) =>
      (await readRecord(ehrOf(change).ehr, study, PATIENT, { consentRequired: false })).quality.map(({ code }) => code)
    expect(await codes({ matchPatient: down })).toEqual(['patient-match-delayed'])
    expect(await codes({ checkConsent: down, tissueResults: async () => [] })).toEqual(['consent-not-read'])
    expect(await codes({ clinicalFacts: down, tissueResults: down })).toEqual([
      'clinical-facts-missing',
      'tissue-results-missing',
    ])
    expect(await codes({ treatment: down, tissueResults: async () => [] })).toEqual(['treatment-missing'])
  })
})
