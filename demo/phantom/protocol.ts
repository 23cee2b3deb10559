// The scan protocol of the generated study: what a radiographer would run for a glioma, at two sizes.
import type { Sequence } from '../../src/domain/study.ts'
import type { Stack } from './acquire.ts'
import type { Contrast } from './signal.ts'
import { type StackPlan, stackOf } from './stacks.ts'

export type StudySize = 'full' | 'small'

/** One series: which contrast, which slices, and what its headers say. */
export interface Acquisition {
  /** Unique within the study; part of the UIDs. */
  key: string
  /** Absent for series that an analysis must not use. */
  sequence?: Sequence
  number: number
  description: string
  contrast: Contrast
  /** Several stacks in one series: the planes of a localizer. */
  stacks: Stack[]
  /** Stored value of the brightest usual tissue. */
  peak: number
  noise: number
  bias: number
  headers: SequenceHeaders
  /** Minutes after the start of the study. */
  minute: number
  afterContrast: boolean
}

/** MR Image Module (PS3.3 C.8.3.1) values that tell sequences apart. */
export interface SequenceHeaders {
  imageType: string[]
  scanningSequence: string[]
  sequenceVariant: string[]
  scanOptions: string[]
  acquisitionType: '2D' | '3D'
  sequenceName: string
  echoTrainLength: number
  flipAngle: number
  pixelBandwidth: number
}

const ORIGINAL = ['ORIGINAL', 'PRIMARY']

/** All series in the order in which they are acquired. */
export function protocolOf(size: StudySize): Acquisition[] {
  const full = size === 'full'
  const one = (plan: StackPlan): Stack[] => [stackOf(plan)]
  const axialDiffusion = one({
    plane: 'axial',
    tilt: [-8, 0, 0],
    matrix: full ? [128, 128] : [64, 64],
    pixel: full ? 1.8 : 3.6,
    slices: full ? 24 : 18,
    spacing: full ? 6 : 8,
    thickness: 5,
    centre: [0, 2, 12],
  })
  const diffusion = (b: number): Contrast => ({ kind: 'diffusion', tr: 5200, te: 89, b })
  const echoPlanar = {
    scanningSequence: ['EP'],
    sequenceVariant: ['SK'],
    acquisitionType: '2D' as const,
    echoTrainLength: full ? 128 : 64,
    flipAngle: 90,
    pixelBandwidth: 1502,
  }
  const mprage: Contrast = { kind: 'mprage', tr: 2000, te: 2.9, ti: 1000, contrastAgent: true }
  const mprageHeaders = {
    scanningSequence: ['GR', 'IR'],
    sequenceVariant: ['SP', 'MP'],
    scanOptions: ['IR'],
    acquisitionType: '3D' as const,
    sequenceName: '*tfl3d1_16ns',
    echoTrainLength: 1,
    flipAngle: 9,
    pixelBandwidth: 180,
  }
  return [
    {
      key: 'localizer',
      number: 1,
      minute: 0,
      description: 'Localizer 3 plane',
      afterContrast: false,
      contrast: { kind: 'spoiled-gradient-echo', tr: 8.6, te: 4, flipAngle: 20 },
      peak: 1500,
      noise: 22,
      bias: 1,
      stacks: (['axial', 'coronal', 'sagittal'] as const).map((plane) =>
        stackOf({
          plane,
          tilt: [0, 0, 0],
          matrix: full ? [256, 256] : [96, 96],
          pixel: full ? 1 : 2.7,
          slices: 3,
          spacing: 20,
          thickness: 7,
          centre: [0, 0, -5],
        }),
      ),
      headers: {
        imageType: [...ORIGINAL, 'OTHER', 'LOCALIZER'],
        scanningSequence: ['GR'],
        sequenceVariant: ['SP'],
        scanOptions: [],
        acquisitionType: '2D',
        sequenceName: '*fl2d1',
        echoTrainLength: 1,
        flipAngle: 20,
        pixelBandwidth: 320,
      },
    },
    {
      key: 't1',
      sequence: 'T1',
      number: 2,
      minute: 3,
      description: 'T1 SE tra',
      afterContrast: false,
      contrast: { kind: 'spin-echo', tr: 470, te: 11 },
      peak: 1700,
      noise: 17,
      bias: 1,
      stacks: one({
        plane: 'axial',
        tilt: [0, 0, 0],
        matrix: full ? [256, 256] : [112, 112],
        pixel: full ? 0.90625 : 2.1,
        slices: 25,
        spacing: 6,
        thickness: 5,
        centre: [1, -7, 8],
      }),
      headers: {
        imageType: [...ORIGINAL, 'M', 'NORM'],
        scanningSequence: ['SE'],
        sequenceVariant: ['SK', 'SP'],
        scanOptions: ['SAT1'],
        acquisitionType: '2D',
        sequenceName: '*se2d1',
        echoTrainLength: 1,
        flipAngle: 90,
        pixelBandwidth: 150,
      },
    },
    {
      key: 't2',
      sequence: 'T2',
      number: 3,
      minute: 7,
      description: 'T2 TSE tra obl',
      afterContrast: false,
      contrast: { kind: 'spin-echo', tr: 4800, te: 98 },
      peak: 2300,
      noise: 22,
      bias: 1,
      stacks: one({
        plane: 'axial',
        tilt: [-14, 2, 3],
        matrix: full ? [320, 320] : [128, 128],
        pixel: full ? 0.71875 : 1.8,
        slices: full ? 33 : 27,
        spacing: full ? 4.4 : 5.5,
        thickness: full ? 4 : 5,
        centre: [0, 0, 8],
      }),
      headers: {
        imageType: [...ORIGINAL, 'M', 'NORM'],
        scanningSequence: ['SE'],
        sequenceVariant: ['SK', 'SP', 'OSP'],
        scanOptions: ['SAT1'],
        acquisitionType: '2D',
        sequenceName: '*tse2d1_15',
        echoTrainLength: 15,
        flipAngle: 150,
        pixelBandwidth: 190,
      },
    },
    {
      key: 'dwi',
      number: 4,
      minute: 11,
      description: 'ep2d diff b0 b1000 tra',
      afterContrast: false,
      contrast: diffusion(0),
      peak: 1500,
      noise: 26,
      bias: 1,
      stacks: axialDiffusion,
      headers: {
        ...echoPlanar,
        imageType: [...ORIGINAL, 'DIFFUSION', 'NONE'],
        scanOptions: ['PFP', 'FS'],
        sequenceName: '*ep_b1000t',
      },
    },
    {
      key: 'adc',
      sequence: 'ADC',
      number: 5,
      minute: 12,
      description: 'ep2d diff ADC',
      afterContrast: false,
      contrast: diffusion(1000),
      peak: 3000,
      noise: 0,
      bias: 0,
      stacks: axialDiffusion,
      headers: {
        ...echoPlanar,
        imageType: ['DERIVED', 'PRIMARY', 'DIFFUSION MAP', 'ADC'],
        scanOptions: ['PFP', 'FS'],
        sequenceName: '*ep_b0_1000',
      },
    },
    {
      key: 'flair',
      sequence: 'FLAIR',
      number: 6,
      minute: 14,
      description: 'T2 FLAIR cor',
      afterContrast: false,
      contrast: { kind: 'inversion-recovery', tr: 9000, te: 96, ti: 2460 },
      peak: 1500,
      noise: 19,
      bias: 1,
      stacks: one({
        plane: 'coronal',
        tilt: [6, 0, -2],
        matrix: full ? [256, 256] : [112, 112],
        pixel: full ? 0.9375 : 2.15,
        slices: full ? 62 : 44,
        spacing: full ? 3.3 : 4.6,
        thickness: full ? 3 : 4.2,
        centre: [0, -2, -4],
      }),
      headers: {
        imageType: [...ORIGINAL, 'M', 'NORM'],
        scanningSequence: ['SE', 'IR'],
        sequenceVariant: ['SK', 'SP', 'MP'],
        scanOptions: ['IR', 'SAT1'],
        acquisitionType: '2D',
        sequenceName: '*tir2d1_16',
        echoTrainLength: 16,
        flipAngle: 150,
        pixelBandwidth: 220,
      },
    },
    {
      key: 't1c',
      sequence: 'T1c',
      number: 7,
      minute: 24,
      description: 'T1 MPRAGE sag post KM',
      afterContrast: true,
      contrast: mprage,
      peak: 1500,
      noise: 20,
      bias: 1,
      stacks: one({
        plane: 'sagittal',
        tilt: [0, -1.5, 2.5],
        matrix: full ? [256, 256] : [128, 128],
        pixel: full ? 1 : 2,
        slices: full ? 176 : 88,
        spacing: full ? 1 : 2,
        thickness: full ? 1 : 2,
        centre: [0, -10, -22],
      }),
      headers: { ...mprageHeaders, imageType: [...ORIGINAL, 'M', 'NORM'] },
    },
    {
      key: 'mpr',
      number: 8,
      minute: 31,
      description: 'T1 MPRAGE post KM MPR tra',
      afterContrast: true,
      contrast: mprage,
      peak: 1500,
      noise: 9,
      bias: 1,
      stacks: one({
        plane: 'axial',
        tilt: [-14, 0, 0],
        matrix: full ? [256, 256] : [96, 96],
        pixel: full ? 0.95 : 2.5,
        slices: full ? 28 : 20,
        spacing: full ? 5 : 7,
        thickness: full ? 5 : 7,
        centre: [0, 0, 8],
      }),
      headers: { ...mprageHeaders, imageType: ['DERIVED', 'SECONDARY', 'MPR'] },
    },
  ]
}
