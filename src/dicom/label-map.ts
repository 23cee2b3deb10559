// Labels as a Label Map Segmentation (PS3.3 C.8.20, SegmentationType LABELMAP): one frame per slice, each pixel holding the number of its segment.
import type { DicomJson } from '../domain/study.ts'
import { BACKGROUND, cieLab } from './codes.ts'
import { dataset } from './dataset.ts'
import { DIMENSIONS, dimensions, gridObject, segmentItem, sharedGroups } from './grid-object.ts'
import { writePart10 } from './part10.ts'
import { clip } from './result-modules.ts'
import type { DicomObject } from './result-object.ts'
import type { SegmentationInput } from './segmentation.ts'
import { fault, maskFrames, perFrameGroups } from './segmentation-frames.ts'

export const LABEL_MAP_SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.7'

/** The pixel value for what belongs to no segment. */
const BACKGROUND_NUMBER = 0

/**
 * A label map describes every pixel value (PS3.3 C.8.20), so what lies outside the tumour is described too: as background, with
 * the attributes that highdicom 0.28.2 uses. It is not a finding, so it has neither anatomy nor tracking.
 */
function backgroundItem(algorithm: string): DicomJson {
  return dataset({
    SegmentNumber: BACKGROUND_NUMBER,
    SegmentLabel: 'Background',
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: clip(algorithm, 64),
    SegmentedPropertyCategoryCodeSequence: [BACKGROUND],
    SegmentedPropertyTypeCodeSequence: [BACKGROUND],
    RecommendedDisplayCIELabValue: cieLab([0, 0, 0]),
  })
}

/** Builds the label map without slices that have no labelled voxel. An all-zero label volume is refused with INTERNAL. */
export function buildLabelMap(input: SegmentationInput): DicomObject {
  const { result, segmentation } = input
  const { grid, data } = segmentation
  const { content, positions, sopInstanceUid, seriesInstanceUid } = gridObject(input, grid, {
    role: 'label-map',
    sopClassUid: LABEL_MAP_SEGMENTATION_STORAGE,
    modality: 'SEG',
    seriesNumber: 9005,
    seriesDescription: 'AI glioma label map, not reviewed, research use',
  })
  const slices = [...new Set(maskFrames(segmentation, result.segments).map(({ slice }) => slice))].sort((a, b) => a - b)
  if (slices.length === 0)
    throw fault('the label volume holds no labelled voxel; nothing found has no segmentation object')
  const numberOf = new Uint8Array(256)
  for (const [index, { label }] of result.segments.entries()) numberOf[label] = index + 1
  const inSlice = grid.size[0] * grid.size[1]
  const frames = slices.map((slice) => ({ slice }))
  const shown = dataset({
    ContentLabel: 'GLIOMA_LABELS',
    ContentDescription: 'AI segmentation of glioma, not reviewed, research use',
    NumberOfFrames: frames.length,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelPaddingValue: BACKGROUND_NUMBER,
    SegmentationType: 'LABELMAP',
    SegmentsOverlap: 'NO',
    SegmentSequence: [
      backgroundItem(result.bundle.name),
      ...result.segments.map((segment, index) => segmentItem(result, segment, index + 1)),
    ],
    ...dimensions(result.analysisId, 'label-map', [DIMENSIONS.position]),
    SharedFunctionalGroupsSequence: [sharedGroups(input, grid)],
    PerFrameFunctionalGroupsSequence: perFrameGroups(frames, positions, input.sourceFrames),
  })
  const pixelData = slices.map((slice) =>
    data.subarray(slice * inSlice, (slice + 1) * inSlice).map((label) => numberOf[label]!),
  )
  return {
    sopInstanceUid,
    seriesInstanceUid,
    sopClassUid: LABEL_MAP_SEGMENTATION_STORAGE,
    bytes: writePart10({ dataset: { ...content, ...shown }, pixelData }),
  }
}
