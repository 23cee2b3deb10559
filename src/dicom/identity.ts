// Whose study it is: the identity stated by its instances (PS3.3 C.7.1.1, C.7.2.1), checked over all of them, never taken from QIDO-RS.

import { AppError } from '../domain/errors.ts'
import type { DicomJson, Instance, PatientIdentity, Study, StudyIdentity } from '../domain/study.ts'
import { withoutTrailing } from '../domain/trailing.ts'
import { items, personName, text } from './dataset.ts'
import { attributeOf } from './dictionary.ts'
import { mended } from './mending.ts'

/**
 * The one patient of the study. Empty values do not contradict filled ones; two different filled values do. Throws
 * PATIENT_ID_MISSING, PATIENT_MIXED, or INSTANCE_INVALID for text that lost its character set. No message contains a value.
 */
export function patientIdentity(study: Study): PatientIdentity {
  const instances = instancesOf(study)
  const without = instances.filter(({ metadata }) => text(metadata, 'PatientID') === '')
  if (without.length > 0) {
    throw new AppError(
      'PATIENT_ID_MISSING',
      `study ${study.studyInstanceUid}: PatientID is empty in ${without.length} of ${instances.length} instances, ` +
        `the first is ${without[0]!.sopInstanceUid}`,
    )
  }
  const agreed = (keyword: string, read: (ds: DicomJson) => string, alike = (value: string) => value) => {
    const filled = instances.filter(({ metadata }) => read(metadata) !== '')
    const [first] = filled
    if (first === undefined) return ''
    const value = read(first.metadata)
    if (value.includes('\ufffd')) throw undecodable(first, keyword)
    const other = filled.find(({ metadata }) => alike(read(metadata)) !== alike(value))
    if (other !== undefined) {
      throw new AppError(
        'PATIENT_MIXED',
        `study ${study.studyInstanceUid}: ${keyword} differs between instances ${first.sopInstanceUid} and ${other.sopInstanceUid}`,
      )
    }
    return value
  }
  return {
    patientId: agreed('PatientID', (ds) => text(ds, 'PatientID')),
    issuerOfPatientId: agreed('IssuerOfPatientID', (ds) => text(ds, 'IssuerOfPatientID')),
    patientName: agreed('PatientName', (ds) => personName(ds, 'PatientName'), comparableName),
    patientBirthDate: agreed('PatientBirthDate', (ds) => meant(ds, 'PatientBirthDate')),
    patientSex: agreed('PatientSex', (ds) => meant(ds, 'PatientSex')),
  }
}

/**
 * The study's own attributes. Order numbers on which the instances disagree are left empty: a result must not be filed under
 * one of two orders. Descriptions come from the first instance that has them.
 */
export function studyIdentity(study: Study): StudyIdentity {
  const instances = instancesOf(study)
  const values = (read: (ds: DicomJson) => string) =>
    instances.map(({ metadata }) => read(metadata)).filter((value) => value !== '')
  const first = (keyword: string) => values((ds) => meant(ds, keyword))[0] ?? ''
  const unanimous = (read: (ds: DicomJson) => string) => {
    const different = new Set(values(read))
    return different.size === 1 ? [...different][0]! : ''
  }
  const stranger = instances.find(({ metadata }) => {
    const uid = text(metadata, 'StudyInstanceUID')
    return uid !== '' && uid !== study.studyInstanceUid
  })
  if (stranger !== undefined) {
    throw new AppError(
      'INSTANCE_INVALID',
      `instance ${stranger.sopInstanceUid} names another StudyInstanceUID than ${study.studyInstanceUid}, under which it was found`,
    )
  }
  const accessionNumber = unanimous((ds) => text(ds, 'AccessionNumber'))
  return {
    studyInstanceUid: study.studyInstanceUid,
    studyId: first('StudyID'),
    accessionNumber,
    issuerOfAccessionNumber: accessionNumber === '' ? '' : unanimous(accessionIssuer),
    studyDate: first('StudyDate'),
    studyTime: first('StudyTime'),
    studyDescription: first('StudyDescription'),
    referringPhysicianName: first('ReferringPhysicianName'),
  }
}

/** Converts text to the form of the standard; a number longer than DICOM allows is kept, since the EHR may know it. */
function meant(ds: DicomJson, keyword: string): string {
  return mended(keyword, attributeOf(keyword).vr, text(ds, keyword))
}

function instancesOf(study: Study): Instance[] {
  const instances = study.series.flatMap((series) => series.instances)
  if (instances.length === 0) throw new AppError('NOT_FOUND', `study ${study.studyInstanceUid} has no instances`)
  return instances
}

/** Local namespace, otherwise the universal id (PS3.3 Table 10-17). */
function accessionIssuer(ds: DicomJson): string {
  const [issuer] = items(ds, 'IssuerOfAccessionNumberSequence')
  if (issuer === undefined) return ''
  const local = text(issuer, 'LocalNamespaceEntityID')
  return local === '' ? text(issuer, 'UniversalEntityID') : local
}

/** Trailing empty components and letter case differ between systems that mean the same name (PS3.5 Section 6.2.1.1). */
function comparableName(name: string): string {
  const groups = name.normalize('NFC').split('=')
  const plain = groups.map((group) => withoutTrailing(group, /[\s^]/)).join('=')
  return withoutTrailing(plain, /=/).toLocaleUpperCase('en')
}

function undecodable(instance: Instance, keyword: string): AppError {
  return new AppError(
    'INSTANCE_INVALID',
    `instance ${instance.sopInstanceUid}: ${keyword} could not be decoded; its SpecificCharacterSet is wrong or missing`,
  )
}
