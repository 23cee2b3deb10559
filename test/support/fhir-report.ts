// A report as the pipeline hands it to the EHR leg: asymmetric numbers, an absent head, an evaluable one, one in between.
import type { Bidimensional, ReportableResult } from '../../src/domain/finding.ts'
import type { EhrReport } from '../../src/domain/ports/clinical-record.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { PatientIdentity } from '../../src/domain/study.ts'

export const MRN_SYSTEM = 'https://hospital.example/mrn'
export const ANALYSIS_SYSTEM = 'https://hospital.example/gliabridge'

export const PATIENT: PatientIdentity = {
  patientId: 'MRN-0042/7',
  issuerOfPatientId: '',
  patientName: 'Müller-Okafor^Zoë^Ann=山田^花子',
  patientBirthDate: '19610307',
  patientSex: 'F',
}

/** One that is followed and one that is too small; not part of the sample report, most of whose tests count its resources. */
export const LESIONS: Bidimensional[] = [
  {
    longestMm: 41.26,
    perpendicularMm: 30.04,
    longest: [
      [10, 20, 30],
      [51.26, 20, 30],
    ],
    perpendicular: [
      [25, 0, 30],
      [25, 30.04, 30],
    ],
    axis: 2,
    slice: 17,
    measurable: true,
  },
  {
    longestMm: 12.5,
    perpendicularMm: 7.25,
    longest: [
      [-10, 20, 35],
      [-10, 32.5, 35],
    ],
    perpendicular: [
      [-14, 25, 35],
      [-6.75, 25, 35],
    ],
    axis: 2,
    slice: 18,
    measurable: false,
  },
]

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** What most tests give createClinicalRecord; whatever a test is about is set after it. */
export const recordOptions = (url: string) => ({
  url,
  auth: { type: 'none' as const },
  identifierSystem: MRN_SYSTEM,
  analysisSystem: ANALYSIS_SYSTEM,
  timeoutMs: 60_000,
  log: silentLog,
})

export function sampleResult(change: Partial<ReportableResult> = {}): ReportableResult {
  return {
    analysisId: '0f3a5c7e9b1d2468ace013579bdf2468',
    patient: PATIENT,
    study: {
      studyInstanceUid: '1.2.826.0.1.3680043.10.1234.77.1',
      studyId: 'S1',
      accessionNumber: 'ACC-9001',
      issuerOfAccessionNumber: 'RADIOLOGY',
      studyDate: '20250131',
      studyTime: '031500',
      studyDescription: 'MR Schädel <mit KM> & nativ',
      referringPhysicianName: '',
    },
    bundle: {
      id: 'glioma-small',
      version: '1.4.0',
      name: 'Glioma, small network',
      digest: 'ab12'.repeat(16),
      modelDigest: '9e'.repeat(32),
      weightsDigest: 'cd34'.repeat(16),
      license: 'CC-BY-4.0',
      intendedUse: 'Research on adult diffuse glioma.',
    },
    software: { name: 'Gliabridge', version: '0.1.0', manufacturer: 'Gliabridge contributors' },
    decisions: [],
    inputs: (['T1', 'T1c', 'FLAIR'] as const).map((sequence, i) => ({
      sequence,
      seriesInstanceUid: `1.2.826.0.1.3680043.10.1234.77.1.${i + 1}`,
      sopInstanceUids: [`1.2.826.0.1.3680043.10.1234.77.1.${i + 1}.1`],
      sliceThicknessMm: 1 + i,
      registration: { translationMm: i, rotationDegrees: i / 2, reference: i === 0 },
    })),
    referenceSeriesUid: '1.2.826.0.1.3680043.10.1234.77.1.1',
    segments: [{ label: 1, key: 'NCR', name: 'Necrotic core', voxelCount: 4021 }],
    noFinding: false,
    measurements: [
      { region: 'WT', name: 'Whole tumour', quantity: 'volume', value: 61.23456, unit: 'mL', standardDeviation: 2.5 },
      { region: 'TC', name: 'Tumour core', quantity: 'volume', value: 24.5, unit: 'mL' },
      { region: 'ET', name: 'Enhancing tumour', quantity: 'volume', value: 9.87, unit: 'mL' },
    ],
    predictions: [
      {
        head: 'idh',
        status: 'evaluable',
        probabilities: { 'IDH-mutant': 0.913, 'IDH-wildtype': 0.087 },
        intervals: { 'IDH-mutant': [0.84, 0.97] },
        call: 'IDH-mutant',
        errorRate: 0.1,
        explained: { of: 'IDH-mutant', scale: 'log-odds', reference: -1, value: -0.19 },
        explanation: [
          { feature: 't2_flair_mismatch', value: 0.42, contribution: 0.61 },
          { feature: 'age_years', value: 34.9, contribution: 0.3 },
          { feature: 'shape_Sphericity', contribution: -0.1 },
        ],
      },
      {
        head: '1p19q',
        status: 'indeterminate',
        probabilities: { codeleted: 0.52, intact: 0.48 },
        intervals: {},
        remaining: ['intact', 'codeleted'],
        explanation: [],
      },
      { head: 'mgmt', status: 'not-evaluable', reason: 'This bundle has no evidence for it.' },
      { head: 'grade', status: 'not-evaluable', reason: 'Contrast series < 1 mm is missing & needed.' },
      {
        head: 'survival',
        status: 'evaluable',
        probabilities: { '12': 0.713, '24': 0.4 },
        intervals: { '12': [0.6, 0.8] },
        explained: { of: 'risk of death', scale: 'log-risk', reference: 0, value: -0.8 },
        explanation: [{ feature: 'age_years', value: 34.9, contribution: -0.8 }],
        survival: {
          logRisk: -0.8,
          logRiskInterval: [-1, -0.5],
          group: {
            name: 'middle',
            n: 33,
            events: 21,
            kaplanMeier: {
              months: [4, 9, 16, 30],
              survival: [0.9, 0.7, 0.48, 0.2],
              lower: [0.8, 0.6, 0.3, 0.1],
              upper: [0.95, 0.8, 0.6, 0.3],
            },
          },
        },
      },
    ],
    quality: [{ code: 'thick-slices', severity: 'warning', text: 'FLAIR has slices of 3 mm.' }],
    execution: { provider: 'cpu', requested: ['cpu'], declined: [], runtime: 'test', seconds: 1, peakRssMb: 1 },
    analysedAt: '2025-01-31T03:21:09.120Z',
    ...change,
  }
}

export function sampleReport(change: Partial<ReportableResult> = {}, pdfBytes = 3000): EhrReport {
  const pdf = Uint8Array.from({ length: pdfBytes }, (_, i) => (i * 31 + 7) % 251)
  return {
    result: sampleResult(change),
    pdf,
    dicomResults: [
      {
        role: 'segmentation',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
        sopInstanceUid: '2.25.1111',
        seriesInstanceUid: '2.25.1112',
      },
      {
        role: 'pdf',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.104.1',
        sopInstanceUid: '2.25.2221',
        seriesInstanceUid: '2.25.2222',
      },
    ],
  }
}
