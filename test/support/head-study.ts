// A small head with a tumour, in T1 after contrast and FLAIR, and what analyses it in memory: a bundle, a network that knows the head, the options of a site.
import { dataset } from '../../src/dicom/dataset.ts'
import type { ModelRunner } from '../../src/domain/ports/model-runner.ts'
import type { Sequence } from '../../src/domain/study.ts'
import { type Grid, toPatient, type Vec3 } from '../../src/domain/volume.ts'
import { parseBundle } from '../../src/inference/bundle/manifest.ts'
import { DEFAULT_POLICY } from '../../src/inference/series/select-series.ts'
import { IDENTITY, type Registrar } from '../../src/inference/volumes/rigid.ts'
import type { AnalyseOptions } from '../../src/pipeline/analysis-run.ts'
import { classicSeries, STUDY_UID } from '../dicom/support.ts'
import { headT1 } from '../inference/heads/head.ts'
import { readJson, tinyBundle } from '../inference/support.ts'
import { letterheadOf } from './letterhead.ts'
import { NOTHING_MORE, network } from './network-output.ts'
import { sampleResult } from './sample-analyses.ts'

const GRID: Grid = {
  size: [41, 48, 30],
  spacing: [4, 4, 5],
  origin: [-80, -94, -72],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
}
const HEADERS: Partial<Record<Sequence, object>> = {
  T1c: { SeriesNumber: 5, ScanningSequence: 'SE', RepetitionTime: 500, EchoTime: 10, ContrastBolusAgent: 'Gadovist' },
  FLAIR: { SeriesNumber: 7, ScanningSequence: ['SE', 'IR'], RepetitionTime: 9000, EchoTime: 120, InversionTime: 2500 },
}
/** Fluid dark, and what is bright after contrast or swollen bright. */
export const headFlair = (p: Vec3) => ({ 0: 0, 900: 200, 100: 120, 700: 800, 500: 850 })[headT1(p)] ?? 450

const bundle = parseBundle({
  ...readJson(`${tinyBundle}/bundle.json`),
  sequences: Object.fromEntries(
    ['T1', 'T1c', 'T2', 'FLAIR'].map((name, channel) => [name, { channel, required: false }]),
  ),
  require_any: ['T1c', 'FLAIR'],
  intended_population: { min_age_years: 18 },
})
/** Series with the headers of a sequence, and pixels of the head as `shown` makes them. */
export const headsAs = (shown: Record<'T1c' | 'FLAIR', (p: Vec3) => number>, studyInstanceUid = STUDY_UID) =>
  Promise.all(
    (['T1c', 'FLAIR'] as const).map((sequence) =>
      classicSeries({
        grid: GRID,
        seriesKey: studyInstanceUid === STUDY_UID ? sequence : `${studyInstanceUid} ${sequence}`,
        value: (i, j, k) => Math.round(shown[sequence](toPatient(GRID, [i, j, k]))),
        edit: (ds) => ({
          ...ds,
          ...dataset({
            StudyInstanceUID: studyInstanceUid,
            BodyPartExamined: 'HEAD',
            SeriesDescription: '',
            ...HEADERS[sequence],
          }),
        }),
      }),
    ),
  )
/** The outline of the phantom's enhancing lesion and oedema, wherever the working grid lies. */
export const runner: Pick<ModelRunner, 'bundle' | 'segment'> = {
  bundle: sampleResult.bundle,
  async segment({ channels }) {
    const { grid } = channels.find((channel) => channel !== null)!
    const [columns, rows, slices] = grid.size
    const data = Uint8Array.from({ length: columns * rows * slices }, (_, v) => {
      const at: Vec3 = [v % columns, Math.floor(v / columns) % rows, Math.floor(v / (columns * rows))]
      return { 700: 3, 500: 2 }[headT1(toPatient(grid, at))] ?? 0
    })
    const { response } = network({ grid, data })
    return { ...response, samples: [], execution: sampleResult.execution }
  },
}

export const options: AnalyseOptions = {
  bundle,
  reference: 'T1c',
  overrides: {},
  unusable: DEFAULT_POLICY,
  letterhead: letterheadOf(),
  timeZone: 'UTC',
  writeBack: NOTHING_MORE,
  priors: { enabled: true, maxAgeDays: 730 },
  software: { name: 'Gliabridge', version: '0.1.0', manufacturer: 'Gliabridge contributors' },
  outsideIntendedUse: 'hold',
  consentRequired: false,
}

/** Finds every image where it lies. */
export const registrar: Registrar = {
  register: async () => ({
    transform: IDENTITY,
    translationMm: 0,
    rotationDegrees: 0,
    agreementBefore: 1,
    agreementAfter: 1,
  }),
  close: async () => {},
}
