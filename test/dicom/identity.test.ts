// Whose study it is: agreement over all instances, refusals without a single value of a patient in them.
import { describe, expect, it } from 'vitest'
import { dataset, type Entry } from '../../src/dicom/dataset.ts'
import { patientIdentity, studyIdentity } from '../../src/dicom/identity.ts'
import type { AppError } from '../../src/domain/errors.ts'
import type { Study } from '../../src/domain/study.ts'
import { refusalOf } from '../support/failure-of.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.5'
const BASE: Record<string, Entry> = {
  PatientID: ' HOSP-4711 ',
  IssuerOfPatientID: 'CLINIC',
  PatientName: 'Łukasz^Żółć=山田^太郎',
  PatientBirthDate: '19610412',
  PatientSex: 'M',
  StudyInstanceUID: STUDY,
  StudyID: '7',
  StudyDate: '20250102',
  StudyTime: '101112',
  AccessionNumber: 'ACC-1',
  StudyDescription: 'MRI head',
  ReferringPhysicianName: 'Ref^Err',
  IssuerOfAccessionNumberSequence: [dataset({ LocalNamespaceEntityID: 'RIS' })],
}

/** One instance per change, two series. */
function studyOf(...changes: Record<string, Entry>[]): Study {
  const instances = changes.map((change, at) => ({
    sopInstanceUid: `${STUDY}.${at + 1}`,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.4',
    metadata: dataset({ ...BASE, ...change }),
  }))
  const series = (part: typeof instances, at: number) => ({
    seriesInstanceUid: `${STUDY}.9.${at}`,
    modality: 'MR',
    instances: part,
  })
  return { studyInstanceUid: STUDY, series: [series(instances.slice(0, 1), 1), series(instances.slice(1), 2)] }
}

function refusal(action: () => unknown): AppError {
  const error = refusalOf(action)
  for (const secret of ['4711', 'Łukasz', 'Żółć', '1961', 'Other']) expect(error.message).not.toContain(secret)
  return error
}

describe('the patient of a study', () => {
  it('is what all instances state, text as stored', () => {
    expect(patientIdentity(studyOf({}, {}, {}))).toEqual({
      patientId: 'HOSP-4711',
      issuerOfPatientId: 'CLINIC',
      patientName: 'Łukasz^Żółć=山田^太郎',
      patientBirthDate: '19610412',
      patientSex: 'M',
    })
  })

  it('is not invented where it is empty, and empty values contradict nothing', () => {
    const bare = { PatientName: '', PatientBirthDate: undefined, PatientSex: '', IssuerOfPatientID: undefined }
    expect(patientIdentity(studyOf(bare, bare))).toEqual({
      patientId: 'HOSP-4711',
      issuerOfPatientId: '',
      patientName: '',
      patientBirthDate: '',
      patientSex: '',
    })
    expect(patientIdentity(studyOf(bare, {})).patientName).toBe('Łukasz^Żółć=山田^太郎')
  })

  it('may be written in other case or with empty components at the end', () => {
    expect(patientIdentity(studyOf({}, { PatientName: 'ŁUKASZ^ŻÓŁĆ^^=山田^太郎' })).patientName).toBe(
      'Łukasz^Żółć=山田^太郎',
    )
  })

  it.each([
    ['PatientID', { PatientID: 'Other' }],
    ['PatientID', { PatientID: 'hosp-4711' }],
    ['IssuerOfPatientID', { IssuerOfPatientID: 'Other' }],
    ['PatientName', { PatientName: 'Łukasz^Other=山田^太郎' }],
    ['PatientName', { PatientName: 'Łukasz^Żółć=山田^花子' }],
    ['PatientBirthDate', { PatientBirthDate: '19610413' }],
    ['PatientSex', { PatientSex: 'F' }],
  ])('is refused when %s differs in one instance of many', (keyword, change) => {
    const failure = refusal(() => patientIdentity(studyOf({}, {}, change)))
    expect(failure.code).toBe('PATIENT_MIXED')
    expect(failure.message).toBe(`study ${STUDY}: ${keyword} differs between instances ${STUDY}.1 and ${STUDY}.3`)
  })

  it('is refused when a Patient ID is empty or absent anywhere', () => {
    for (const PatientID of ['', undefined]) {
      const failure = refusal(() => patientIdentity(studyOf({}, { PatientID }, { PatientID })))
      expect(failure.code).toBe('PATIENT_ID_MISSING')
      expect(failure.message).toBe(`study ${STUDY}: PatientID is empty in 2 of 3 instances, the first is ${STUDY}.2`)
    }
  })

  it('is refused when the name lost its character set', () => {
    const failure = refusal(() => patientIdentity(studyOf({ PatientName: '\ufffdukasz^X' })))
    expect(failure.code).toBe('INSTANCE_INVALID')
    expect(failure.message).toContain('PatientName could not be decoded; its SpecificCharacterSet is wrong or missing')
  })
})

describe('the study itself', () => {
  it('is what its instances state', () => {
    expect(studyIdentity(studyOf({}, {}))).toEqual({
      studyInstanceUid: STUDY,
      studyId: '7',
      accessionNumber: 'ACC-1',
      issuerOfAccessionNumber: 'RIS',
      studyDate: '20250102',
      studyTime: '101112',
      studyDescription: 'MRI head',
      referringPhysicianName: 'Ref^Err',
    })
  })

  it('has no accession number when its instances name two', () => {
    const { accessionNumber, issuerOfAccessionNumber } = studyIdentity(studyOf({}, { AccessionNumber: 'ACC-2' }))
    expect([accessionNumber, issuerOfAccessionNumber]).toEqual(['', ''])
  })

  it('takes a universal issuer where there is no local one, and leaves empty what is empty', () => {
    const IssuerOfAccessionNumberSequence = [dataset({ UniversalEntityID: '1.2.3', UniversalEntityIDType: 'ISO' })]
    const found = studyIdentity(
      studyOf({ IssuerOfAccessionNumberSequence, StudyDescription: '', StudyTime: undefined }),
    )
    expect([found.issuerOfAccessionNumber, found.studyDescription, found.studyTime]).toEqual(['1.2.3', '', ''])
  })

  it('refuses an instance of another study, and a study without instances', () => {
    expect(refusal(() => studyIdentity(studyOf({}, { StudyInstanceUID: '1.2.3' }))).code).toBe('INSTANCE_INVALID')
    expect(refusal(() => patientIdentity({ studyInstanceUid: STUDY, series: [] })).code).toBe('NOT_FOUND')
  })
})
