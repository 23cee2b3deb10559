// A map of numbers on the grid of the source series as a Parametric Map (PS3.3 A.75, C.8.32): unscaled 32-bit floats.
import type { DicomJson } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'
import { dataset } from './dataset.ts'
import { DIMENSIONS, dimensions, type GridSources, gridObject, sharedGroups } from './grid-object.ts'
import { writePart10 } from './part10.ts'
import type { DicomObject } from './result-object.ts'
import { fault, perFrameGroups } from './segmentation-frames.ts'
import {
  DERIVATION,
  NO_UNITS,
  OWN_SCHEME_IDENTIFICATION,
  QUANTITY,
  SALIENCY,
  STANDARD_DEVIATION,
  TUMOUR_PROBABILITY_DEVIATION,
} from './sr/concepts.ts'

export const PARAMETRIC_MAP_STORAGE = '1.2.840.10008.5.1.4.1.1.30'

/** What the numbers of a map mean, as Code Sequence Macro items, and its name. */
interface MapKind {
  quantity: DicomJson
  derivation?: DicomJson
  seriesNumber: number
  series: string
  /** CS, at most 16 characters. */
  label: string
}

export const UNCERTAINTY_MAP: MapKind = {
  quantity: TUMOUR_PROBABILITY_DEVIATION,
  derivation: STANDARD_DEVIATION,
  seriesNumber: 9007,
  series: 'AI glioma uncertainty, not reviewed, research use',
  label: 'UNCERTAINTY',
}

export const SALIENCY_MAP: MapKind = {
  quantity: SALIENCY,
  seriesNumber: 9008,
  series: 'AI glioma saliency, not reviewed, research use',
  label: 'SALIENCY',
}

export interface ParametricMapInput extends GridSources {
  /** On the grid of the reference series. */
  map: Volume<Float32Array>
  /** Part of its UIDs, for example "uncertainty". */
  role: string
  shows: MapKind
  /** The same in words, at most 64 characters. */
  description: string
}

/** Builds the map of all slices. */
export function buildParametricMap(input: ParametricMapInput): DicomObject {
  const { result, map, shows, description } = input
  const { grid, data } = map
  if (data.length !== grid.size[0] * grid.size[1] * grid.size[2]) throw fault('the map does not fill its grid')
  const { content, positions, sopInstanceUid, seriesInstanceUid } = gridObject(input, grid, {
    role: input.role,
    sopClassUid: PARAMETRIC_MAP_STORAGE,
    modality: 'MR',
    seriesNumber: shows.seriesNumber,
    seriesDescription: shows.series,
  })
  const frames = Array.from({ length: grid.size[2] }, (_, slice) => ({ slice }))
  // Float pixels have no bits, sign or look-up table (C.7.6.24).
  const shown = dataset({
    CodingSchemeIdentificationSequence: [OWN_SCHEME_IDENTIFICATION],
    BodyPartExamined: 'BRAIN',
    ImageType: ['DERIVED', 'PRIMARY', 'VOLUME', 'NONE'],
    ContentLabel: shows.label,
    ContentDescription: description,
    ContentQualification: 'RESEARCH',
    AcquisitionContextSequence: [],
    BurnedInAnnotation: 'NO',
    RecognizableVisualFeatures: 'NO',
    PresentationLUTShape: 'IDENTITY',
    NumberOfFrames: frames.length,
    BitsAllocated: 32,
    ...dimensions(result.analysisId, input.role, [DIMENSIONS.position]),
    SharedFunctionalGroupsSequence: [{ ...sharedGroups(input, grid), ...mapGroups(input) }],
    PerFrameFunctionalGroupsSequence: perFrameGroups(frames, positions, input.sourceFrames),
    FloatPixelData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  })
  return {
    sopInstanceUid,
    seriesInstanceUid,
    sopClassUid: PARAMETRIC_MAP_STORAGE,
    bytes: writePart10({ dataset: { ...content, ...shown } }),
  }
}

/** Frame type, identity transformation, and the meaning of a value (C.7.6.16.2.11): the value itself. */
function mapGroups({ map, shows, description }: ParametricMapInput): DicomJson {
  const largest = map.data.reduce((most, value) => Math.max(most, value), 0)
  const smallest = map.data.reduce((least, value) => Math.min(least, value), 0)
  return dataset({
    ParametricMapFrameTypeSequence: [dataset({ FrameType: ['DERIVED', 'PRIMARY', 'VOLUME', 'NONE'] })],
    PixelValueTransformationSequence: [dataset({ RescaleIntercept: 0, RescaleSlope: 1, RescaleType: 'US' })],
    RealWorldValueMappingSequence: [
      dataset({
        LUTExplanation: description,
        LUTLabel: shows.label,
        MeasurementUnitsCodeSequence: [NO_UNITS],
        QuantityDefinitionSequence: [
          defined(QUANTITY, shows.quantity),
          ...(shows.derivation ? [defined(DERIVATION, shows.derivation)] : []),
        ],
        DoubleFloatRealWorldValueFirstValueMapped: smallest,
        DoubleFloatRealWorldValueLastValueMapped: largest,
        RealWorldValueIntercept: 0,
        RealWorldValueSlope: 1,
      }),
    ],
  })
}

/** Content Item Macro (PS3.3 Table 10-2). */
function defined(name: DicomJson, value: DicomJson): DicomJson {
  return dataset({ ValueType: 'CODE', ConceptNameCodeSequence: [name], ConceptCodeSequence: [value] })
}
