// Reads one of our BINARY segmentations back into labels on the grid of its source series (PS3.3 A.51, C.8.20); refused if it lies elsewhere.
import { AppError } from '../domain/errors.ts'
import type { Uid } from '../domain/study.ts'
import { type Grid, type LabelVolume, toIndex, type Vec3, voxelCount } from '../domain/volume.ts'
import { items, number, numbers, text } from './dataset.ts'
import { readPart10 } from './part10.ts'

export interface ReadSegment {
  /** 1-based. */
  number: number
  trackingId: string
  trackingUid: Uid
}

/** Largest distance of a frame from its place on the grid, in voxels. */
const OFF = 0.1
const SAME_DIRECTION = 1e-3

/** `labelOf` returns the label of a segment number. Throws INSTANCE_INVALID if a frame is not a slice of the grid. */
export function readLabels(
  bytes: Uint8Array,
  grid: Grid,
  labelOf: (segmentNumber: number) => number | undefined,
): { labels: LabelVolume; segments: ReadSegment[] } {
  const { dataset, pixelData } = readPart10(bytes)
  const invalid = (why: string) =>
    new AppError('INSTANCE_INVALID', `segmentation ${text(dataset, 'SOPInstanceUID')}: ${why}`)
  if (text(dataset, 'SegmentationType') !== 'BINARY') throw invalid('it is not a binary segmentation')
  const [columns, rows] = grid.size
  if (number(dataset, 'Rows') !== rows || number(dataset, 'Columns') !== columns)
    throw invalid('its frames do not have the size of its source images')
  const [shared = {}] = items(dataset, 'SharedFunctionalGroupsSequence')
  const [plane = {}] = items(shared, 'PlaneOrientationSequence')
  const cosines = numbers(plane, 'ImageOrientationPatient')
  const expected = [0, 3, 6, 1, 4, 7].map((n) => grid.direction[n]!)
  if (cosines.length !== 6 || cosines.some((value, n) => Math.abs(value - expected[n]!) > SAME_DIRECTION))
    throw invalid('its frames are not parallel to its source images')
  const inSlice = columns * rows
  const frames = items(dataset, 'PerFrameFunctionalGroupsSequence')
  if (pixelData === undefined || pixelData.length * 8 < frames.length * inSlice)
    throw invalid('its frames are not all there')
  const labels: LabelVolume = { grid, data: new Uint8Array(voxelCount(grid)) }
  for (const [index, groups] of frames.entries()) {
    const [identification = {}] = items(groups, 'SegmentIdentificationSequence')
    const label = labelOf(number(identification, 'ReferencedSegmentNumber') ?? 0)
    if (label === undefined) throw invalid(`frame ${index + 1} is of a segment that the result does not have`)
    const [place = {}] = items(groups, 'PlanePositionSequence')
    const position = numbers(place, 'ImagePositionPatient')
    const [i, j, k] = position.length === 3 ? toIndex(grid, position as unknown as Vec3) : [Number.NaN, 0, 0]
    const slice = Math.round(k)
    const isPlaced = Math.abs(i) <= OFF && Math.abs(j) <= OFF && Math.abs(k - slice) <= OFF
    if (!isPlaced || slice < 0 || slice >= grid.size[2])
      throw invalid(`frame ${index + 1} is no slice of its source images`)
    for (let pixel = 0; pixel < inSlice; pixel++) {
      const bit = index * inSlice + pixel
      if (((pixelData[bit >>> 3]! >> (bit & 7)) & 1) === 1) labels.data[slice * inSlice + pixel] = label
    }
  }
  return {
    labels,
    segments: items(dataset, 'SegmentSequence').map((segment) => ({
      number: number(segment, 'SegmentNumber') ?? 0,
      trackingId: text(segment, 'TrackingID'),
      trackingUid: text(segment, 'TrackingUID'),
    })),
  }
}
