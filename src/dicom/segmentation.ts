// Labels to a BINARY DICOM Segmentation (PS3.3 A.51, C.8.20): coded segments, source references per frame, the same bytes each time.
import { AppError } from '../domain/errors.ts'
import type { Segment } from '../domain/finding.ts'
import type { ReportableResult } from '../domain/ports.ts'
import type { DicomJson, Instance, Series, Uid } from '../domain/study.ts'
import { type LabelVolume, toPatient, type Vec3 } from '../domain/volume.ts'
import { ARTIFICIAL_INTELLIGENCE, BRAIN, cieLab, MORPHOLOGICALLY_ABNORMAL, SEGMENT_CONCEPTS } from './codes.ts'
import { copied, dataset, numbers, text } from './dataset.ts'
import { writePart10 } from './part10.ts'
import {
  clip,
  contributingEquipment,
  equipment,
  momentOf,
  patientAndStudy,
  sopCommon,
  trackingOf,
} from './result-modules.ts'
import { fault, type MaskFrame, maskFrames, packBits, perFrameGroups, type SourceFrame } from './segmentation-frames.ts'
import { slicesOf } from './slices.ts'
import { deterministicUid } from './uid.ts'

const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4'
/** Above the numbers that scanners give, and fixed: a re-run must not make another series. */
const SERIES_NUMBER = 9001

export interface SegmentationInput {
  result: ReportableResult
  /** Labels on the grid of the reference series. */
  segmentation: LabelVolume
  /** The series whose grid, frame of reference and identity the segmentation takes. */
  referenceSeries: Series
  /** The image behind slice k, ascending along the normal. */
  sourceFrames: readonly SourceFrame[]
  /** The other series that the network saw. */
  otherSources: readonly Series[]
}

export interface DicomObject {
  sopInstanceUid: Uid
  seriesInstanceUid: Uid
  sopClassUid: Uid
  bytes: Uint8Array
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
  const { result, segmentation, referenceSeries } = input
  const [reference] = referenceSeries.instances
  if (reference === undefined) throw fault('the reference series has no instances')
  const frameOfReferenceUid = text(reference.metadata, 'FrameOfReferenceUID')
  if (frameOfReferenceUid === '') {
    throw new AppError(
      'SERIES_UNSUPPORTED',
      `series ${referenceSeries.seriesInstanceUid}: FrameOfReferenceUID is missing, so no segmentation can refer to its space`,
    )
  }
  const positions = positionsOf(input)
  const frames = maskFrames(segmentation, result.segments)
  if (frames.length === 0)
    throw fault('the label volume holds no labelled voxel; nothing found has no segmentation object')
  const moment = momentOf(result.analysedAt, reference.metadata)
  const sopInstanceUid = deterministicUid(result.analysisId, 'segmentation', 'instance')
  const seriesInstanceUid = deterministicUid(result.analysisId, 'segmentation', 'series')
  const [columns, rows] = segmentation.grid.size
  const content: DicomJson = {
    ...patientAndStudy(reference.metadata),
    ...sopCommon(SEGMENTATION_STORAGE, sopInstanceUid, moment),
    ...equipment(result),
    ...contributingEquipment(result, moment),
    ...copied(reference.metadata, ['PositionReferenceIndicator']),
    ...dataset({
      Modality: 'SEG',
      SeriesInstanceUID: seriesInstanceUid,
      SeriesNumber: SERIES_NUMBER,
      SeriesDate: moment.date,
      SeriesTime: moment.time,
      SeriesDescription: 'AI glioma segmentation, not reviewed, research use',
      InstanceNumber: 1,
      FrameOfReferenceUID: frameOfReferenceUid,
      ...(text(reference.metadata, 'PositionReferenceIndicator') === '' ? { PositionReferenceIndicator: '' } : {}),
      ImageType: ['DERIVED', 'PRIMARY'],
      ContentDate: moment.date,
      ContentTime: moment.time,
      ContentLabel: 'GLIOMA',
      ContentDescription: 'AI segmentation of glioma, not reviewed, research use',
      ContentCreatorName: '',
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      NumberOfFrames: frames.length,
      Rows: rows,
      Columns: columns,
      BitsAllocated: 1,
      BitsStored: 1,
      HighBit: 0,
      PixelRepresentation: 0,
      SegmentationType: 'BINARY',
      SegmentsOverlap: 'NO',
      SegmentSequence: result.segments.map((segment, index) => segmentItem(result, segment, index + 1)),
      ReferencedSeriesSequence: referencedSeries(input),
      ...dimensions(result.analysisId),
      SharedFunctionalGroupsSequence: [sharedGroups(input, positions)],
      PerFrameFunctionalGroupsSequence: perFrameGroups(frames, positions, input.sourceFrames),
    }),
    ...lossyCompression([referenceSeries, ...input.otherSources]),
  }
  return {
    sopInstanceUid,
    seriesInstanceUid,
    sopClassUid: SEGMENTATION_STORAGE,
    bytes: writePart10({ dataset: content, pixelData: packBits(segmentation, frames) }),
    frames,
  }
}

/**
 * The position of each slice as its source states it. It must be where the grid says: a mismatch means that slices and
 * labels are not in the same order, the fault that mirrors a mask.
 */
function positionsOf({ segmentation, referenceSeries, sourceFrames }: SegmentationInput): Vec3[] {
  const { grid } = segmentation
  if (sourceFrames.length !== grid.size[2]) {
    throw fault(`${sourceFrames.length} source frames for ${grid.size[2]} slices`)
  }
  const instances = new Map(referenceSeries.instances.map((instance) => [instance.sopInstanceUid, instance]))
  const slices = new Map<Uid, ReturnType<typeof slicesOf>>()
  const allowed = 0.5 * Math.min(...grid.spacing)
  return sourceFrames.map(({ sopInstanceUid, frameNumber = 1 }, k) => {
    const instance = instances.get(sopInstanceUid)
    if (instance === undefined) throw fault(`source ${sopInstanceUid} is not in the reference series`)
    const found = slices.get(sopInstanceUid) ?? slicesOf(instance)
    slices.set(sopInstanceUid, found)
    const position = found[frameNumber - 1]?.position
    const expected = toPatient(grid, [0, 0, k])
    const off =
      position === undefined
        ? Number.POSITIVE_INFINITY
        : Math.hypot(...position.map((value, axis) => value - expected[axis]!))
    if (position === undefined || off > allowed)
      throw fault(`slice ${k} does not lie where its source ${sopInstanceUid} lies`)
    return position
  })
}

/** Segment Description (C.8.20.4). */
function segmentItem(result: ReportableResult, segment: Segment, number: number): DicomJson {
  const concept = SEGMENT_CONCEPTS[segment.key]
  if (concept === undefined) {
    throw new AppError(
      'BUNDLE_INVALID',
      `bundle ${result.bundle.id}: no DICOM code is known for its segment key "${segment.key}"`,
    )
  }
  const tracking = trackingOf(result, segment.key)
  return dataset({
    SegmentNumber: number,
    SegmentLabel: clip(segment.name, 64),
    SegmentDescription: clip(`${segment.key}: ${segment.name}, found by AI, not reviewed`, 1024),
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: clip(result.bundle.name, 64),
    SegmentedPropertyCategoryCodeSequence: [MORPHOLOGICALLY_ABNORMAL],
    SegmentedPropertyTypeCodeSequence: [concept.propertyType],
    AnatomicRegionSequence: [BRAIN],
    RecommendedDisplayCIELabValue: cieLab(concept.colour),
    TrackingID: tracking.identifier,
    TrackingUID: tracking.uid,
    SegmentationAlgorithmIdentificationSequence: [
      dataset({
        AlgorithmFamilyCodeSequence: [ARTIFICIAL_INTELLIGENCE],
        AlgorithmName: clip(result.bundle.name, 64),
        AlgorithmVersion: clip(result.bundle.version, 64),
        AlgorithmSource: clip(result.software.manufacturer, 64),
        AlgorithmParameters: clip(`bundle ${result.bundle.id}, sha256 ${result.bundle.digest}`, 1024),
      }),
    ],
  })
}

/** Common Instance Reference (C.12.2): every instance that the network saw, by series. */
function referencedSeries({ referenceSeries, otherSources }: SegmentationInput): DicomJson[] {
  return [referenceSeries, ...otherSources].map(({ seriesInstanceUid, instances }) =>
    dataset({
      SeriesInstanceUID: seriesInstanceUid,
      ReferencedInstanceSequence: instances.map(({ sopClassUid, sopInstanceUid }: Instance) =>
        dataset({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }),
      ),
    }),
  )
}

/** Multi-frame Dimension (C.7.6.17): segment, then position. */
function dimensions(analysisId: string): Record<string, DicomJson[]> {
  const organization = deterministicUid(analysisId, 'segmentation', 'dimensions')
  const pointer = (keyword: string, tag: string, group: string) =>
    dataset({
      DimensionOrganizationUID: organization,
      DimensionIndexPointer: tag,
      FunctionalGroupPointer: group,
      DimensionDescriptionLabel: keyword,
    })
  return {
    DimensionOrganizationSequence: [dataset({ DimensionOrganizationUID: organization })],
    DimensionIndexSequence: [
      pointer('ReferencedSegmentNumber', '0062000B', '0062000A'),
      pointer('ImagePositionPatient', '00200032', '00209113'),
    ],
  }
}

function sharedGroups(
  { result, segmentation, referenceSeries, sourceFrames }: SegmentationInput,
  positions: Vec3[],
): DicomJson {
  const { spacing } = segmentation.grid
  const [source] = sourceFrames
  const instance = referenceSeries.instances.find(({ sopInstanceUid }) => sopInstanceUid === source?.sopInstanceUid)
  const slice = slicesOf(instance!)[(source?.frameNumber ?? 1) - 1]!
  const thickness = result.inputs.find(
    ({ seriesInstanceUid }) => seriesInstanceUid === referenceSeries.seriesInstanceUid,
  )?.sliceThicknessMm
  return dataset({
    PlaneOrientationSequence: [dataset({ ImageOrientationPatient: [...slice.rowCosine, ...slice.columnCosine] })],
    PixelMeasuresSequence: [
      dataset({
        SliceThickness: thickness ?? spacing[2],
        ...(positions.length > 1 ? { SpacingBetweenSlices: spacing[2] } : {}),
        PixelSpacing: [spacing[1], spacing[0]],
      }),
    ],
  })
}

/** Once lossy, always lossy (C.7.6.1.1.5): also in what is derived. */
function lossyCompression(sources: readonly Series[]): DicomJson {
  const lossy = sources
    .flatMap(({ instances }) => instances)
    .find(({ metadata }) => text(metadata, 'LossyImageCompression') === '01')
  if (lossy === undefined) return dataset({ LossyImageCompression: '00' })
  const ratios = numbers(lossy.metadata, 'LossyImageCompressionRatio')
  return {
    ...dataset({ LossyImageCompression: '01' }),
    ...(ratios.length === 0
      ? {}
      : copied(lossy.metadata, ['LossyImageCompressionRatio', 'LossyImageCompressionMethod'])),
  }
}
