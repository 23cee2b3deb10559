// One series as one Enhanced MR Image (PS3.3 A.36.2, C.8.13): frames with functional groups.
import { dataset, tagOf } from '../../src/dicom/dataset.ts'
import type { DicomJson, Uid } from '../../src/domain/study.ts'
import type { Grid } from '../../src/domain/volume.ts'
import {
  IMAGING_FREQUENCY,
  orientationOf,
  pixelDescription,
  positionOf,
  type SeriesContent,
  type StudyHeaders,
  sharedHeaders,
} from './headers.ts'

export const ENHANCED_MR_STORAGE = '1.2.840.10008.5.1.4.1.1.4.1'

const code = (value: string, scheme: string, meaning: string) =>
  dataset({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning })

/** The multi-frame image of a grid: everything but the pixels; frames are the slices in order. */
export function enhancedImage(
  study: StudyHeaders,
  series: SeriesContent,
  grid: Grid,
  sopInstanceUid: Uid,
  largest: number,
): DicomJson {
  const [columns, rows, slices] = grid.size
  const dateTime = `${study.study.studyDate}${series.time}`
  const shared = sharedHeaders(study, series)
  // The enhanced IOD has these in AcquisitionDateTime and per frame.
  for (const keyword of ['AcquisitionDate', 'AcquisitionTime']) delete shared[tagOf(keyword)]
  return {
    ...shared,
    ...pulseSequence(series),
    ...(series.afterContrast ? contrastAgent() : {}),
    ...dataset({
      SOPClassUID: ENHANCED_MR_STORAGE,
      SOPInstanceUID: sopInstanceUid,
      InstanceNumber: 1,
      ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'NONE'],
      ...frameDescription(series),
      AcquisitionNumber: 1,
      AcquisitionDateTime: dateTime,
      AcquisitionDuration: 240,
      ContentQualification: 'RESEARCH',
      BurnedInAnnotation: 'NO',
      LossyImageCompression: '00',
      PresentationLUTShape: 'IDENTITY',
      AcquisitionContextSequence: [],
      NumberOfFrames: slices,
      ...pixelDescription(columns, rows),
      DimensionOrganizationSequence: dataset({ DimensionOrganizationUID: series.seriesInstanceUid }),
      DimensionIndexSequence: [
        dimension(series, '00209056', 'Stack'),
        dimension(series, '00209057', 'Position in stack'),
      ],
      SharedFunctionalGroupsSequence: sharedGroups(series, grid, largest),
      PerFrameFunctionalGroupsSequence: Array.from({ length: slices }, (_, slice) =>
        frameGroups(grid, slice, dateTime),
      ),
    }),
  }
}

/** Enhanced MR Image and MR Frame Type macros (C.8.13.1, C.8.13.5.1). */
function frameDescription({ contrast, headers }: SeriesContent): Record<string, string> {
  const spin = contrast.kind === 'inversion-recovery' ? 'FLUID_ATTENUATED' : contrast.tr > 2000 ? 'T2' : 'T1'
  return {
    PixelPresentation: 'MONOCHROME',
    VolumetricProperties: 'VOLUME',
    VolumeBasedCalculationTechnique: 'NONE',
    ComplexImageComponent: 'MAGNITUDE',
    AcquisitionContrast: headers.scanningSequence.includes('GR') ? 'T1' : spin,
  }
}

/** MR Pulse Sequence Module (C.8.13.4). */
function pulseSequence({ headers }: SeriesContent): DicomJson {
  const gradientEcho = headers.scanningSequence.includes('GR')
  return dataset({
    ResonantNucleus: '1H',
    MagneticFieldStrength: 1.5,
    KSpaceFiltering: 'NONE',
    ApplicableSafetyStandardAgency: 'IEC',
    PulseSequenceName: headers.sequenceName,
    MRAcquisitionType: headers.acquisitionType,
    EchoPulseSequence: gradientEcho ? 'GRADIENT' : 'SPIN',
    MultipleSpinEcho: gradientEcho ? undefined : headers.echoTrainLength > 1 ? 'YES' : 'NO',
    MultiPlanarExcitation: 'NO',
    PhaseContrast: 'NO',
    TimeOfFlightContrast: 'NO',
    SteadyStatePulseSequence: 'NONE',
    EchoPlanarPulseSequence: 'NO',
    SaturationRecovery: 'NO',
    SpectrallySelectedSuppression: 'NONE',
    OversamplingPhase: 'NONE',
    GeometryOfKSpaceTraversal: 'RECTILINEAR',
    SegmentedKSpaceTraversal: headers.echoTrainLength > 1 ? 'PARTIAL' : 'SINGLE',
    RectilinearPhaseEncodeReordering: 'LINEAR',
    NumberOfKSpaceTrajectories: 1,
    CoverageOfKSpace: headers.acquisitionType === '3D' ? 'FULL' : undefined,
  })
}

/** Enhanced Contrast/Bolus Module (C.7.6.4b). */
function contrastAgent(): DicomJson {
  return dataset({
    ContrastBolusAgentSequence: {
      ...code('GADOBUTROL', '99GLIABRIDGE', 'Gadobutrol 1.0 mmol/mL'),
      ...dataset({
        ContrastBolusAgentNumber: 1,
        ContrastBolusAdministrationRouteSequence: code('47625008', 'SCT', 'Intravenous route'),
        ContrastBolusIngredientCodeSequence: [],
        ContrastBolusVolume: 6.8,
        ContrastBolusIngredientConcentration: 157.25,
      }),
    },
  })
}

function dimension(series: SeriesContent, pointer: string, label: string): DicomJson {
  return dataset({
    DimensionOrganizationUID: series.seriesInstanceUid,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: '00209111',
    DimensionDescriptionLabel: label,
  })
}

/** Functional groups that all frames share (C.7.6.16.2, C.8.13.5). */
function sharedGroups(series: SeriesContent, grid: Grid, largest: number): DicomJson {
  const { contrast, headers } = series
  const [columns, rows] = grid.size
  const [acrossColumns, acrossRows] = grid.spacing
  const inverted = contrast.kind === 'inversion-recovery' || contrast.kind === 'mprage'
  return dataset({
    PixelMeasuresSequence: dataset({
      PixelSpacing: [acrossRows, acrossColumns],
      SliceThickness: series.thickness,
      SpacingBetweenSlices: series.spacing,
    }),
    PlaneOrientationSequence: dataset({ ImageOrientationPatient: orientationOf(grid) }),
    FrameAnatomySequence: dataset({ AnatomicRegionSequence: code('12738006', 'SCT', 'Brain'), FrameLaterality: 'U' }),
    PixelValueTransformationSequence: dataset({ RescaleIntercept: 0, RescaleSlope: 1, RescaleType: 'US' }),
    FrameVOILUTSequence: dataset({ WindowCenter: Math.round(0.45 * largest), WindowWidth: Math.round(0.9 * largest) }),
    MRImageFrameTypeSequence: dataset({ FrameType: ['ORIGINAL', 'PRIMARY', 'M', 'NONE'], ...frameDescription(series) }),
    MRTimingAndRelatedParametersSequence: dataset({
      RepetitionTime: contrast.tr,
      FlipAngle: headers.flipAngle,
      EchoTrainLength: headers.echoTrainLength,
      RFEchoTrainLength: headers.scanningSequence.includes('GR') ? 0 : headers.echoTrainLength,
      GradientEchoTrainLength: headers.scanningSequence.includes('GR') ? 1 : 0,
      SpecificAbsorptionRateSequence: dataset({
        SpecificAbsorptionRateDefinition: 'IEC_HEAD',
        SpecificAbsorptionRateValue: 0.8,
      }),
      GradientOutputType: 'DB_DT',
      GradientOutput: 20,
      OperatingModeSequence: ['STATIC FIELD', 'RF', 'GRADIENT'].map((type) =>
        dataset({ OperatingModeType: type, OperatingMode: 'IEC_NORMAL' }),
      ),
    }),
    MRFOVGeometrySequence: dataset({
      InPlanePhaseEncodingDirection: 'COLUMN',
      MRAcquisitionFrequencyEncodingSteps: columns,
      MRAcquisitionPhaseEncodingStepsInPlane: rows,
      MRAcquisitionPhaseEncodingStepsOutOfPlane: headers.acquisitionType === '3D' ? grid.size[2] : undefined,
      PercentSampling: 100,
      PercentPhaseFieldOfView: 100,
    }),
    MREchoSequence: dataset({ EffectiveEchoTime: contrast.te }),
    MRModifierSequence: dataset({
      InversionRecovery: inverted ? 'YES' : 'NO',
      InversionTimes: inverted ? contrast.ti : undefined,
      FlowCompensation: 'NONE',
      Spoiling: 'RF',
      T2Preparation: 'NO',
      SpectrallySelectedExcitation: 'NONE',
      SpatialPresaturation: 'NONE',
      PartialFourier: 'NO',
      ParallelAcquisition: 'NO',
    }),
    MRImagingModifierSequence: dataset({
      MagnetizationTransfer: 'NONE',
      BloodSignalNulling: 'NO',
      Tagging: 'NONE',
      TransmitterFrequency: IMAGING_FREQUENCY,
      PixelBandwidth: headers.pixelBandwidth,
    }),
    MRReceiveCoilSequence: dataset({
      ReceiveCoilName: 'HEAD',
      ReceiveCoilManufacturerName: 'Gliabridge',
      ReceiveCoilType: 'VOLUME',
      QuadratureReceiveCoil: 'YES',
    }),
    MRTransmitCoilSequence: dataset({
      TransmitCoilName: 'BODY',
      TransmitCoilManufacturerName: 'Gliabridge',
      TransmitCoilType: 'BODY',
    }),
    MRAveragesSequence: dataset({ NumberOfAverages: 1 }),
    ContrastBolusUsageSequence: series.afterContrast
      ? dataset({
          ContrastBolusAgentNumber: 1,
          ContrastBolusAgentAdministered: 'YES',
          ContrastBolusAgentDetected: 'YES',
          ContrastBolusAgentPhase: '',
        })
      : undefined,
  })
}

function frameGroups(grid: Grid, slice: number, dateTime: string): DicomJson {
  return dataset({
    PlanePositionSequence: dataset({ ImagePositionPatient: positionOf(grid, slice) }),
    FrameContentSequence: dataset({
      FrameReferenceDateTime: dateTime,
      FrameAcquisitionDateTime: dateTime,
      FrameAcquisitionDuration: 1000,
      FrameAcquisitionNumber: 1,
      StackID: '1',
      InStackPositionNumber: slice + 1,
      DimensionIndexValues: [1, slice + 1],
    }),
  })
}
