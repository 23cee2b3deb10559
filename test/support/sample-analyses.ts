// Records as the pipeline leaves them, one per situation, for tests and pictures of the pages. All people are invented.

import type { AnalysisEvent, AnalysisRecord } from '../../src/domain/analysis.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'
import type { ArtifactRole } from '../../src/domain/ports/analysis-store.ts'
import type { SeriesDecision } from '../../src/domain/study.ts'

const UID = '2.25.329800735698586629295641978511506172918'

const decisions: SeriesDecision[] = [
  {
    seriesInstanceUid: `${UID}.1`,
    seriesNumber: '1',
    seriesDescription: 'localizer 3 plane',
    modality: 'MR',
    selected: false,
    reasons: ['localizer: ImageType says LOCALIZER'],
  },
  {
    seriesInstanceUid: `${UID}.3`,
    seriesNumber: '3',
    seriesDescription: 't1_mprage_sag_iso',
    modality: 'MR',
    selected: true,
    sequence: 'T1',
    reasons: [
      'TR 2300 ms, TE 2.9 ms, TI 900 ms: T1 gradient echo with inversion',
      'no contrast agent stated, and acquired before series 9',
    ],
  },
  {
    seriesInstanceUid: `${UID}.4`,
    seriesNumber: '4',
    seriesDescription: 't2_tse_tra_4mm',
    modality: 'MR',
    selected: true,
    sequence: 'T2',
    reasons: ['TR 5200 ms, TE 98 ms, spin echo: T2'],
  },
  {
    seriesInstanceUid: `${UID}.5`,
    seriesNumber: '5',
    seriesDescription: 'ep2d_diff_tra',
    modality: 'MR',
    selected: false,
    reasons: ['diffusion: DiffusionBValue is present'],
  },
  {
    seriesInstanceUid: `${UID}.6`,
    seriesNumber: '6',
    seriesDescription: 'ep2d_diff_tra_ADC',
    modality: 'MR',
    selected: false,
    reasons: ['derived map: ImageType says DERIVED'],
  },
  {
    seriesInstanceUid: `${UID}.7`,
    seriesNumber: '7',
    seriesDescription: 't2_flair_tra_dark-fluid',
    modality: 'MR',
    selected: true,
    sequence: 'FLAIR',
    reasons: ['TR 9000 ms, TE 120 ms, TI 2500 ms: FLAIR'],
  },
  {
    seriesInstanceUid: `${UID}.9`,
    seriesNumber: '9',
    seriesDescription: 't1_mprage_sag_iso KM',
    modality: 'MR',
    selected: true,
    sequence: 'T1c',
    reasons: [
      'ContrastBolusAgent is stated',
      'TR 2300 ms, TE 2.9 ms: T1 gradient echo',
      'acquired after series 3 with the same settings',
    ],
  },
]

const input = (sequence: 'T1' | 'T1c' | 'T2' | 'FLAIR', n: number, translationMm: number, rotationDegrees: number) => ({
  sequence,
  seriesInstanceUid: `${UID}.${n}`,
  sopInstanceUids: [`${UID}.${n}.1`],
  sliceThicknessMm: sequence === 'T2' || sequence === 'FLAIR' ? 4 : 1,
  registration: { translationMm, rotationDegrees, reference: sequence === 'T1c' },
})

export const sampleResult: Omit<ReportableResult, 'analysisId'> = {
  patient: {
    patientId: 'NR-20417',
    issuerOfPatientId: '',
    patientName: 'Müller-Lüdenscheid^Käthe^Maria',
    patientBirthDate: '19640817',
    patientSex: 'F',
  },
  study: {
    studyInstanceUid: UID,
    studyId: '1',
    accessionNumber: 'A26-114873',
    issuerOfAccessionNumber: '',
    studyDate: '20260301',
    studyTime: '024511',
    studyDescription: 'MR Neurocranium with contrast',
    referringPhysicianName: 'Okonkwo^Ada^^Dr.',
  },
  bundle: {
    id: 'glioma-unet-2mm',
    version: '0.1.0',
    name: 'Glioma U-Net, 2 mm',
    digest: '4f1f0f8bd7b6f87a1c8dbd4f65cfb0f2c0f1e4dfd1bb1c5a77dcb8c52d44e001',
    modelDigest: '9e'.repeat(32),
    weightsDigest: 'adfb776914513288419d827b663f7fa629f623bad0ec661a5491a6a13019c707',
    license: 'Research only',
    intendedUse:
      'Research use only. Adults with suspected or known glioma, before surgery; every result needs review by a radiologist.',
  },
  software: { name: 'Gliabridge', version: '0.1.0', manufacturer: 'Gliabridge contributors' },
  decisions,
  inputs: [input('T1', 3, 0.8, 0.4), input('T1c', 9, 0, 0), input('T2', 4, 2.1, 1.3), input('FLAIR', 7, 1.6, 0.9)],
  referenceSeriesUid: `${UID}.9`,
  segments: [
    { label: 1, key: 'NCR', name: 'Necrotic core', voxelCount: 6213 },
    { label: 2, key: 'ED', name: 'Oedema', voxelCount: 41020 },
    { label: 3, key: 'ET', name: 'Enhancing tumour', voxelCount: 14882 },
  ],
  noFinding: false,
  measurements: [
    { region: 'WT', name: 'Whole tumour', quantity: 'volume', value: 62.1, unit: 'mL', standardDeviation: 4.2 },
    { region: 'TC', name: 'Tumour core', quantity: 'volume', value: 21.1, unit: 'mL', standardDeviation: 2.6 },
    { region: 'ET', name: 'Enhancing tumour', quantity: 'volume', value: 14.9, unit: 'mL', standardDeviation: 1.9 },
    { region: 'NCR', name: 'Necrotic core', quantity: 'volume', value: 6.2, unit: 'mL', standardDeviation: 1.4 },
    { region: 'ED', name: 'Oedema', quantity: 'volume', value: 41.0, unit: 'mL', standardDeviation: 4.8 },
  ],
  predictions: [
    {
      head: 'idh',
      status: 'evaluable',
      probabilities: { 'IDH-wildtype': 0.91, 'IDH-mutant': 0.09 },
      intervals: { 'IDH-wildtype': [0.81, 0.96], 'IDH-mutant': [0.04, 0.19] },
      call: 'IDH-wildtype',
      errorRate: 0.1,
      explained: { of: 'IDH-wildtype', scale: 'log-odds', reference: 0.9, value: 2.3 },
      explanation: [
        { feature: 'age_years', value: 61.5, contribution: 0.9 },
        { feature: 'shape_Sphericity', value: 0.41, contribution: 0.7 },
        { feature: 't1c_cov', value: 0.33, contribution: -0.2 },
      ],
    },
    {
      head: '1p19q',
      status: 'not-evaluable',
      reason: 'No head of this bundle predicts 1p/19q: too few cases with a tissue result.',
    },
    {
      head: 'mgmt',
      status: 'not-evaluable',
      reason: 'Published evidence does not support predicting MGMT from these sequences.',
    },
    {
      head: 'grade',
      status: 'indeterminate',
      probabilities: { '4': 0.55, '3': 0.3, '2': 0.15 },
      intervals: { '4': [0.38, 0.71] },
      remaining: ['3', '4'],
      explanation: [],
    },
    {
      head: 'survival',
      status: 'evaluable',
      probabilities: { '6': 0.88, '12': 0.64, '24': 0.31 },
      intervals: { '6': [0.8, 0.93], '12': [0.52, 0.74], '24': [0.2, 0.44] },
      explained: { of: 'risk of death', scale: 'log-risk', reference: 0, value: 0.3 },
      explanation: [{ feature: 'age_years', value: 61.5, contribution: 0.3 }],
      survival: {
        logRisk: 0.3,
        logRiskInterval: [0.1, 0.5],
        group: {
          name: 'middle',
          n: 133,
          events: 80,
          kaplanMeier: {
            months: [3, 7, 11, 16, 22, 31, 70],
            survival: [0.97, 0.88, 0.74, 0.58, 0.41, 0.25, 0.11],
            lower: [0.93, 0.82, 0.66, 0.5, 0.33, 0.18, 0.05],
            upper: [0.99, 0.93, 0.81, 0.66, 0.49, 0.33, 0.19],
          },
        },
      },
    },
  ],
  quality: [
    {
      code: 'thick-slices',
      severity: 'warning',
      text: 'T2 and FLAIR have 4.0 mm slices; volumes along the head-foot axis are less certain.',
    },
    {
      code: 'motion',
      severity: 'info',
      text: 'The patient moved 2.1 mm between T2 and the reference; corrected by registration.',
    },
  ],
  execution: {
    provider: 'cpu',
    requested: ['cuda', 'cpu'],
    declined: [{ provider: 'cuda', reason: 'CUDA libraries are not installed' }],
    runtime: 'onnxruntime 1.30.0',
    seconds: 21.4,
    peakRssMb: 2210,
  },
  analysedAt: '2026-03-01T03:02:11.000Z',
}

const times = { identify: 0.6, select: 0.1, retrieve: 6.8, prepare: 31.2, segment: 21.4, measure: 0.9, encode: 4.3 }
const id = (n: number) => `${'0'.repeat(24)}${String(n).padStart(8, 'a')}`
const at = (minutes: number, seconds = 0) => new Date(Date.UTC(2026, 2, 1, 3, 2 + minutes, 11 + seconds)).toISOString()

function base(n: number, record: Partial<AnalysisRecord>): AnalysisRecord {
  const createdAt = record.createdAt ?? at(-17 * n)
  return {
    analysisId: id(n),
    studyInstanceUid: `${UID.slice(0, -2)}${10 + n}`,
    bundleId: 'glioma-unet-2mm',
    bundleDigest: sampleResult.bundle.digest,
    instanceSetDigest: 'c'.repeat(64),
    state: 'queued',
    attempts: 0,
    priority: 'fresh',
    sequence: 1000 - n,
    createdAt,
    updatedAt: createdAt,
    legs: [
      { leg: 'pacs', state: 'waiting', attempts: 0 },
      { leg: 'ehr', state: 'waiting', attempts: 0 },
    ],
    ...record,
  }
}

const summaryOf = (change: Partial<ReportableResult> = {}) => ({ ...sampleResult, times, ...change })
const person = (patientName: string, patientId: string, patientBirthDate: string, patientSex: string) => ({
  patient: { ...sampleResult.patient, patientName, patientId, patientBirthDate, patientSex },
})

export const delivered = base(1, {
  studyInstanceUid: UID,
  state: 'delivered',
  attempts: 1,
  createdAt: at(0),
  updatedAt: at(1, 12),
  summary: summaryOf(),
  legs: [
    {
      leg: 'pacs',
      state: 'done',
      attempts: 1,
      doneAt: at(1, 8),
      receipt: { segmentation: '2.25.11730082312345', 'encapsulated-pdf': '2.25.20938475610293' },
    },
    {
      leg: 'ehr',
      state: 'done',
      attempts: 2,
      doneAt: at(1, 12),
      receipt: {
        DiagnosticReport: 'DiagnosticReport/8f21/_history/1',
        DocumentReference: 'DocumentReference/8f2c/_history/1',
      },
    },
  ],
})

export const running = base(0, {
  state: 'running',
  attempts: 1,
  createdAt: at(6),
  updatedAt: at(6, 1),
  summary: {
    ...person('Nakamura^Haruto=中村^陽翔=なかむら^はると', 'NR-20466', '19780102', 'M'),
    study: { ...sampleResult.study, studyDescription: 'MR brain, glioma protocol', accessionNumber: 'A26-114902' },
    decisions,
  },
})

export const held = base(2, {
  state: 'held',
  attempts: 1,
  summary: {
    ...person('Fernández^Lucía', 'NR-19022', '19910530', 'F'),
    study: { ...sampleResult.study, studyDescription: 'MR head without contrast' },
    decisions: decisions.map((decision) => ({
      ...decision,
      taken: decision.sequence === 'T2',
      reasons: decision.sequence === 'T2' ? decision.reasons : ['too few slices to be a volume'],
    })),
  },
  hold: {
    code: 'SERIES_MISSING',
    message: 'the bundle needs T1c and FLAIR; the study has neither in a usable form',
    at: at(-33),
  },
})

export const delivering = base(3, {
  state: 'analysed',
  attempts: 1,
  summary: summaryOf({
    ...person("O'Sullivan^Pádraig^^^Jr.", 'NR-18833', '19550911', 'M'),
    measurements: sampleResult.measurements.map((m) => ({ ...m, value: m.value / 3 })),
  }),
  legs: [
    { leg: 'pacs', state: 'done', attempts: 1, doneAt: at(-48), receipt: { segmentation: '2.25.117300823' } },
    {
      leg: 'ehr',
      state: 'waiting',
      attempts: 4,
      lastError: { code: 'EHR_UNREACHABLE', message: 'the FHIR server did not answer (ECONNREFUSED)', at: at(-40) },
    },
  ],
})

export const nothingFound = base(4, {
  state: 'delivered',
  attempts: 1,
  summary: summaryOf({
    ...person('Adeyemi^Folake', 'NR-17120', '19830214', 'F'),
    noFinding: true,
    measurements: sampleResult.measurements.map((m) => ({ ...m, value: 0 })),
  }),
  legs: delivered.legs,
})

export const waiting = base(5, { createdAt: at(7), updatedAt: at(7) })
export const superseded = base(6, {
  state: 'superseded',
  attempts: 1,
  summary: summaryOf(person('Novák^Jiří', 'NR-16001', '19480630', 'M')),
})

export const samples: AnalysisRecord[] = [waiting, running, delivered, held, delivering, nothingFound, superseded]

export function eventsOf(record: AnalysisRecord): AnalysisEvent[] {
  const begin = Date.parse(record.createdAt)
  let clock = begin
  const events: AnalysisEvent[] = []
  const say = (seconds: number, event: Omit<AnalysisEvent, 'at'>) => {
    clock += seconds * 1000
    events.push({ at: new Date(clock).toISOString(), ...event })
  }
  const state = (from: string, to: string, text: string, seconds = 0.2) =>
    say(seconds, { kind: 'state', text, data: { from, to } })
  say(0, { kind: 'state', text: 'registered', data: { to: 'queued' } })
  if (record.state === 'queued') return events
  state('queued', 'running', 'running')
  for (const [step, seconds] of Object.entries(times)) {
    say(0.05, { kind: 'step', text: `${step} started`, data: { step } })
    if (record.state === 'running' && step === 'prepare') return events
    if (record.state === 'held' && step === 'select') break
    say(seconds, { kind: 'step', text: `${step} done in ${seconds.toFixed(1)} s`, data: { step, seconds } })
  }
  if (record.hold) {
    state('running', 'held', `${record.hold.code}: ${record.hold.message}`)
    return events
  }
  const artifacts = ['result', 'pdf', 'encapsulated-pdf', ...(record.summary?.noFinding ? [] : ['segmentation'])]
  say(0.4, { kind: 'state', text: 'analysed', data: { from: 'running', to: 'analysed', artifacts } })
  for (const { leg, state: legState, attempts, lastError } of record.legs) {
    say(1.3, {
      kind: 'leg',
      text:
        lastError && legState !== 'done' ? `${leg}: ${lastError.code}: ${lastError.message}` : `${leg}: ${legState}`,
      data: { leg, state: legState, attempts },
    })
  }
  if (record.state !== 'analysed') state('analysed', 'delivered', 'delivered')
  if (record.state === 'superseded') state('delivered', 'superseded', `superseded by ${id(9)}`)
  return events
}

/** The artefacts of a sample, as the event of its result lists them. */
export const rolesOf = (events: readonly AnalysisEvent[]): ReadonlySet<ArtifactRole> =>
  new Set(events.flatMap(({ data }) => (data?.artifacts as ArtifactRole[] | undefined) ?? []))
