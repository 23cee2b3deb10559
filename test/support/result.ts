// A synthetic case for tests: a head that is asymmetric in all three axes, with a glioma in the patient's left hemisphere,
// on any grid, and a result that reports on it.
import type { InputSeries, Measurement, ReportableResult, SequenceImage } from '../../src/domain/finding.ts'
import { type Sequence, STRUCTURAL } from '../../src/domain/study.ts'
import { type Grid, type LabelVolume, toPatient, type Vec3, voxelMillilitres } from '../../src/domain/volume.ts'
import { measureLesions, targetLesions } from '../../src/inference/lesions/diameters.ts'

const measureDiameters = (...of: Parameters<typeof measureLesions>) =>
  targetLesions(measureLesions(...of)).map(({ diameters }) => diameters)

/** LPS mm: left of the midline (x > 0), posterior (y > 0), high up. */
export const LESION_CENTRE: Vec3 = [34, 22, 38]

/** A 3D sagittal acquisition, coarse to be quick: i runs to posterior, j to inferior, k to the patient's left. */
export const SAGITTAL: Grid = {
  size: [108, 102, 80],
  spacing: [2, 2, 2.1],
  origin: [-84, -108, 108],
  direction: [0, 0, 1, 1, 0, 0, 0, -1, 0],
}

/** A 2D axial acquisition of 5 mm slices, tilted by 14 degrees about the left-right axis. */
export const OBLIQUE: Grid = (() => {
  const [c, s] = [Math.cos((14 * Math.PI) / 180), Math.sin((14 * Math.PI) / 180)]
  return {
    size: [116, 128, 34],
    spacing: [1.6, 1.6, 5],
    origin: [-92, -104 + 18, -70 - 20],
    direction: [1, 0, 0, 0, c, -s, 0, s, c],
  }
})()

/** Small and coarse, for tests that are not about pictures. */
export const COARSE: Grid = {
  size: [44, 54, 40],
  spacing: [4, 4, 4],
  origin: [-86, -106, -60],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
}

type Tissue = 'air' | 'scalp' | 'skull' | 'csf' | 'grey' | 'white' | 'NCR' | 'ED' | 'ET'

const SIGNALS: Record<Sequence, Record<Tissue, number>> = {
  T1: { air: 8, scalp: 760, skull: 90, csf: 150, grey: 380, white: 520, NCR: 230, ED: 350, ET: 400 },
  T1c: { air: 8, scalp: 780, skull: 95, csf: 150, grey: 390, white: 520, NCR: 240, ED: 350, ET: 900 },
  T2: { air: 8, scalp: 520, skull: 60, csf: 980, grey: 520, white: 380, NCR: 860, ED: 760, ET: 600 },
  FLAIR: { air: 8, scalp: 520, skull: 60, csf: 110, grey: 520, white: 400, NCR: 420, ED: 860, ET: 640 },
  ADC: { air: 4, scalp: 300, skull: 60, csf: 2900, grey: 850, white: 720, NCR: 1900, ED: 1400, ET: 1050 },
  rCBV: { air: 4, scalp: 200, skull: 40, csf: 120, grey: 420, white: 200, NCR: 60, ED: 180, ET: 900 },
}

export const LABELS = { NCR: 1, ED: 2, ET: 3 } as const

/** Distance from the centre of an ellipsoid in units of its radii. */
function reach(p: Vec3, centre: Vec3, radii: Vec3): number {
  return Math.hypot((p[0] - centre[0]) / radii[0], (p[1] - centre[1]) / radii[1], (p[2] - centre[2]) / radii[2])
}

function tissueAt(p: Vec3, lesion: boolean): Tissue {
  // A nose and a flatter right side make left, right, front and back tell apart.
  const nose = reach(p, [2, -96, -18], [12, 22, 18]) < 1
  const side = p[0] < 0 ? 70 : 73
  const head = reach(p, [0, 0, 20], [side, 92, 84])
  if (head > 1) return nose ? 'scalp' : 'air'
  if (head > 0.93) return 'scalp'
  if (head > 0.87) return 'skull'
  const folds = 0.012 * Math.sin(p[0] / 4.1 + p[1] / 5.3) + 0.012 * Math.sin(p[2] / 4.7 - p[1] / 3.9)
  if (head > 0.835 + folds) return 'csf'
  if (lesion) {
    const bumps = 0.1 * Math.sin(p[0] / 6 + 1) * Math.cos(p[1] / 7) + 0.08 * Math.sin(p[2] / 5)
    const [x, y, z] = LESION_CENTRE
    const core = reach(p, [x + 2, y, z], [17, 20, 16]) + bumps
    if (core < 0.66) return 'NCR'
    if (core < 1) return 'ET'
    if (reach(p, [x - 2, y + 6, z - 3], [30, 38, 27]) + 2 * bumps < 1) return 'ED'
  }
  const ventricle = Math.min(reach(p, [12, -2, 28], [6, 28, 12]), reach(p, [-13, 0, 28], [7, 31, 13]))
  if (ventricle < 1) return 'csf'
  if (Math.abs(p[0]) < 1.2 && p[2] > 20) return 'csf'
  return head > 0.74 + 3 * folds ? 'grey' : 'white'
}

/** Repeatable noise in -0.5..0.5 from a voxel number. */
function noise(n: number, seed: number): number {
  const mixed = Math.imul(n ^ (seed * 0x9e3779b9), 0x85ebca6b) >>> 0
  return ((Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 8) & 0xffff) / 0xffff - 0.5
}

export interface SyntheticCase {
  result: ReportableResult
  segmentation: LabelVolume
  images: SequenceImage[]
}

/** The case on a grid; `lesion: false` for a head without a tumour. */
export function syntheticCase(
  grid: Grid,
  options: { lesion?: boolean; sequences?: readonly Sequence[] } = {},
): SyntheticCase {
  const { lesion = true, sequences = STRUCTURAL } = options
  const count = grid.size[0] * grid.size[1] * grid.size[2]
  const segmentation: LabelVolume = { grid, data: new Uint8Array(count) }
  const images = sequences.map((sequence) => ({ sequence, image: { grid, data: new Float32Array(count) } }))
  for (let k = 0, at = 0; k < grid.size[2]; k++) {
    for (let j = 0; j < grid.size[1]; j++) {
      for (let i = 0; i < grid.size[0]; i++, at++) {
        const tissue = tissueAt(toPatient(grid, [i, j, k]), lesion)
        if (tissue in LABELS) segmentation.data[at] = LABELS[tissue as keyof typeof LABELS]
        for (const [n, { sequence, image }] of images.entries()) {
          image.data[at] = Math.abs(SIGNALS[sequence][tissue] + 60 * noise(at, n + 1))
        }
      }
    }
  }
  return { result: syntheticResult(segmentation, sequences), segmentation, images }
}

function millilitresOf(labels: LabelVolume, members: readonly number[]): number {
  return labels.data.reduce((sum, value) => sum + (members.includes(value) ? 1 : 0), 0) * voxelMillilitres(labels.grid)
}

const SERIES: Record<Sequence, { number: string; description: string; thickness: number }> = {
  T1: { number: '3', description: 'ax T1 SE', thickness: 5 },
  T1c: { number: '11', description: 't1_mprage_sag_p2_iso +KM', thickness: 1 },
  T2: { number: '5', description: 'ax T2 TSE', thickness: 5 },
  FLAIR: { number: '7', description: 'cor FLAIR', thickness: 4 },
  ADC: { number: '8', description: 'ep2d diff ADC', thickness: 5 },
  rCBV: { number: '12', description: 'Processed Images rCBV', thickness: 5 },
}

/** A result that fits the labels: all heads answered, one of them indeterminate, one not evaluable. */
export function syntheticResult(labels: LabelVolume, sequences: readonly Sequence[] = STRUCTURAL): ReportableResult {
  const uid = (n: number) => `2.25.1170935904648${n}`
  const measurement = (region: string, name: string, members: number[], deviation?: number): Measurement => ({
    region,
    name,
    quantity: 'volume',
    value: millilitresOf(labels, members),
    unit: 'mL',
    ...(deviation === undefined ? {} : { standardDeviation: deviation }),
  })
  const reference = sequences.includes('T1c') ? 'T1c' : sequences[0]
  const inputs = sequences.map(
    (sequence, n): InputSeries => ({
      sequence,
      seriesInstanceUid: uid(10 + n),
      sopInstanceUids: [uid(1000 + n)],
      sliceThicknessMm: SERIES[sequence].thickness,
      registration:
        sequence === reference
          ? { translationMm: 0, rotationDegrees: 0, reference: true }
          : { translationMm: 1.3 + n, rotationDegrees: 0.6 + 0.4 * n, reference: false },
    }),
  )
  return {
    analysisId: '0f3a9c6e55d14b7e9a1b2c3d4e5f6071',
    patient: {
      patientId: 'GB-20417',
      issuerOfPatientId: 'KIS',
      patientName: 'Sørensen^Åse^Marie',
      patientBirthDate: '19610304',
      patientSex: 'F',
    },
    study: {
      studyInstanceUid: '2.25.329800735698586629295641978511506172918',
      studyId: '1',
      accessionNumber: 'ACC-778120',
      issuerOfAccessionNumber: '',
      studyDate: '20260301',
      studyTime: '031205.120000',
      studyDescription: 'MR Kopf mit KM, Tumorprotokoll',
      referringPhysicianName: 'Weiß^Jörg^^Dr.',
    },
    bundle: {
      id: 'example-glioma',
      version: '1.2.0',
      name: 'Example glioma network',
      digest: 'b1946ac92492d2347c6235b4d2611184a3c1f6a2e0ff7d3f4f1f7c1a9d3a5e21',
      modelDigest: '9e'.repeat(32),
      weightsDigest: '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730',
      license: 'Apache-2.0',
      intendedUse: 'Research on adult diffuse glioma before treatment, from 3 T and 1.5 T MRI. Not a medical device.',
    },
    software: { name: 'Gliabridge', version: '0.1.0', manufacturer: 'Gliabridge project' },
    decisions: inputs.map((input) => ({
      seriesInstanceUid: input.seriesInstanceUid,
      seriesNumber: SERIES[input.sequence].number,
      seriesDescription: SERIES[input.sequence].description,
      modality: 'MR',
      selected: true,
      sequence: input.sequence,
      reasons: ['TR and TE fit'],
    })),
    inputs,
    referenceSeriesUid: inputs.find((input) => input.registration.reference)?.seriesInstanceUid ?? uid(10),
    segments: [
      { label: LABELS.NCR, key: 'NCR', name: 'necrotic core', voxelCount: labels.data.filter((v) => v === 1).length },
      { label: LABELS.ED, key: 'ED', name: 'oedema', voxelCount: labels.data.filter((v) => v === 2).length },
      { label: LABELS.ET, key: 'ET', name: 'enhancing tumour', voxelCount: labels.data.filter((v) => v === 3).length },
    ],
    noFinding: labels.data.every((value) => value === 0),
    measurements: [
      measurement('WT', 'whole tumour', [1, 2, 3], 4.2),
      measurement('TC', 'tumour core', [1, 3], 1.9),
      measurement('ET', 'enhancing tumour', [3], 1.1),
      measurement('NCR', 'necrotic core', [1]),
      measurement('ED', 'oedema', [2], 3.6),
    ],
    diameters: measureDiameters(labels, [LABELS.ET]),
    predictions: [
      {
        head: 'idh',
        status: 'evaluable',
        probabilities: { 'IDH-wildtype': 0.91, 'IDH-mutant': 0.09 },
        intervals: { 'IDH-wildtype': [0.84, 0.96], 'IDH-mutant': [0.04, 0.16] },
        call: 'IDH-wildtype',
        errorRate: 0.1,
        explained: { of: 'IDH-wildtype', scale: 'log-odds', reference: 0.9, value: 2.31 },
        explanation: [
          { feature: 'age_years', value: 64.99, contribution: 0.84 },
          { feature: 't1c_cov', value: 0.3312, contribution: 0.51 },
          { feature: 'shape_Sphericity', value: 0.412, contribution: -0.32 },
          { feature: 'height', value: 0.61, contribution: 0.2 },
          { feature: 'sex_male', value: 0, contribution: 0.1 },
          { feature: 'shape_MeshVolume', value: 122_600, contribution: 0.06 },
          { feature: 't1c_kurtosis', value: 3.2, contribution: 0.02 },
        ],
      },
      { head: '1p19q', status: 'not-evaluable', reason: 'Only evaluated for IDH-mutant tumours.' },
      {
        head: 'mgmt',
        status: 'indeterminate',
        probabilities: { methylated: 0.56, unmethylated: 0.44 },
        intervals: { methylated: [0.38, 0.72], unmethylated: [0.28, 0.62] },
        remaining: ['methylated', 'unmethylated'],
        errorRate: 0.1,
        explanation: [{ feature: 'glcm_Correlation', value: 0.61, contribution: 0.07 }],
      },
      {
        head: 'grade',
        status: 'evaluable',
        probabilities: { '2': 0.03, '3': 0.12, '4': 0.85 },
        intervals: { '2': [0.01, 0.07], '3': [0.06, 0.2], '4': [0.76, 0.92] },
        call: '4',
        explanation: [{ feature: 'necrosis_fraction', value: 0.051, contribution: 0.66 }],
      },
      {
        head: 'survival',
        status: 'evaluable',
        probabilities: { '6': 0.88, '12': 0.61, '24': 0.24 },
        intervals: { '6': [0.8, 0.94], '12': [0.5, 0.72], '24': [0.15, 0.35] },
        explanation: [
          { feature: 'age_years', value: 64.99, contribution: 0.55 },
          { feature: 'shape_Sphericity', value: 0.412, contribution: 0.21 },
          { feature: 'resection_gtr', contribution: -0.4 },
        ],
        explained: { of: 'risk of death', scale: 'log-risk', reference: 0.1, value: 0.46 },
        survival: {
          logRisk: 0.46,
          logRiskInterval: [0.2, 0.7],
          group: {
            name: 'high',
            n: 134,
            events: 101,
            kaplanMeier: {
              months: [2, 5, 8, 11, 14, 17, 21, 26, 33, 44],
              survival: [0.97, 0.9, 0.8, 0.68, 0.55, 0.43, 0.33, 0.22, 0.14, 0.09],
              lower: [0.93, 0.84, 0.73, 0.6, 0.47, 0.35, 0.26, 0.16, 0.09, 0.05],
              upper: [0.99, 0.95, 0.86, 0.75, 0.63, 0.51, 0.41, 0.3, 0.21, 0.16],
            },
          },
        },
      },
    ],
    quality: [
      {
        code: 'SLICE_THICKNESS',
        severity: 'info',
        text: 'T1 and T2 have 5 mm slices; outlines in between are interpolated.',
      },
      {
        code: 'MOTION',
        severity: 'warning',
        text: 'FLAIR moved by more than 4 mm against the reference; check its overlay.',
      },
    ],
    execution: {
      provider: 'cpu',
      requested: ['cuda', 'cpu'],
      declined: [{ provider: 'cuda', reason: 'not available' }],
      runtime: 'onnxruntime-node 1.30.0',
      seconds: 21.4,
      peakRssMb: 812,
    },
    analysedAt: '2026-03-01T03:19:44.000Z',
  }
}
