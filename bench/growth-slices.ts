// Slices of a series as Part 10 files: 192 × 192 pixels of 16 bits, different in each.
import { dataset } from '../src/dicom/dataset.ts'
import { writePart10 } from '../src/dicom/part10.ts'
import { EXPLICIT_LITTLE_ENDIAN } from '../src/dicom/transfer-syntax.ts'
import { deterministicUid } from '../src/dicom/uid.ts'
import type { Uid } from '../src/domain/study.ts'

/** 5,000 such slices are below the limit of voxels for one volume. */
const SIDE = 192

export function sliceFiles(study: Uid, series: number, count: number): { sopInstanceUid: Uid; bytes: Uint8Array }[] {
  const key = `${study} ${series}`
  const common = {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
    PatientID: 'GROWTH',
    StudyInstanceUID: study,
    SeriesInstanceUID: deterministicUid('growth series', key),
    FrameOfReferenceUID: deterministicUid('growth frame', study),
    Modality: 'MR',
    Rows: SIDE,
    Columns: SIDE,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    PixelSpacing: [1.25, 1.25],
    SliceThickness: 0.05,
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
  }
  return Array.from({ length: count }, (_, k) => {
    const sopInstanceUid = deterministicUid('growth instance', `${key} ${k}`)
    const place = {
      SOPInstanceUID: sopInstanceUid,
      InstanceNumber: k + 1,
      ImagePositionPatient: [-120, -120, k * 0.05],
    }
    const pixels = Uint16Array.from({ length: SIDE * SIDE }, (_value, at) => (at * 31 + k * 7 + series) & 0xfff)
    const file = {
      dataset: dataset({ ...common, ...place }),
      transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN,
      pixelData: [new Uint8Array(pixels.buffer)],
    }
    return { sopInstanceUid, bytes: writePart10(file) }
  })
}
