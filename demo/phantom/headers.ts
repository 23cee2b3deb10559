// MR Image Storage headers (PS3.3 A.4, C.8.3.1) as a scanner writes them.
import { dataset } from '../../src/dicom/dataset.ts'
import type { DicomJson, PatientIdentity, StudyIdentity, Uid } from '../../src/domain/study.ts'
import type { Grid, Vec3 } from '../../src/domain/volume.ts'
import type { SequenceHeaders } from './protocol.ts'
import type { Contrast } from './signal.ts'

export const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4'
export const BITS_STORED = 12
/** MHz at 1.5 T. */
export const IMAGING_FREQUENCY = 63.68

/** What all instances of a study share. */
export interface StudyHeaders {
  patient: PatientIdentity
  study: StudyIdentity
  frameOfReferenceUid: Uid
  equipment: { manufacturer: string; model: string; software: string }
}

/** What all instances of a series share. */
export interface SeriesContent {
  seriesInstanceUid: Uid
  number: number
  description: string
  /** DICOM TM. */
  time: string
  headers: SequenceHeaders
  contrast: Contrast
  afterContrast: boolean
  /** Slice thickness and slice distance in mm. */
  thickness: number
  spacing: number
}

/** One image. */
export interface ImageContent {
  sopInstanceUid: Uid
  instanceNumber: number
  grid: Grid
  /** Slice index in the grid. */
  slice: number
  largest: number
  /** Default 12. */
  bitsStored?: number
  /** s/mm², for diffusion images. */
  bValue?: number
}

/** DICOM TM a number of minutes after another. */
export function laterTime(time: string, minutes: number): string {
  const start = Number(time.slice(0, 2)) * 3600 + Number(time.slice(2, 4)) * 60 + Number(time.slice(4, 6) || 0)
  const total = Math.round(start + 60 * minutes) % 86400
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${two(total / 3600)}${two((total / 60) % 60)}${two(total % 60)}`
}

/** DICOM AS: whole years at the study. */
export function ageAt(birthDate: string, studyDate: string): string {
  if (birthDate === '') return ''
  const years = Math.floor((Number(studyDate) - Number(birthDate)) / 10_000)
  return `${String(Math.max(0, years)).padStart(3, '0')}Y`
}

/** Patient, study, series and equipment modules. */
export function sharedHeaders(
  { patient, study, frameOfReferenceUid, equipment }: StudyHeaders,
  series: SeriesContent,
): DicomJson {
  const age = ageAt(patient.patientBirthDate, study.studyDate)
  return dataset({
    SpecificCharacterSet: 'ISO_IR 192',
    InstanceCreationDate: study.studyDate,
    InstanceCreationTime: series.time,
    StudyDate: study.studyDate,
    SeriesDate: study.studyDate,
    AcquisitionDate: study.studyDate,
    ContentDate: study.studyDate,
    StudyTime: study.studyTime,
    SeriesTime: series.time,
    AcquisitionTime: series.time,
    ContentTime: series.time,
    AccessionNumber: study.accessionNumber,
    IssuerOfAccessionNumberSequence:
      study.issuerOfAccessionNumber === ''
        ? undefined
        : dataset({ LocalNamespaceEntityID: study.issuerOfAccessionNumber }),
    Modality: 'MR',
    Manufacturer: equipment.manufacturer,
    InstitutionName: 'Gliabridge generated data',
    ReferringPhysicianName: study.referringPhysicianName,
    StudyDescription: study.studyDescription,
    SeriesDescription: series.description,
    ManufacturerModelName: equipment.model,
    StationName: 'GENERATED',
    PatientName: patient.patientName,
    PatientID: patient.patientId,
    IssuerOfPatientID: patient.issuerOfPatientId === '' ? undefined : patient.issuerOfPatientId,
    PatientBirthDate: patient.patientBirthDate,
    PatientSex: patient.patientSex,
    PatientAge: age === '' ? undefined : age,
    PatientWeight: 68,
    BodyPartExamined: 'BRAIN',
    SoftwareVersions: equipment.software,
    DeviceSerialNumber: '1',
    ProtocolName: series.description,
    StudyInstanceUID: study.studyInstanceUid,
    SeriesInstanceUID: series.seriesInstanceUid,
    StudyID: study.studyId,
    SeriesNumber: series.number,
    FrameOfReferenceUID: frameOfReferenceUid,
    PositionReferenceIndicator: '',
    PatientPosition: 'HFS',
  })
}

/** Contrast/Bolus Module (C.7.6.4). */
export function contrastHeaders(series: SeriesContent): DicomJson {
  if (!series.afterContrast) return {}
  return dataset({
    ContrastBolusAgent: 'Gadobutrol 1.0 mmol/mL',
    ContrastBolusRoute: 'IV',
    ContrastBolusVolume: 6.8,
    ContrastBolusTotalDose: 6.8,
    ContrastBolusIngredient: 'GADOLINIUM',
    ContrastBolusIngredientConcentration: 157.25,
  })
}

/** One classic image: everything but the pixels. */
export function classicImage(study: StudyHeaders, series: SeriesContent, image: ImageContent): DicomJson {
  const { headers, contrast } = series
  const [columns, rows] = image.grid.size
  const [acrossColumns, acrossRows] = image.grid.spacing
  return {
    ...sharedHeaders(study, series),
    ...contrastHeaders(series),
    ...dataset({
      SOPClassUID: MR_IMAGE_STORAGE,
      SOPInstanceUID: image.sopInstanceUid,
      ImageType: headers.imageType,
      ScanningSequence: headers.scanningSequence,
      SequenceVariant: headers.sequenceVariant,
      ScanOptions: headers.scanOptions,
      MRAcquisitionType: headers.acquisitionType,
      SequenceName: headers.sequenceName,
      AngioFlag: 'N',
      SliceThickness: series.thickness,
      RepetitionTime: contrast.tr,
      EchoTime: contrast.te,
      InversionTime: 'ti' in contrast ? contrast.ti : undefined,
      NumberOfAverages: 1,
      ImagingFrequency: IMAGING_FREQUENCY,
      ImagedNucleus: '1H',
      EchoNumbers: 1,
      MagneticFieldStrength: 1.5,
      SpacingBetweenSlices: series.spacing,
      NumberOfPhaseEncodingSteps: rows,
      EchoTrainLength: headers.echoTrainLength,
      PercentSampling: 100,
      PercentPhaseFieldOfView: 100,
      PixelBandwidth: headers.pixelBandwidth,
      ReceiveCoilName: 'HEAD',
      AcquisitionMatrix: [0, columns, rows, 0],
      InPlanePhaseEncodingDirection: 'COL',
      FlipAngle: headers.flipAngle,
      VariableFlipAngleFlag: 'N',
      SAR: 0.8,
      DiffusionBValue: image.bValue,
      AcquisitionNumber: 1,
      InstanceNumber: image.instanceNumber,
      ImagePositionPatient: positionOf(image.grid, image.slice),
      ImageOrientationPatient: orientationOf(image.grid),
      SliceLocation: sliceLocation(image.grid, image.slice),
      ...pixelDescription(columns, rows, image.bitsStored),
      PixelSpacing: [acrossRows, acrossColumns],
      SmallestImagePixelValue: 0,
      LargestImagePixelValue: image.largest,
      WindowCenter: Math.max(1, Math.round(0.45 * image.largest)),
      WindowWidth: Math.max(1, Math.round(0.9 * image.largest)),
    }),
  }
}

/** Image Pixel Module (C.7.6.3) without the pixels. */
export function pixelDescription(
  columns: number,
  rows: number,
  bitsStored = BITS_STORED,
): Record<string, number | string> {
  return {
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 16,
    BitsStored: bitsStored,
    HighBit: bitsStored - 1,
    PixelRepresentation: 0,
  }
}

/** ImagePositionPatient of a slice. */
export function positionOf({ origin, spacing, direction: d }: Grid, slice: number): number[] {
  return [0, 1, 2].map((axis) => origin[axis]! + slice * spacing[2] * d[3 * axis + 2]!)
}

/** ImageOrientationPatient: directions of the column index and of the row index. */
export function orientationOf({ direction: d }: Grid): number[] {
  return [d[0]!, d[3]!, d[6]!, d[1]!, d[4]!, d[7]!]
}

/** Distance along the slice normal. */
export function sliceLocation(grid: Grid, slice: number): number {
  const normal: Vec3 = [grid.direction[2]!, grid.direction[5]!, grid.direction[8]!]
  return positionOf(grid, slice).reduce((sum, value, axis) => sum + value * normal[axis]!, 0)
}
