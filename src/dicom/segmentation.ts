// Labels to a BINARY DICOM Segmentation (PS3.3 A.51, C.8.20): coded segments, source references per frame, the same bytes each time.
import type { Review } from '../domain/review.ts'
import { SEQUENCES, type Sequence } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { dataset } from './dataset.ts'
import { DIMENSIONS, dimensions, type GridSources, gridObject, segmentItem, sharedGroups } from './grid-object.ts'
import { writePart10 } from './part10.ts'
import { type DicomObject, instanceUid } from './result-object.ts'
import { fault, type MaskFrame, maskFrames, packBits, perFrameGroups } from './segmentation-frames.ts'
import { deterministicUid } from './uid.ts'

export const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4'

const SEGMENTATION = 'segmentation'
const REVIEWED_SERIES_NUMBER = 9018

/** UIDs of the segmentation that shows the outlines as a review left them. */
export function redrawnSegmentationUids({ reviewId }: Pick<Review, 'reviewId'>) {
  return {
    sopInstanceUid: instanceUid(reviewId, SEGMENTATION),
    seriesInstanceUid: deterministicUid(reviewId, SEGMENTATION, 'series'),
  }
}

export interface SegmentationInput extends GridSources {
  /** Labels on the grid of the reference series. */
  segmentation: LabelVolume
  /** For an additional one, on the grid of a sequence other than the analysis's reference. */
  sequence?: Sequence
}

/** A segmentation, and what its frames show: frame n (1-based) is `frames[n - 1]`. */
export interface SegmentationObject extends DicomObject {
  frames: readonly Pick<MaskFrame, 'segmentNumber' | 'slice'>[]
}

/**
 * Builds the SEG. Identity, study and frame of reference are copied from the reference series; frames without a voxel are
 * left out, segments without one are kept. An all-zero label volume is refused with INTERNAL: "nothing found" has no SEG.
 */
export function buildSegmentation(input: SegmentationInput): SegmentationObject {
  const { result, segmentation, sequence, review } = input
  const role = sequence ? (`segmentation-${sequence}` as const) : SEGMENTATION
  const standing = review ? 'corrected on review' : 'not reviewed'
  const { content, positions, sopInstanceUid, seriesInstanceUid } = gridObject(input, segmentation.grid, {
    role,
    sopClassUid: SEGMENTATION_STORAGE,
    modality: 'SEG',
    seriesNumber: review ? REVIEWED_SERIES_NUMBER : sequence ? 9011 + SEQUENCES.indexOf(sequence) : 9001,
    seriesDescription: `AI glioma segmentation${sequence ? ` on ${sequence}` : ''}, ${standing}, research use`,
  })
  const frames = maskFrames(segmentation, result.segments)
  if (frames.length === 0)
    throw fault('the label volume holds no labelled voxel; nothing found has no segmentation object')
  const shown = dataset({
    ContentLabel: 'GLIOMA',
    ContentDescription: `AI segmentation of glioma, ${standing}, research use`,
    NumberOfFrames: frames.length,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'NO',
    SegmentSequence: result.segments.map((segment, index) => segmentItem(result, segment, index + 1, review)),
    ...dimensions(review?.reviewId ?? result.analysisId, role, [DIMENSIONS.segment, DIMENSIONS.position]),
    SharedFunctionalGroupsSequence: [sharedGroups(input, segmentation.grid)],
    PerFrameFunctionalGroupsSequence: perFrameGroups(frames, positions, input.sourceFrames),
  })
  return {
    sopInstanceUid,
    seriesInstanceUid,
    sopClassUid: SEGMENTATION_STORAGE,
    bytes: writePart10({ dataset: { ...content, ...shown }, pixelData: packBits(segmentation, frames) }),
    frames,
  }
}
