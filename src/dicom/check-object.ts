// A picture of nobody, to test the right to store, and a note that rejects it if it cannot be removed.
import type { DicomJson } from '../domain/study.ts'
import { code } from './codes.ts'
import { dataset } from './dataset.ts'
import { writePart10 } from './part10.ts'
import type { DicomObject } from './result-object.ts'
import { SECONDARY_CAPTURE_STORAGE } from './secondary-capture.ts'
import { imageItem, rootContainer, textItem } from './sr/content-item.ts'
import { evidence } from './sr/evidence.ts'
import { deterministicUid } from './uid.ts'

const KEY_OBJECT_SELECTION_STORAGE = '1.2.840.10008.5.1.4.1.1.88.59'
const REJECTED_FOR_QUALITY = code('113001', 'DCM', 'Rejected for Quality Reasons')
const KEY_OBJECT_DESCRIPTION = code('113012', 'DCM', 'Key Object Description')
const SIZE = 8

export interface CheckObject extends DicomObject {
  studyInstanceUid: string
}

/** Secondary Capture (PS3.3 A.8.1) of 8 x 8 grey pixels. The same site gives the same bytes, so that repeating the test stores nothing more. */
export function buildCheckObject(site: string): CheckObject {
  const uids = uidsOf(site, 'picture', SECONDARY_CAPTURE_STORAGE)
  const content = {
    ...opening(site, uids, 'OT', 9098),
    ...dataset({
      ConversionType: 'WSD',
      PatientOrientation: [],
      ImageType: ['DERIVED', 'SECONDARY'],
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: SIZE,
      Columns: SIZE,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      BurnedInAnnotation: 'NO',
    }),
  }
  const pixelData = Uint8Array.from({ length: SIZE * SIZE }, (_, index) => index * 4)
  return { ...uids, studyInstanceUid: studyOf(site), bytes: writePart10({ dataset: content, pixelData }) }
}

/** Key Object Selection (PS3.3 A.35.4, TID 2010) that rejects the picture; IHE IOCM. */
export function buildCheckRejection(site: string, picture: DicomObject): CheckObject {
  const uids = uidsOf(site, 'rejection', KEY_OBJECT_SELECTION_STORAGE)
  const content = {
    ...opening(site, uids, 'KO', 9099),
    ...dataset({
      ReferencedPerformedProcedureStepSequence: [],
      ReferencedRequestSequence: [],
      ContentDate: DAY,
      ContentTime: '000000',
      CurrentRequestedProcedureEvidenceSequence: [evidence(studyOf(site), [], [picture])],
    }),
    ...rootContainer(
      REJECTED_FOR_QUALITY,
      [
        textItem(
          'CONTAINS',
          KEY_OBJECT_DESCRIPTION,
          'A check of the right to store: a picture of nobody, to be ignored.',
        ),
        imageItem('CONTAINS', undefined, picture),
      ],
      '2010',
    ),
  }
  return { ...uids, studyInstanceUid: studyOf(site), bytes: writePart10({ dataset: content }) }
}

/** The date of the content, not of the test: the bytes must not change with the time. */
const DAY = '20000101'
const studyOf = (site: string) => deterministicUid(site, 'check', 'study')

function uidsOf(site: string, role: string, sopClassUid: string) {
  return {
    sopInstanceUid: deterministicUid(site, 'check', role, 'instance'),
    seriesInstanceUid: deterministicUid(site, 'check', role, 'series'),
    sopClassUid,
  }
}

function opening(site: string, uids: ReturnType<typeof uidsOf>, modality: string, seriesNumber: number): DicomJson {
  return dataset({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: uids.sopClassUid,
    SOPInstanceUID: uids.sopInstanceUid,
    StudyInstanceUID: studyOf(site),
    SeriesInstanceUID: uids.seriesInstanceUid,
    PatientName: 'Check^Gliabridge',
    PatientID: 'GLIABRIDGE-CHECK',
    PatientBirthDate: '',
    PatientSex: '',
    StudyDate: DAY,
    StudyTime: '000000',
    StudyID: '',
    AccessionNumber: '',
    ReferringPhysicianName: '',
    StudyDescription: 'Check of rights, to be ignored',
    Modality: modality,
    Manufacturer: 'Gliabridge contributors',
    SeriesNumber: seriesNumber,
    SeriesDescription: 'Check of rights, to be ignored',
    InstanceNumber: 1,
  })
}
