// A key picture as a Secondary Capture image (PS3.3 A.8.1, C.8.6), for viewers that show no segmentations.
import type { ReportableResult } from '../domain/finding.ts'
import type { DicomJson, Series, Uid } from '../domain/study.ts'
import { dataset } from './dataset.ts'
import { writePart10 } from './part10.ts'
import { clip } from './result-modules.ts'
import { type DicomObject, resultObject } from './result-object.ts'

export const SECONDARY_CAPTURE_STORAGE = '1.2.840.10008.5.1.4.1.1.7'

export interface SecondaryCaptureInput {
  result: ReportableResult
  referenceSeries: Series
  /** 1-based position in the series of key pictures. */
  number: number
  /** What the picture shows, in words. */
  description: string
  width: number
  height: number
  /** Three bytes per pixel, row by row. */
  rgb: Uint8Array
}

/** Builds the picture. It has no pixel spacing: an image with drawings on it is not for measuring. */
export function buildSecondaryCapture(input: SecondaryCaptureInput): DicomObject {
  const { result, referenceSeries, number, description, width, height, rgb } = input
  const source = referenceSeries.instances[0]!.metadata
  const { uids, content: opening } = resultObject(result, source, {
    role: 'key-image',
    sopClassUid: SECONDARY_CAPTURE_STORAGE,
    modality: 'OT',
    seriesNumber: 9004,
    seriesDescription: 'AI glioma key images, not reviewed, research use',
    instanceNumber: number,
  })
  const content: DicomJson = {
    ...opening,
    ...dataset({
      ConversionType: 'WSD',
      BodyPartExamined: 'BRAIN',
      PatientOrientation: ['L', 'P'],
      ImageType: ['DERIVED', 'SECONDARY'],
      ImageComments: clip(description, 10240),
      DerivationDescription: 'Axial plane through the tumour with the outlines found by software',
      SourceImageSequence: referenceSeries.instances.map(({ sopClassUid, sopInstanceUid: uid }) =>
        reference(sopClassUid, uid),
      ),
      BurnedInAnnotation: 'NO',
      RecognizableVisualFeatures: 'NO',
      LossyImageCompression: '00',
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      Rows: height,
      Columns: width,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
    }),
  }
  return { ...uids, bytes: writePart10({ dataset: content, pixelData: rgb }) }
}

function reference(sopClassUid: Uid, sopInstanceUid: Uid): DicomJson {
  return dataset({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid })
}
