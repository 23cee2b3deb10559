// Modules that all our DICOM results share: the patient and study they belong to, and the equipment that made them (PS3.3 C.7, C.12.1).
import type { Tracking } from '../domain/comparison.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { DicomJson } from '../domain/study.ts'
import { PROCESSING_EQUIPMENT } from './codes.ts'
import { copied, dataset, text } from './dataset.ts'
import { deterministicUid } from './uid.ts'

/** Patient (C.7.1.1), General Study (C.7.2.1) and Patient Study (C.7.2.2): copied as they stand, empty ones included. */
const PATIENT_AND_STUDY = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'IssuerOfPatientIDQualifiersSequence',
  'OtherPatientIDsSequence',
  'PatientBirthDate',
  'PatientBirthTime',
  'PatientSex',
  'PatientIdentityRemoved',
  'DeidentificationMethod',
  'DeidentificationMethodCodeSequence',
  'StudyInstanceUID',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'StudyDescription',
  'AccessionNumber',
  'IssuerOfAccessionNumberSequence',
  'ReferringPhysicianName',
  'ReferencedStudySequence',
  'PatientSize',
  'PatientWeight',
  'AdmissionID',
  'TimezoneOffsetFromUTC',
]

/** Attributes of type 2: present even when the source lacks them, then empty. */
const REQUIRED_EVEN_IF_EMPTY = {
  PatientName: '',
  PatientID: '',
  PatientBirthDate: '',
  PatientSex: '',
  StudyDate: '',
  StudyTime: '',
  StudyID: '',
  AccessionNumber: '',
  ReferringPhysicianName: '',
}

/** The patient and study of a source instance, exactly as it states them. */
export function patientAndStudy(source: DicomJson): DicomJson {
  // Some scanners write "42" for an age; it is optional here, and an object of ours must be valid.
  const legalAge = /^\d{3}[DWMY]$/.test(text(source, 'PatientAge'))
  return {
    ...dataset(REQUIRED_EVEN_IF_EMPTY),
    ...copied(source, legalAge ? [...PATIENT_AND_STUDY, 'PatientAge'] : PATIENT_AND_STUDY),
  }
}

/** A moment as DICOM date and time. */
export interface Moment {
  date: string
  time: string
  /** With its UTC offset. */
  dateTime: string
}

/**
 * When the analysis was registered, in the time zone that the source states (TimezoneOffsetFromUTC), else in UTC:
 * the zone of a study without that attribute is unknown, and the clock of this machine says nothing about it.
 */
export function momentOf(analysedAt: string, source: DicomJson): Moment {
  const offset = text(source, 'TimezoneOffsetFromUTC')
  const match = /^([+-])(\d{2})(\d{2})$/.exec(offset)
  const minutes = match === null ? 0 : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
  const local = new Date(Date.parse(analysedAt) + minutes * 60_000).toISOString()
  const date = local.slice(0, 10).replaceAll('-', '')
  const time = local.slice(11, 19).replaceAll(':', '')
  return { date, time, dateTime: `${date}${time}${match === null ? '+0000' : offset}` }
}

/** General and Enhanced General Equipment (C.7.5.1, C.7.5.2): the service, with the digest of the bundle as serial number. */
export function equipment({ software, bundle }: ReportableResult): DicomJson {
  return dataset({
    Manufacturer: clip(software.manufacturer, 64),
    ManufacturerModelName: clip(`${software.name} ${bundle.id}`, 64),
    DeviceSerialNumber: clip(bundle.digest, 64),
    SoftwareVersions: [clip(software.version, 64), clip(`${bundle.id} ${bundle.version}`, 64)],
  })
}

/** Contributing Equipment (C.12.1.1.5, IHE AI Results): the algorithm as a device with a UID of its own per model; the digest of the whole bundle as serial number. */
export function contributingEquipment({ software, bundle }: ReportableResult, moment: Moment): DicomJson {
  return dataset({
    ContributingEquipmentSequence: [
      dataset({
        PurposeOfReferenceCodeSequence: [PROCESSING_EQUIPMENT],
        Manufacturer: clip(software.manufacturer, 64),
        ManufacturerModelName: clip(bundle.name, 64),
        DeviceSerialNumber: clip(bundle.digest, 64),
        SoftwareVersions: [clip(bundle.version, 64), clip(`${software.name} ${software.version}`, 64)],
        DeviceUID: deviceUid(bundle.modelDigest),
        ContributionDateTime: moment.dateTime,
        ContributionDescription: clip(`Automatic segmentation, not reviewed. ${bundle.intendedUse}`, 1024),
      }),
    ],
  })
}

/** UID of the algorithm as a device: one per model (what computes, without its card), whatever it analysed. */
export function deviceUid(modelDigest: string): string {
  return deterministicUid('device', modelDigest)
}

/** How one finding is followed through our objects and later studies (C.8.20.4, TID 1419): text and UID by its key; those of an earlier study where it continues one. */
export function trackingOf(
  { analysisId, comparison }: { analysisId: string; comparison?: { tracking: Readonly<Record<string, Tracking>> } },
  key: string,
): Tracking {
  const continued = comparison?.tracking[key]
  return continued ?? { identifier: `${key} ${analysisId}`, uid: deterministicUid(analysisId, 'tracking', key) }
}

/** The key in such an identifier: it ends with the analysis that began to follow the finding, this one or an earlier study's. */
export function trackedKey(identifier: string): string {
  return identifier.slice(0, identifier.lastIndexOf(' '))
}

/** SOP Common (C.12.1) of an object made now. */
export function sopCommon(sopClassUid: string, sopInstanceUid: string, moment: Moment): DicomJson {
  return dataset({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    InstanceCreationDate: moment.date,
    InstanceCreationTime: moment.time,
  })
}

/** Cut to the length that a value representation allows, by characters; a backslash would separate values. */
export function clip(value: string, length: number): string {
  const characters = [...value.replaceAll('\\', '/').trim()]
  return characters.length <= length
    ? characters.join('')
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`
}
