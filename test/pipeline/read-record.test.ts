// Before the images: a refusal stops, an EHR that is down delays only where consent must be read, and every read is audited.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditTrail } from '../../src/domain/ports/audit-trail.ts'
import type { ClinicalRecord } from '../../src/domain/ports/clinical-record.ts'
import { readRecord } from '../../src/pipeline/read-record.ts'
import { PATIENT, sampleResult } from '../support/fhir-report.ts'

const study = sampleResult().study
const down = async (): Promise<never> => {
  throw new AppError('EHR_UNREACHABLE', 'down')
}

function portsOf(change: Partial<ClinicalRecord>) {
  const entries: string[] = []
  const audit: AuditTrail = {
    record: async ({ action, target, what, outcome }) => {
      entries.push(`${action} ${target} ${what}: ${outcome}`)
    },
  }
  const ehr: ClinicalRecord = {
    matchPatient: async () => 'Patient/1',
    postReport: down,
    checkConsent: async () => {},
    clinicalFacts: async (_patient, studyDate) => ({ karnofsky: studyDate === '20250131' ? 80 : 0 }),
    tissueResults: async () => [
      { head: 'mgmt', test: 'MGMT', value: '34 %', date: '2024-11-02', reference: 'Observation/9' },
    ],
    ...change,
  }
  return { ports: { ehr, audit }, entries }
}

describe('readRecord', () => {
  it('reads all, audits each, and says that tissue comes first', async () => {
    const { ports, entries } = portsOf({})
    const record = await readRecord(ports, study, PATIENT, { consentRequired: true })
    expect(record.facts).toEqual({ karnofsky: 80 })
    expect(record.tissueResults).toHaveLength(1)
    expect(record.quality).toEqual([
      {
        code: 'tissue-result',
        severity: 'warning',
        text: 'Tissue test on record: MGMT: 34 % (2024-11-02). It takes precedence over the prediction from the images.',
      },
    ])
    expect(entries).toEqual([
      'read ehr Patient: success',
      'read ehr Consent: success',
      'read ehr Observation, Procedure: success',
      'read ehr Observation of tissue: success',
    ])
  })

  it('stops for a refusal, before anything else is read', async () => {
    const refused = async () => {
      throw new AppError('CONSENT_REFUSED', 'refused')
    }
    const { ports, entries } = portsOf({ checkConsent: refused })
    await expect(readRecord(ports, study, PATIENT, { consentRequired: false })).rejects.toMatchObject({
      code: 'CONSENT_REFUSED',
    })
    expect(entries).toEqual(['read ehr Patient: success', 'read ehr Consent: failure'])
  })

  it.each(['matchPatient', 'checkConsent'] as const)('%s is down: waits where consent is required', async (part) => {
    const { ports } = portsOf({ [part]: down })
    await expect(readRecord(ports, study, PATIENT, { consentRequired: true })).rejects.toMatchObject({
      code: 'EHR_UNREACHABLE',
      class: 'transient',
    })
  })

  it('goes on with a note where consent is not required', async () => {
    const codes = async (change: Partial<ClinicalRecord>) =>
      (await readRecord(portsOf(change).ports, study, PATIENT, { consentRequired: false })).quality.map(
        ({ code }) => code,
      )
    expect(await codes({ matchPatient: down })).toEqual(['patient-match-delayed'])
    expect(await codes({ checkConsent: down, tissueResults: async () => [] })).toEqual(['consent-not-read'])
    expect(await codes({ clinicalFacts: down, tissueResults: down })).toEqual([
      'clinical-facts-missing',
      'tissue-results-missing',
    ])
  })
})
