// Measurement groups of the report: segments (TID 1411), regions of several segments (TID 1501), lesion diameters (TID 1410, 1501).
import {
  type Bidimensional,
  HALF_95,
  type Measurement,
  numberOf,
  type ReportableResult,
  type Segment,
} from '../../domain/finding.ts'
import type { DicomJson, Series } from '../../domain/study.ts'
import { type Grid, toIndex, type Vec3 } from '../../domain/volume.ts'
import { BRAIN, SEGMENT_CONCEPTS } from '../codes.ts'
import { text } from '../dataset.ts'
import type { SegmentationObject } from '../segmentation.ts'
import type { SourceFrame } from '../segmentation-frames.ts'
import { ENHANCING, lesionKey, trackingOf } from '../tracking.ts'
import {
  ABSENT,
  FINDING,
  FINDING_SITE,
  LONG_AXIS,
  MEASUREMENT_GROUP,
  MEASUREMENT_METHOD,
  MILLILITRE,
  MILLIMETRE,
  NEOPLASM,
  PERPENDICULAR_AXIS,
  PRESENCE,
  RANO,
  REFERENCED_SEGMENT,
  REFERENCED_SEGMENTATION_FRAME,
  SOURCE_IMAGE_FOR_SEGMENTATION,
  SOURCE_OF_MEASUREMENT,
  SOURCE_SERIES,
  TRACKING_IDENTIFIER,
  TRACKING_UID,
  UNCERTAINTY,
  VOLUME,
  VOXEL_SUM,
} from './concepts.ts'
import {
  codeItem,
  container,
  imageItem,
  lineItem,
  numItem,
  type ObjectReference,
  spatialLineItem,
  textItem,
  uidItem,
} from './content-item.ts'

/** What the groups refer to. */
export interface GroupContext {
  result: ReportableResult
  referenceSeries: Series
  /** The grid of the reference series, and the image behind each of its slices. */
  grid: Grid
  sourceFrames: readonly SourceFrame[]
  /** Absent if nothing was found. */
  segmentation?: SegmentationObject
}

/** The start of every group: what it tracks and what it is about. */
export function groupHeader(result: ReportableResult, key: string, finding: DicomJson): DicomJson[] {
  const tracking = trackingOf(result, key)
  return [
    textItem('HAS OBS CONTEXT', TRACKING_IDENTIFIER, tracking.identifier),
    uidItem('HAS OBS CONTEXT', TRACKING_UID, tracking.uid),
    codeItem('CONTAINS', FINDING, finding),
    codeItem('HAS CONCEPT MOD', FINDING_SITE, BRAIN),
  ]
}

/** One group per measured volume. A volume of one segment references that segment; one of several references them as its source. */
export function volumeGroup(context: GroupContext, measurement: Measurement): DicomJson {
  const { result, segmentation, referenceSeries } = context
  const present = result.segments.filter(
    (segment) => segment.voxelCount > 0 && membersOf(measurement, result.segments).includes(segment.label),
  )
  const numbers = present.map((segment) => result.segments.indexOf(segment) + 1)
  const header = groupHeader(result, measurement.region, SEGMENT_CONCEPTS[measurement.region]?.propertyType ?? NEOPLASM)
  const absent = result.noFinding && measurement.region === 'WT' ? [codeItem('CONTAINS', PRESENCE, ABSENT)] : []
  if (segmentation === undefined || numbers.length === 0) {
    return container(MEASUREMENT_GROUP, [...header, volumeItem(measurement), ...absent], '1501')
  }
  const source: ObjectReference = { ...segmentation, segmentNumbers: numbers }
  if (membersOf(measurement, result.segments).length === 1) {
    const reference = [
      imageItem('CONTAINS', REFERENCED_SEGMENT, source),
      uidItem('CONTAINS', SOURCE_SERIES, referenceSeries.seriesInstanceUid),
    ]
    return container(MEASUREMENT_GROUP, [...header, ...reference, volumeItem(measurement)], '1411')
  }
  // TID 1411 requires exactly one segment, but a whole tumour consists of several.
  const reference = imageItem('INFERRED FROM', SOURCE_OF_MEASUREMENT, source)
  return container(MEASUREMENT_GROUP, [...header, volumeItem(measurement, [reference])], '1501')
}

function membersOf({ region, labels }: Measurement, segments: readonly Segment[]): readonly number[] {
  return labels ?? segments.filter(({ key }) => key === region).map(({ label }) => label)
}

function volumeItem({ value, standardDeviation }: Measurement, sources: readonly DicomJson[] = []): DicomJson {
  const uncertainty =
    standardDeviation === undefined
      ? []
      : [numItem('HAS PROPERTIES', UNCERTAINTY, HALF_95 * standardDeviation, MILLILITRE)]
  const method = codeItem('HAS CONCEPT MOD', MEASUREMENT_METHOD, VOXEL_SUM)
  return numItem('CONTAINS', VOLUME, value, MILLILITRE, [method, ...uncertainty, ...sources])
}

/**
 * The groups of one lesion, which share a tracking UID: its diameters on a frame of the segmentation (TID 1410), and the
 * positions of the two lines (TID 1501), since a planar group has no place for lines beside its region. A plane that is
 * not a slice of the series has no frame: then a single group holds both, in patient space.
 */
export function diameterGroups(context: GroupContext, lesion: Bidimensional, index: number): DicomJson[] {
  const { result, segmentation, referenceSeries, sourceFrames, grid } = context
  const enhancing = SEGMENT_CONCEPTS[ENHANCING]!.propertyType
  const header = groupHeader(result, lesionKey(numberOf(lesion, index)), enhancing)
  const segmentNumber = result.segments.findIndex(({ key }) => key === ENHANCING) + 1
  const frame = segmentation?.frames.findIndex(
    (one) => lesion.axis === 2 && one.segmentNumber === segmentNumber && one.slice === lesion.slice,
  )
  const axes = [
    { name: LONG_AXIS, value: lesion.longestMm, ends: lesion.longest },
    { name: PERPENDICULAR_AXIS, value: lesion.perpendicularMm, ends: lesion.perpendicular },
  ]
  const method = codeItem('HAS CONCEPT MOD', MEASUREMENT_METHOD, RANO)
  if (segmentation === undefined || frame === undefined || frame < 0) {
    const space = text(referenceSeries.instances[0]?.metadata ?? {}, 'FrameOfReferenceUID')
    const measured = axes.map(({ name, value, ends }) =>
      numItem('CONTAINS', name, value, MILLIMETRE, [method, spatialLineItem('INFERRED FROM', name, ends, space)]),
    )
    return [container(MEASUREMENT_GROUP, [...header, ...measured], '1501')]
  }
  const source = sourceFrames[lesion.slice]!
  const image: ObjectReference = {
    ...source,
    ...(source.frameNumber === undefined ? {} : { frameNumbers: [source.frameNumber] }),
  }
  // Only the frame: a segment number is not allowed beside a frame number (PS3.3 C.18.4).
  const region = { ...segmentation, frameNumbers: [frame + 1] }
  return [
    container(
      MEASUREMENT_GROUP,
      [
        ...header,
        imageItem('CONTAINS', REFERENCED_SEGMENTATION_FRAME, region),
        imageItem('CONTAINS', SOURCE_IMAGE_FOR_SEGMENTATION, image),
        ...axes.map(({ name, value }) => numItem('CONTAINS', name, value, MILLIMETRE, [method])),
      ],
      '1410',
    ),
    container(
      MEASUREMENT_GROUP,
      [...header, ...axes.map(({ name, ends }) => lineItem('CONTAINS', name, onSlice(grid, ends), image))],
      '1501',
    ),
  ]
}

/** (column, row) of SCOORD, whose origin is the corner of the first pixel. */
function onSlice(grid: Grid, ends: readonly [Vec3, Vec3]): [number, number][] {
  return ends.map((point) => {
    const [column, row] = toIndex(grid, point)
    return [column + 0.5, row + 0.5]
  })
}
