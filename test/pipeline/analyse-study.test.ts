// The use case on ports in memory: what a whole analysis saves, and what keeps a study from being analysed, before a network is asked.
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { dataset, tagOf } from '../../src/dicom/dataset.ts'
import { readVolumeHere } from '../../src/dicom/series-volume.ts'
import type { AnalysisRecord, AnalysisSummary } from '../../src/domain/analysis.ts'
import { AppError, type ErrorCode } from '../../src/domain/errors.ts'
import { nextTurn } from '../../src/domain/next-turn.ts'
import type { AnalysisStore, Artifact, PriorAnalyses } from '../../src/domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { ModelRunner } from '../../src/domain/ports/model-runner.ts'
import { STEPS } from '../../src/domain/steps.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { analyseStudy } from '../../src/pipeline/analyse-study.ts'
import type { AnalysePorts } from '../../src/pipeline/analysis-run.ts'
import { imageSetDigest } from '../../src/pipeline/intake.ts'
import { STUDY_UID, type TestSeries } from '../dicom/support.ts'
import { headT1 } from '../inference/heads/head.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { headFlair, headsAs, options, registrar, runner } from '../support/head-study.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'

const clock = createManualClock('2026-03-01T03:00:00.000Z')

let study: TestSeries[]
beforeAll(async () => {
  study = await headsAs({ T1c: headT1, FLAIR: headFlair })
})

const asked: string[] = []
const said: string[] = []
let summary: AnalysisSummary
let saved: Artifact[] | undefined
/** What the networks do before they answer. */
let running: (onProgress: (fraction: number) => void) => Promise<void>
beforeEach(() => {
  running = async () => {}
  asked.length = 0
  said.length = 0
  summary = {}
  saved = undefined
})

const analyses: Partial<AnalysisStore & PriorAnalyses> = {
  describe: async (_id, facts) => void Object.assign(summary, facts),
  note: async (_id, { text }) => void said.push(text),
  move: async (_id, state, about) => {
    said.push(`${state}: ${about?.text}`)
    return {} as AnalysisRecord
  },
  byPatient: async () => [],
  byStudy: async () => [],
  saveResult: async (_id, result, artifacts) => {
    summary = result
    saved = artifacts
    return {} as AnalysisRecord
  },
}

function portsOf(all: readonly TestSeries[], refusal?: ErrorCode): AnalysePorts {
  const archive: Partial<ImageArchive> = {
    retrieveMetadata: async (studyInstanceUid) => ({ studyInstanceUid, series: all.map(({ series }) => series) }),
    async *retrieveSeries(_study, uid) {
      asked.push('retrieve')
      yield* all.find(({ series }) => series.seriesInstanceUid === uid)!.files
    },
    searchStudies: async () => [],
  }
  const matchPatient = async () => {
    asked.push('match')
    if (refusal) throw new AppError(refusal, 'the EHR says no')
    return 'Patient/1'
  }
  return {
    archive: archive as ImageArchive,
    ehr: recordsOf({ matchPatient, postReport: async () => ({}) }),
    analyses: analyses as AnalysePorts['analyses'],
    watch: createMemoryWatchStore(),
    runner: {
      ...runner,
      async segment(request, onProgress = () => {}) {
        asked.push('segment')
        await running(onProgress)
        return runner.segment(request)
      },
    } as ModelRunner,
    registrar,
    readVolume: readVolumeHere,
    clock,
  }
}

async function analyse(all: readonly TestSeries[], change: { refusal?: ErrorCode; digest?: string } = {}) {
  const ports = portsOf(all, change.refusal)
  const metadata = await ports.archive.retrieveMetadata(STUDY_UID)
  const instanceSetDigest = change.digest ?? (await imageSetDigest(ports.watch, metadata))
  const record = {
    analysisId: 'a1',
    studyInstanceUid: STUDY_UID,
    instanceSetDigest,
    createdAt: '2026-03-01T03:00:00.000Z',
    sequence: 1,
  } as AnalysisRecord
  await analyseStudy(ports, options, record)
}

const edited = (all: readonly TestSeries[], edit: (ds: DicomJson, series: number) => DicomJson): TestSeries[] =>
  all.map((one, n) => ({
    ...one,
    series: {
      ...one.series,
      instances: one.series.instances.map((instance) => ({ ...instance, metadata: edit(instance.metadata, n) })),
    },
  }))
const stating = (attributes: Parameters<typeof dataset>[0]) => (ds: DicomJson) => ({ ...ds, ...dataset(attributes) })

describe('an analysis', () => {
  it('saves what was measured, on which images, with every step in its history and a document for every reader', async () => {
    await analyse(study)
    expect(asked).toEqual(['match', 'retrieve', 'retrieve', 'segment'])
    expect(summary.inputs?.map(({ sequence, registration }) => [sequence, registration.reference])).toEqual([
      ['T1c', true],
      ['FLAIR', false],
    ])
    expect(summary.referenceSeriesUid).toBe(study[0]!.series.seriesInstanceUid)
    // The semi-axes of the enhancing lesion are 15, 12 and 10 mm.
    const enhancing = summary.measurements?.find(({ region }) => region === 'ET')
    expect(enhancing!.value).toBeGreaterThan(0.85 * ((4 / 3) * Math.PI * 1.5 * 1.2))
    expect(enhancing!.value).toBeLessThan(1.15 * ((4 / 3) * Math.PI * 1.5 * 1.2))
    expect(summary.noFinding).toBe(false)
    // Without a spool no images are kept.
    expect(new Set(Object.keys(summary.times!))).toEqual(new Set(STEPS.filter((step) => step !== 'keep')))
    expect(saved?.map(({ role }) => role)).toEqual([
      'result',
      'pdf',
      'figures',
      'encapsulated-pdf',
      'report',
      'segmentation',
    ])
    expect(summary.quality?.map(({ text }) => text)).toContain(
      'The study has no usable T2 series; the model ran without it.',
    )
    expect(said).toContain('segment done in 0.0 s')
  })

  it('checks the pixels while the networks run, but only when they ask no more of this thread', async () => {
    let before: string[] = []
    running = async (onProgress) => {
      for (let turn = 0; turn < 50; turn++) await nextTurn()
      before = [...said]
      onProgress(0.5)
      await vi.waitFor(() => expect(said).toContain('check started'))
    }
    await analyse(study)
    expect(before).toContain('segment started')
    expect(before).not.toContain('check started')
    expect(said.indexOf('check started')).toBeLessThan(said.indexOf('segment done in 0.0 s'))
  })

  it('of images that changed since they were registered gives way, without a word to EHR or network', async () => {
    await analyse(study, { digest: 'another' })
    expect(said.at(-1)).toBe('superseded: the images of the study changed; the new set is an analysis of its own')
    expect([asked, saved]).toEqual([[], undefined])
  })

  const [t1c, flair] = [0, 1]
  const without =
    (...keywords: string[]) =>
    (all: TestSeries[]) =>
      edited(all, (ds) => Object.fromEntries(Object.entries(ds).filter(([tag]) => !keywords.map(tagOf).includes(tag))))
  it.each<[string, (all: TestSeries[]) => TestSeries[], ErrorCode, string[]]>([
    ['without a patient id', without('PatientID'), 'PATIENT_ID_MISSING', []],
    [
      'with two patients',
      (all) => edited(all, (ds, n) => (n === flair ? stating({ PatientID: 'P-0002' })(ds) : ds)),
      'PATIENT_MIXED',
      [],
    ],
    ['of a child', (all) => edited(all, stating({ PatientBirthDate: '20200615' })), 'OUTSIDE_INTENDED_USE', []],
    [
      'with a missing slice',
      (all) =>
        all.map((one, n) =>
          n === t1c ? { ...one, series: { ...one.series, instances: one.series.instances.toSpliced(7, 1) } } : one,
        ),
      'SERIES_UNSUPPORTED',
      ['match'],
    ],
    [
      'without T1 after contrast and FLAIR',
      (all) => edited(all, stating({ ScanningSequence: 'GR', SeriesDescription: 'localizer' })),
      'SERIES_MISSING',
      ['match'],
    ],
  ])('of a study %s is held before a network is asked', async (_name, change, code, reached) => {
    await expect(analyse(change(study))).rejects.toMatchObject({ code, class: 'hold' })
    expect([asked.filter((step) => step !== 'retrieve'), saved]).toEqual([reached, undefined])
  })

  it.each(['PATIENT_NOT_FOUND', 'PATIENT_MISMATCH', 'CONSENT_REFUSED'] as const)(
    'is held by %s of the EHR before an image is retrieved',
    async (refusal) => {
      await expect(analyse(study, { refusal })).rejects.toMatchObject({ code: refusal })
      expect([asked, saved]).toEqual([['match'], undefined])
      expect(summary.patient?.patientId).toBe('P-0001')
    },
  )

  it('of images that contradict their headers is held, with their pictures', async () => {
    await expect(analyse(await headsAs({ T1c: headFlair, FLAIR: headT1 }))).rejects.toMatchObject({
      code: 'SERIES_CONTRADICTION',
    })
    expect(summary.pictures?.map(({ sequence }) => sequence)).toEqual(['T1c', 'FLAIR'])
    expect([asked, saved]).toEqual([['match', 'retrieve', 'retrieve', 'segment'], undefined])
  })
})
