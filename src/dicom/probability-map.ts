// Class probabilities as a FRACTIONAL segmentation (PS3.3 C.8.20.2.3): 255 is certain.
import type { Segment } from '../domain/finding.ts'
import type { Grid, Volume } from '../domain/volume.ts'
import { dataset } from './dataset.ts'
import { DIMENSIONS, dimensions, type GridSources, gridObject, segmentItem, sharedGroups } from './grid-object.ts'
import { writePart10 } from './part10.ts'
import type { DicomObject } from './result-object.ts'
import { SEGMENTATION_STORAGE } from './segmentation.ts'
import { fault, perFrameGroups } from './segmentation-frames.ts'

export interface ProbabilityInput extends GridSources {
  grid: Grid
  /** Values from 0 to 1 for a segment of the result, on the grid; requested one after the other, since each is large. */
  probabilityOf: (segment: Segment) => Volume<Float32Array>
}

const LARGEST = 255

/** Builds the segmentation without frames in which no probability reaches half a step of 1/255. Returns undefined if no frame remains. */
export function buildProbabilityMap(input: ProbabilityInput): DicomObject | undefined {
  const { result, grid, probabilityOf } = input
  const { content, positions, sopInstanceUid, seriesInstanceUid } = gridObject(input, grid, {
    role: 'probabilities',
    sopClassUid: SEGMENTATION_STORAGE,
    modality: 'SEG',
    seriesNumber: 9006,
    seriesDescription: 'AI glioma probabilities, not reviewed, research use',
  })
  const inSlice = grid.size[0] * grid.size[1]
  const frames = result.segments.flatMap((segment, index) => {
    const { data } = probabilityOf(segment)
    if (data.length !== inSlice * grid.size[2]) throw fault(`the probabilities of ${segment.key} do not fill the grid`)
    return Array.from({ length: grid.size[2] }, (_, slice) => ({
      segmentNumber: index + 1,
      slice,
      pixels: Uint8Array.from(data.subarray(slice * inSlice, (slice + 1) * inSlice), (p) =>
        Math.round(LARGEST * Math.min(1, Math.max(0, p))),
      ),
    })).filter(({ pixels }) => pixels.some((value) => value > 0))
  })
  if (frames.length === 0) return undefined
  const shown = dataset({
    ContentLabel: 'GLIOMA_PROB',
    ContentDescription: 'AI class probabilities of glioma, not reviewed, research use',
    NumberOfFrames: frames.length,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    SegmentationType: 'FRACTIONAL',
    SegmentationFractionalType: 'PROBABILITY',
    MaximumFractionalValue: LARGEST,
    SegmentsOverlap: 'YES',
    SegmentSequence: result.segments.map((segment, index) => segmentItem(result, segment, index + 1)),
    ...dimensions(result.analysisId, 'probabilities', [DIMENSIONS.segment, DIMENSIONS.position]),
    SharedFunctionalGroupsSequence: [sharedGroups(input, grid)],
    PerFrameFunctionalGroupsSequence: perFrameGroups(frames, positions, input.sourceFrames),
  })
  return {
    sopInstanceUid,
    seriesInstanceUid,
    sopClassUid: SEGMENTATION_STORAGE,
    bytes: writePart10({ dataset: { ...content, ...shown }, pixelData: frames.map(({ pixels }) => pixels) }),
  }
}
