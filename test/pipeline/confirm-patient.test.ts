// A person names the patient: only where the match waits for it, checked in the EHR, recorded, and void once the images say someone else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../src/domain/errors.ts'
import type { ClinicalRecord, RecordScope } from '../../src/domain/ports/clinical-record.ts'
import { type ConfirmPorts, confirmedOf, confirmPatient } from '../../src/pipeline/confirm-patient.ts'
import { readRecord } from '../../src/pipeline/read-record.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { openDatabase } from '../support/database.ts'
import { PATIENT, sampleResult } from '../support/fhir-report.ts'
import { createManualClock } from '../support/manual-clock.ts'

let db: Database
let analyses: AnalysisRecords
const clock = createManualClock('2026-03-01T03:00:00.000Z')
const audited: string[] = []
const scopes: RecordScope[] = []
const ehr: ClinicalRecord = {
  matchPatient: async (_patient, confirmed) => {
    if (confirmed === undefined) throw new AppError('PATIENT_MISMATCH', 'another birth date')
    if (confirmed !== 'Patient/p7') throw new AppError('PATIENT_NOT_FOUND', 'nobody')
    return confirmed
  },
  postReport: async () => ({}),
}
const ports = (): ConfirmPorts => ({
  analyses,
  ehr: recordsOf(ehr, (scope) => scopes.push(scope)),
  clock,
  audit: { record: async ({ action, what, outcome }) => void audited.push(`${action} ${what}: ${outcome}`) },
})

beforeAll(async () => {
  db = await openDatabase()
  analyses = createAnalysisStore(db, clock)
})
afterAll(() => db?.close())

async function held(analysisId: string, code: ErrorCode) {
  const digest = analysisId.padEnd(64, '0')
  const names = { bundleId: 'b', bundleDigest: digest, instanceSetDigest: digest }
  await analyses.register({ analysisId, studyInstanceUid: '1.2.3', ...names })
  await analyses.move(analysisId, 'running')
  await analyses.describe(analysisId, { patient: PATIENT })
  await analyses.move(analysisId, 'held', { hold: { code, message: 'held' } })
}

describe('confirmPatient', () => {
  it('releases the hold with the patient that a person named, on record', async () => {
    await held('a1', 'PATIENT_MISMATCH')
    const record = await confirmPatient(ports(), 'a1', { patient: 'p7', by: 'Dr. Grey' })
    expect(record.state).toBe('queued')
    expect(confirmedOf(record, PATIENT)).toEqual({
      reference: 'Patient/p7',
      by: 'Dr. Grey',
      at: '2026-03-01T03:00:00.000Z',
      of: PATIENT,
    })
    const user = { identifier: 'Dr. Grey', name: 'Dr. Grey' }
    expect(scopes.splice(0)).toEqual([{ studyInstanceUid: '1.2.3', user }])
    expect(audited.splice(0)).toEqual(['write Patient/p7 confirmed as the patient by Dr. Grey: success'])
    const events = await analyses.events('a1')
    expect(events.find(({ kind }) => kind === 'person')).toMatchObject({
      text: 'Dr. Grey confirmed the patient of the EHR: Patient/p7',
      data: { reference: 'Patient/p7', by: 'Dr. Grey' },
    })

    // Whatever the analysis writes into its summary, the confirmation stays.
    await analyses.move('a1', 'running')
    await analyses.saveResult('a1', { patient: PATIENT }, [])
    expect((await analyses.get('a1'))?.confirmedPatient).toEqual(record.confirmedPatient)

    const read = await readRecord(ehr, sampleResult().study, PATIENT, {
      consentRequired: false,
      confirmed: confirmedOf(record, PATIENT),
    })
    expect(read.quality).toMatchObject([{ code: 'patient-confirmed', severity: 'warning' }])
    expect(read.quality[0]?.text).toContain('Dr. Grey on 2026-03-01')
    await expect(readRecord(ehr, sampleResult().study, PATIENT, { consentRequired: false })).rejects.toMatchObject({
      code: 'PATIENT_MISMATCH',
    })
  })

  it('is void once the images name somebody else', async () => {
    await held('a2', 'PATIENT_AMBIGUOUS')
    const record = await confirmPatient(ports(), 'a2', { patient: 'Patient/p7', by: 'x' })
    expect(confirmedOf(record, { ...PATIENT, patientBirthDate: '19610308' })).toBeUndefined()
    expect(confirmedOf({}, PATIENT)).toBeUndefined()
    audited.length = 0
    scopes.length = 0
  })

  it('stays held for a patient who is not there, whose search is in the audit under the study and the person', async () => {
    await held('a3', 'PATIENT_NOT_FOUND')
    await expect(confirmPatient(ports(), 'a3', { patient: 'p8', by: 'x' })).rejects.toMatchObject({
      code: 'PATIENT_NOT_FOUND',
    })
    expect([scopes.splice(0), audited]).toEqual([
      [{ studyInstanceUid: '1.2.3', user: { identifier: 'x', name: 'x' } }],
      [],
    ])
    const record = await analyses.get('a3')
    expect(record?.state).toBe('held')
    expect(record).not.toHaveProperty('confirmedPatient')
  })

  it.each(['CONSENT_REFUSED', 'SERIES_MISSING', 'PATIENT_MIXED'] as const)('refuses %s', async (code) => {
    await held(`a-${code}`, code)
    await expect(confirmPatient(ports(), `a-${code}`, { patient: 'p7', by: 'x' })).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
    })
    expect([scopes, audited]).toEqual([[], []])
  })
})
