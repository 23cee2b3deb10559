// A shadow run on the embedded database and images in memory: a delivered study is computed by a candidate, compared, and nothing else changes; it gives way, and what
// fails is told apart.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readVolumeHere } from '../../src/dicom/series-volume.ts'
import type { BundleRef } from '../../src/domain/bundles.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { ModelRunner } from '../../src/domain/ports/model-runner.ts'
import { toPatient, type Vec3 } from '../../src/domain/volume.ts'
import { compareResults } from '../../src/evaluation/shadow.ts'
import { analyseStudy } from '../../src/pipeline/analyse-study.ts'
import { imageSetDigest } from '../../src/pipeline/intake.ts'
import { type OpenCandidate, type ShadowPorts, shadowRound } from '../../src/pipeline/run-shadow.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { createBundleStore } from '../../src/store/bundles.ts'
import type { Database } from '../../src/store/database.ts'
import { STUDY_UID, type TestSeries } from '../dicom/support.ts'
import { headT1 } from '../inference/heads/head.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { openDatabase } from '../support/database.ts'
import { headFlair, headsAs, options, registrar, runner } from '../support/head-study.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { network } from '../support/network-output.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'
import { sampleResult } from '../support/sample-analyses.ts'

/** Its pauses are real ones, so that whoever looks in between does so now and then. */
const clock = { ...createManualClock('2026-03-01T03:00:00.000Z'), sleep: realClock.sleep }
const identity = sampleResult.bundle
const CANDIDATE: BundleRef = { id: 'next', version: '2', digest: 'e'.repeat(64), modelDigest: 'f'.repeat(64) }
const active = { ...options.bundle, folder: '', identity }
const ID = 'a1'

let db: Database
let study: TestSeries[]
beforeAll(async () => {
  db = await openDatabase()
  study = await headsAs({ T1c: headT1, FLAIR: headFlair })
  await analyse()
})
afterAll(() => db?.close())

const stored: string[] = []
const archive: Partial<ImageArchive> = {
  retrieveMetadata: async (studyInstanceUid) => ({ studyInstanceUid, series: study.map(({ series }) => series) }),
  async *retrieveSeries(_study, uid) {
    yield* study.find(({ series }) => series.seriesInstanceUid === uid)!.files
  },
  searchStudies: async () => [],
  store: async () => {
    stored.push('pacs')
    return []
  },
}
const postReport = async () => {
  stored.push('ehr')
  return {}
}
const log = createKeptLog()

function analysisPorts() {
  return {
    archive: archive as ImageArchive,
    ehr: recordsOf({ matchPatient: async () => 'Patient/1', postReport }),
    analyses: createAnalysisStore(db, clock),
    watch: createMemoryWatchStore(),
    clock,
  }
}

/** Outlines the enhancing lesion as the active bundle does, and only the anterior part of the oedema. */
const candidateRunner: Pick<ModelRunner, 'bundle' | 'segment'> = {
  bundle: { ...identity, ...CANDIDATE },
  async segment({ channels }) {
    const { grid } = channels.find((channel) => channel !== null)!
    const [columns, rows, slices] = grid.size
    const data = Uint8Array.from({ length: columns * rows * slices }, (_, v) => {
      const p = toPatient(grid, [v % columns, Math.floor(v / columns) % rows, Math.floor(v / (columns * rows))] as Vec3)
      const label = { 700: 3, 500: 2 }[headT1(p)] ?? 0
      return label === 2 && p[1] > -43 ? 0 : label
    })
    const { response } = network({ grid, data })
    return { ...response, samples: [], execution: { ...sampleResult.execution, seconds: 4.5 } }
  },
}

let closed = 0
const candidateWith = (change: Partial<OpenCandidate> = {}): OpenCandidate => ({
  bundle: { ...active, identity: { ...identity, ...CANDIDATE } },
  runner: candidateRunner as ModelRunner,
  registrar,
  readVolume: readVolumeHere,
  close: async () => {
    closed += 1
  },
  ...change,
})

function portsWith(open: () => Promise<OpenCandidate>): ShadowPorts {
  const bundles = createBundleStore(db, clock)
  return { bundles, analysis: analysisPorts(), options, log, active: () => active, open, compare: compareResults }
}
const runs = () => new AbortController().signal

/** One analysis for all tests: delivered in the first, and computed in shadow anew in each. */
async function analyse(): Promise<void> {
  const { analyses, watch, ...ports } = analysisPorts()
  const instanceSetDigest = await imageSetDigest(watch, await archive.retrieveMetadata!(STUDY_UID))
  const { modelDigest, digest, id } = identity
  const about = { bundleId: id, bundleDigest: digest, modelDigest, instanceSetDigest }
  await analyses.register({ analysisId: ID, studyInstanceUid: STUDY_UID, ...about })
  const record = await analyses.move(ID, 'running')
  const processes = { runner: runner as ModelRunner, registrar, readVolume: readVolumeHere }
  await analyseStudy({ ...ports, ...processes, analyses, watch }, options, record)
}
beforeEach(async () => {
  await db.transaction((tx) =>
    tx.script('truncate gliabridge.bundle_changes, gliabridge.shadow_cases restart identity'),
  )
  stored.length = 0
  closed = 0
  const before = createManualClock('2026-02-28T00:00:00.000Z')
  await createBundleStore(db, before).decide({ action: 'shadow', bundle: CANDIDATE, by: 'Nine', reason: 'r' }, 0)
})
const cases = () => {
  const of = { candidate: CANDIDATE, activeModel: identity.modelDigest, since: '2026-01-01T00:00:00.000Z' }
  return createBundleStore(db, clock).cases(of)
}

describe('a candidate in shadow', () => {
  it('computes a study once it is delivered, and leaves no trace but the comparison', async () => {
    const ports = portsWith(async () => candidateWith())
    expect(await shadowRound(ports, runs())).toBe(false)
    const { analyses } = ports.analysis
    await analyses.move(ID, 'delivered')
    const before = JSON.stringify([await analyses.events(ID), await analyses.get(ID)])
    expect(await shadowRound(ports, runs())).toBe(true)
    expect(await shadowRound(ports, runs())).toBe(false)
    const [one, ...others] = await cases()
    expect(others).toEqual([])
    expect(one).toMatchObject({ analysisId: ID, seconds: { active: sampleResult.execution.seconds, shadow: 4.5 } })
    const overlapOf = (region: string) => one!.regions.find((each) => each.region === region)!
    expect(overlapOf('ET').dice).toBe(1)
    const whole = overlapOf('WT')
    expect(whole.dice).toBeLessThan(0.95)
    // The candidate's outline lies within the active one: Dice = 2 b / (a + b).
    expect(whole.dice).toBeCloseTo((2 * whole.shadowMl) / (whole.activeMl + whole.shadowMl), 3)
    expect(stored).toEqual([])
    expect(JSON.stringify([await analyses.events(ID), await analyses.get(ID)])).toBe(before)
    expect(closed).toBe(1)
  })

  it('waits while an analysis is due, and gives way to one that comes, which counts as no attempt', async () => {
    const { analyses } = analysisPorts()
    const about = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest: 'i' }
    const comes = (id: string) => analyses.register({ analysisId: id, studyInstanceUid: `1.2.${id}`, ...about })
    const ended = Promise.withResolvers<never>()
    const hanging = candidateWith({
      runner: {
        ...candidateRunner,
        segment: async () => {
          await comes('7')
          return ended.promise
        },
      } as unknown as ModelRunner,
      close: async () => ended.reject(new AppError('INFERENCE_FAILED', 'the inference process was closed')),
    })
    expect(
      await shadowRound(
        portsWith(async () => hanging),
        runs(),
      ),
    ).toBe(false)
    expect(await cases()).toEqual([])
    // Still due: not even opened.
    expect(
      await shadowRound(
        portsWith(() => Promise.reject(new Error('opened'))),
        runs(),
      ),
    ).toBe(false)
    await analyses.move('7', 'superseded', { text: 'gone' })
    const of = { candidate: CANDIDATE, activeModel: identity.modelDigest, since: '2026-01-01T00:00:00.000Z' }
    expect(await createBundleStore(db, clock).claimCase(of, 60)).toEqual({ analysisId: ID, attempts: 1 })
  })

  it('stops with the service', async () => {
    const stopped = AbortSignal.abort()
    expect(
      await shadowRound(
        portsWith(() => Promise.reject(new Error('opened'))),
        stopped,
      ),
    ).toBe(false)
  })

  it('whose network fails is tried three times, and is then a failure', async () => {
    const failing = (code: 'INFERENCE_FAILED') => {
      const segment = () => Promise.reject(new AppError(code, 'no'))
      return portsWith(async () => candidateWith({ runner: { ...candidateRunner, segment } as unknown as ModelRunner }))
    }
    expect(await shadowRound(failing('INFERENCE_FAILED'), runs())).toBe(false)
    // Not due before ten minutes.
    expect(await shadowRound(failing('INFERENCE_FAILED'), runs())).toBe(false)
    clock.advance(601)
    expect(await shadowRound(failing('INFERENCE_FAILED'), runs())).toBe(false)
    clock.advance(601)
    expect(await shadowRound(failing('INFERENCE_FAILED'), runs())).toBe(true)
    expect((await cases())[0]).toMatchObject({ failure: { code: 'INFERENCE_FAILED', message: 'no' }, regions: [] })
  })

  it('is not charged with what it is not to blame for', async () => {
    const failing = (code: 'CONSENT_REFUSED') => {
      const segment = () => Promise.reject(new AppError(code, 'no'))
      return portsWith(async () => candidateWith({ runner: { ...candidateRunner, segment } as unknown as ModelRunner }))
    }
    expect(await shadowRound(failing('CONSENT_REFUSED'), runs())).toBe(true)
    const [one] = await cases()
    expect(one).toMatchObject({ leftOut: { code: 'CONSENT_REFUSED' } })
    expect(one!.failure).toBeUndefined()
  })

  it('is not run beside a bundle that is no longer the active one', async () => {
    const other = { ...active, identity: { ...identity, modelDigest: '0'.repeat(64) } }
    const ports = { ...portsWith(() => Promise.reject(new Error('opened'))), active: () => other }
    expect(await shadowRound(ports, runs())).toBe(false)
  })
})
