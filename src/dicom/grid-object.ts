// Modules common to all objects on the grid of a source series: segmentations of every kind and maps (PS3.3 C.7.6.16, C.8.20).
import { AppError } from '../domain/errors.ts'
import type { ReportableResult, Segment } from '../domain/finding.ts'
import { readName } from '../domain/person-name.ts'
import type { Review } from '../domain/review.ts'
import type { DicomJson, Instance, Series, Uid } from '../domain/study.ts'
import { type Grid, toPatient, type Vec3 } from '../domain/volume.ts'
import { ARTIFICIAL_INTELLIGENCE, BRAIN, cieLab, MORPHOLOGICALLY_ABNORMAL, SEGMENT_CONCEPTS } from './codes.ts'
import { dataset, numbers, text } from './dataset.ts'
import { clip, personName } from './result-modules.ts'
import { type ObjectKind, resultObject } from './result-object.ts'
import { fault, type SourceFrame } from './segmentation-frames.ts'
import { slicesOf } from './slices.ts'
import { copied } from './source-values.ts'
import { trackingOf } from './tracking.ts'
import { deterministicUid } from './uid.ts'

/** The inputs of an object on the grid of a source series. */
export interface GridSources {
  result: ReportableResult
  /** The series that provides the object's grid, frame of reference and identity. */
  referenceSeries: Series
  /** The image behind slice k, ascending along the normal. */
  sourceFrames: readonly SourceFrame[]
  /** The other series that the network saw. */
  otherSources: readonly Series[]
  /** The review whose outlines the object shows; absent for the software's own. */
  review?: Review
}

export interface GridObject {
  sopInstanceUid: Uid
  seriesInstanceUid: Uid
  /** Everything except what the object shows. */
  content: DicomJson
  /** Position of each slice, as its source states it. */
  positions: Vec3[]
}

/** Identity, equipment, series, frame of reference, sources and geometry. Throws SERIES_UNSUPPORTED without a frame of reference. */
export function gridObject(sources: GridSources, grid: Grid, kind: ObjectKind): GridObject {
  const { result, referenceSeries, otherSources, review } = sources
  const [reference] = referenceSeries.instances
  if (reference === undefined) throw fault('the reference series has no instances')
  const frameOfReferenceUid = text(reference.metadata, 'FrameOfReferenceUID')
  if (frameOfReferenceUid === '') {
    throw new AppError(
      'SERIES_UNSUPPORTED',
      `series ${referenceSeries.seriesInstanceUid}: FrameOfReferenceUID is missing, so no segmentation can refer to its space`,
    )
  }
  const positions = positionsOf(sources, grid)
  const cause = review && { id: review.reviewId, at: review.at }
  const { uids, content: opening } = resultObject(result, reference.metadata, kind, cause)
  const [columns, rows] = grid.size
  const content: DicomJson = {
    ...opening,
    ...copied(reference.metadata, ['PositionReferenceIndicator']),
    ...dataset({
      FrameOfReferenceUID: frameOfReferenceUid,
      ...(text(reference.metadata, 'PositionReferenceIndicator') === '' ? { PositionReferenceIndicator: '' } : {}),
      ImageType: ['DERIVED', 'PRIMARY'],
      ContentCreatorName: review ? personName(review.reviewer.name) : '',
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: rows,
      Columns: columns,
      ReferencedSeriesSequence: referencedSeries(sources),
    }),
    ...lossyCompression([referenceSeries, ...otherSources]),
  }
  return { ...uids, content, positions }
}

/**
 * The position of each slice as its source states it. It must be where the grid says: a mismatch means that slices and labels
 * are in different order, the kind of error that mirrors a mask.
 */
function positionsOf({ referenceSeries, sourceFrames }: GridSources, grid: Grid): Vec3[] {
  if (sourceFrames.length !== grid.size[2]) {
    throw fault(`${sourceFrames.length} source frames for ${grid.size[2]} slices`)
  }
  const instances = new Map(referenceSeries.instances.map((instance) => [instance.sopInstanceUid, instance]))
  const slices = new Map<Uid, ReturnType<typeof slicesOf>>()
  const allowed = 0.5 * Math.min(...grid.spacing)
  return sourceFrames.map(({ sopInstanceUid, frameNumber = 1 }, k) => {
    const instance = instances.get(sopInstanceUid)
    if (instance === undefined) throw fault(`source ${sopInstanceUid} is not in the reference series`)
    const frames = slices.get(sopInstanceUid) ?? slicesOf(instance)
    slices.set(sopInstanceUid, frames)
    const position = frames[frameNumber - 1]?.position
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
export function segmentItem(result: ReportableResult, segment: Segment, number: number, review?: Review): DicomJson {
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
    SegmentDescription: clip(`${segment.key}: ${segment.name}, ${originOf(segment, review)}`, 1024),
    SegmentAlgorithmType: algorithmTypeOf(segment),
    ...(segment.drawnBy !== 'person' && { SegmentAlgorithmName: clip(result.bundle.name, 64) }),
    SegmentedPropertyCategoryCodeSequence: [MORPHOLOGICALLY_ABNORMAL],
    SegmentedPropertyTypeCodeSequence: [concept.propertyType],
    AnatomicRegionSequence: [BRAIN],
    RecommendedDisplayCIELabValue: cieLab(concept.colour),
    TrackingID: tracking.identifier,
    TrackingUID: tracking.uid,
    ...(segment.drawnBy !== 'person' && { SegmentationAlgorithmIdentificationSequence: [algorithm(result)] }),
  })
}

/** Segment Algorithm Type (C.8.20.2): software, a person, or both. */
function algorithmTypeOf({ drawnBy }: Segment): 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL' {
  if (drawnBy === 'person') return 'MANUAL'
  return drawnBy === 'both' ? 'SEMIAUTOMATIC' : 'AUTOMATIC'
}

function originOf({ drawnBy }: Segment, review: Review | undefined): string {
  if (!review) return 'found by AI, not reviewed'
  const who = `${readName(review.reviewer.name)} (${review.reviewer.identifier})`
  if (drawnBy === 'person') return `drawn by ${who}`
  return drawnBy === 'both' ? `found by AI, corrected by ${who}` : `found by AI, accepted by ${who}`
}

function algorithm({ bundle, software }: ReportableResult): DicomJson {
  return dataset({
    AlgorithmFamilyCodeSequence: [ARTIFICIAL_INTELLIGENCE],
    AlgorithmName: clip(bundle.name, 64),
    AlgorithmVersion: clip(bundle.version, 64),
    AlgorithmSource: clip(software.manufacturer, 64),
    AlgorithmParameters: clip(`bundle ${bundle.id}, sha256 ${bundle.digest}`, 1024),
  })
}

/**
 * Common Instance Reference (C.12.2): the series from which the frames derive, and no other. The report lists all that the network saw. OHIF lays a
 * segmentation on whichever of the listed series it loaded first, and shows nothing if that is another one.
 */
function referencedSeries({ referenceSeries: { seriesInstanceUid, instances } }: GridSources): DicomJson[] {
  const listed = instances.map(({ sopClassUid, sopInstanceUid }: Instance) =>
    dataset({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }),
  )
  return [dataset({ SeriesInstanceUID: seriesInstanceUid, ReferencedInstanceSequence: listed })]
}

/** What a dimension index of the frames points to (C.7.6.17). */
export const DIMENSIONS = {
  segment: { keyword: 'ReferencedSegmentNumber', tag: '0062000B', group: '0062000A' },
  position: { keyword: 'ImagePositionPatient', tag: '00200032', group: '00209113' },
}

/** Multi-frame Dimension (C.7.6.17): the indices in their order. */
export function dimensions(
  analysisId: string,
  role: string,
  indices: readonly (typeof DIMENSIONS)['segment'][],
): Record<string, DicomJson[]> {
  const organization = deterministicUid(analysisId, role, 'dimensions')
  return {
    DimensionOrganizationSequence: [dataset({ DimensionOrganizationUID: organization })],
    DimensionIndexSequence: indices.map(({ keyword, tag, group }) =>
      dataset({
        DimensionOrganizationUID: organization,
        DimensionIndexPointer: tag,
        FunctionalGroupPointer: group,
        DimensionDescriptionLabel: keyword,
      }),
    ),
  }
}

/** Plane orientation and pixel measures, the same for all frames. */
export function sharedGroups(
  { result, referenceSeries, sourceFrames }: GridSources,
  { spacing, size }: Grid,
): DicomJson {
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
        ...(size[2] > 1 ? { SpacingBetweenSlices: spacing[2] } : {}),
        PixelSpacing: [spacing[1], spacing[0]],
      }),
    ],
  })
}

/** Once lossy, always lossy (C.7.6.1.1.5): this includes derived objects. */
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
