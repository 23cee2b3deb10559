// Modules common to all our DICOM results: the patient and study they belong to, and the equipment that made them (PS3.3 C.7, C.12.1).
import { MINUTE_MS } from '../domain/durations.ts'
import type { ReportableResult, ResultClock } from '../domain/finding.ts'
import type { DicomJson } from '../domain/study.ts'
import { PROCESSING_EQUIPMENT } from './codes.ts'
import { dataset, text } from './dataset.ts'
import { formatOffset, offsetMinutes, zoneMinutes } from './mending.ts'
import { copied, PATIENT_AND_STUDY } from './source-values.ts'
import { deterministicUid } from './uid.ts'

/** Attributes of type 2: present even if the source lacks them, and then empty. */
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

/** The patient and study of a source instance, as it states them if that is valid. */
export function patientAndStudy(source: DicomJson): DicomJson {
  return { ...dataset(REQUIRED_EVEN_IF_EMPTY), ...copied(source, PATIENT_AND_STUDY) }
}

/** A point in time as DICOM date and time. */
export interface Moment {
  date: string
  time: string
  /** With its UTC offset. */
  dateTime: string
  /** "&ZZXX" (PS3.3 C.12.1.1.8). */
  offset: string
}

/**
 * `at` (ISO 8601) on the clock of the images: in the zone that they state (TimezoneOffsetFromUTC), otherwise in the site's. A
 * result is never dated before its images: if their clock runs ahead, or is in another zone, it gets the date of the last of
 * them.
 */
export function momentOf(at: string, source: DicomJson, site: ResultClock = {}): Moment {
  const stated = text(copied(source, ['TimezoneOffsetFromUTC']), 'TimezoneOffsetFromUTC')
  const minutes = offsetMinutes(stated) ?? (site.timeZone === undefined ? 0 : zoneMinutes(site.timeZone, at))
  const local = new Date(Date.parse(at) + minutes * MINUTE_MS).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  const shown = site.imagesUntil !== undefined && local < site.imagesUntil ? site.imagesUntil : local
  const offset = formatOffset(minutes)
  return { date: shown.slice(0, 8), time: shown.slice(8), dateTime: `${shown}${offset}`, offset }
}

/** General and Enhanced General Equipment (C.7.5.1, C.7.5.2): the service, with the bundle's digest as serial number. */
export function equipment({ software, bundle }: ReportableResult): DicomJson {
  return dataset({
    Manufacturer: clip(software.manufacturer, 64),
    ManufacturerModelName: clip(`${software.name} ${bundle.id}`, 64),
    DeviceSerialNumber: clip(bundle.digest, 64),
    SoftwareVersions: [clip(software.version, 64), clip(`${bundle.id} ${bundle.version}`, 64)],
  })
}

/**
 * Contributing Equipment (C.12.1.1.5, IHE AI Results): the algorithm as a device with its own UID per model; the digest of the
 * whole bundle as serial number.
 */
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

/** Shortened to the number of characters that a value representation allows; a backslash would separate values. */
export function clip(value: string, length: number): string {
  const characters = [...value.replaceAll('\\', '/').trim()]
  return characters.length <= length
    ? characters.join('')
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`
}

/** PN (PS3.5 6.2.1): a name with carets unchanged; any other as a whole as the family name, since its parts are not known. */
export function personName(name: string): string {
  const plain = clip(name.replace(/[\\=]/g, ' '), 63)
  return plain.includes('^') ? plain : `${plain}^`
}
