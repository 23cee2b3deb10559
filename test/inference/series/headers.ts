// Builds series as scanners describe them, classic or enhanced, from the few attributes that matter for selection.
import { dataset } from '../../../src/dicom/dataset.ts'
import type { DicomJson, Series, Study } from '../../../src/domain/study.ts'

export interface Headers {
  description?: string | undefined
  protocol?: string | undefined
  modality?: string
  sopClass?: string
  enhanced?: boolean
  imageType?: string | undefined
  photometric?: string
  scanning?: string | undefined
  variant?: string | undefined
  echo?: 'SPIN' | 'GRADIENT'
  ir?: boolean
  is3d?: boolean
  acquisitionContrast?: string
  tr?: number | undefined
  te?: number | undefined
  secondTe?: number
  ti?: number | undefined
  flip?: number | undefined
  bValue?: number
  angio?: boolean
  agent?: string | undefined
  agentSequence?: boolean
  administered?: 'YES' | 'NO'
  volume?: number
  bodyPart?: string
  slices: number
  spacing?: number
  pixel?: number
  plane?: 'axial' | 'coronal' | 'sagittal'
  /** Images per slice position. */
  repeats?: number
  mixed?: boolean
  noPositions?: boolean
  time?: string
}

const PLANES = { axial: [1, 0, 0, 0, 1, 0], coronal: [1, 0, 0, 0, 0, -1], sagittal: [0, 1, 0, 0, 0, -1] }
const STEPS = { axial: [0, 0, 1], coronal: [0, 1, 0], sagittal: [1, 0, 0] }

export function study(all: Headers[]): Study {
  return { studyInstanceUid: '1.2.3', series: all.map((headers, n) => series(headers, n + 1)) }
}

export function series(h: Headers, seriesNumber: number): Series {
  const seriesInstanceUid = `1.2.3.${seriesNumber}`
  const frames = Array.from({ length: h.slices * (h.repeats ?? 1) }, (_, n) => frameOf(h, n))
  const sopClassUid = h.sopClass ?? (h.enhanced ? '1.2.840.10008.5.1.4.1.1.4.1' : '1.2.840.10008.5.1.4.1.1.4')
  const common = commonOf(h, seriesNumber)
  const metadata = h.enhanced ? [enhancedOf(h, common, frames)] : frames.map((frame) => classicOf(h, common, frame))
  return {
    seriesInstanceUid,
    modality: h.modality ?? 'MR',
    instances: metadata.map((ds, n) => ({
      sopInstanceUid: `${seriesInstanceUid}.${n + 1}`,
      sopClassUid,
      metadata: ds,
    })),
  }
}

interface Frame {
  position: number[]
  orientation: number[]
  te: number | undefined
}

function frameOf(h: Headers, n: number): Frame {
  const planes = ['axial', 'coronal', 'sagittal'] as const
  const plane = h.mixed ? planes[n % 3]! : (h.plane ?? 'axial')
  const slice = n % h.slices
  const position = STEPS[plane].map((step) => step * slice * (h.spacing ?? 5) - 60)
  return { position, orientation: PLANES[plane], te: n >= h.slices && h.secondTe ? h.secondTe : h.te }
}

const list = (value: string | undefined) => (value === undefined ? undefined : value.split('\\'))

function commonOf(h: Headers, seriesNumber: number): DicomJson {
  return dataset({
    SeriesNumber: seriesNumber,
    SeriesDescription: h.description ?? '',
    ProtocolName: h.protocol,
    ImageType: list(h.imageType ?? 'ORIGINAL\\PRIMARY\\M'),
    BodyPartExamined: h.bodyPart ?? 'HEAD',
    PhotometricInterpretation: h.photometric ?? 'MONOCHROME2',
    Rows: 256,
    Columns: 256,
    MagneticFieldStrength: 3,
    MRAcquisitionType: h.is3d ? '3D' : '2D',
    AcquisitionDate: h.time ? '20250101' : undefined,
    AcquisitionTime: h.time || undefined,
    ContrastBolusAgent: h.agent,
    ContrastBolusVolume: h.volume,
  })
}

function classicOf(h: Headers, common: DicomJson, frame: Frame): DicomJson {
  return {
    ...common,
    ...dataset({
      ScanningSequence: list(h.scanning),
      SequenceVariant: list(h.variant),
      RepetitionTime: h.tr,
      EchoTime: frame.te,
      InversionTime: h.ti,
      FlipAngle: h.flip,
      AngioFlag: h.angio ? 'Y' : undefined,
      DiffusionBValue: h.bValue,
      ContrastBolusAgentAdministered: h.administered,
      PixelSpacing: [h.pixel ?? 0.9, h.pixel ?? 0.9],
      ...(h.noPositions ? {} : { ImagePositionPatient: frame.position, ImageOrientationPatient: frame.orientation }),
    }),
  }
}

function enhancedOf(h: Headers, common: DicomJson, frames: Frame[]): DicomJson {
  return {
    ...common,
    ...dataset({
      AcquisitionContrast: h.acquisitionContrast,
      EchoPulseSequence: h.echo,
      InversionRecovery: h.ir ? 'YES' : undefined,
      ContrastBolusAgentSequence: h.agentSequence
        ? dataset({ CodeValue: '1', CodingSchemeDesignator: '99T', CodeMeaning: 'Gadobutrol' })
        : undefined,
      SharedFunctionalGroupsSequence: dataset({
        MRTimingAndRelatedParametersSequence: dataset({ RepetitionTime: h.tr, FlipAngle: h.flip }),
        PixelMeasuresSequence: dataset({ PixelSpacing: [h.pixel ?? 0.9, h.pixel ?? 0.9] }),
        MRModifierSequence: dataset({ InversionTimes: h.ti }),
        ContrastBolusUsageSequence: h.administered
          ? dataset({ ContrastBolusAgentAdministered: h.administered })
          : undefined,
      }),
      PerFrameFunctionalGroupsSequence: frames.map((frame) =>
        dataset({
          MREchoSequence: dataset({ EffectiveEchoTime: frame.te }),
          MRDiffusionSequence: h.bValue ? dataset({ DiffusionBValue: h.bValue }) : undefined,
          ...(h.noPositions
            ? {}
            : {
                PlanePositionSequence: dataset({ ImagePositionPatient: frame.position }),
                PlaneOrientationSequence: dataset({ ImageOrientationPatient: frame.orientation }),
              }),
        }),
      ),
    }),
  }
}
