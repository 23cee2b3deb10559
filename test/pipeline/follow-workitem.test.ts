// A workitem and its analysis: what the worklist is told, and how it ends; on the real record of analyses.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import type { ClaimedWorkitem, Performed } from '../../src/domain/workitem.ts'
import { askForEnd, type FollowPorts, followWorkitem } from '../../src/pipeline/follow-workitem.ts'
import { registerAnalysis } from '../../src/pipeline/intake.ts'
import { drainAnalyses } from '../../src/pipeline/worker.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createWorkitemStore } from '../../src/store/workitems.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { quietLog } from '../support/quiet-log.ts'

const BUNDLE = { id: 'b', digest: 'd', modelDigest: 'm' }
const clock = createManualClock()
let db: Database
let serial = 0
let study: string
let digest: string
let told: string[]
let performed: Performed | undefined
let ports: FollowPorts

beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db?.close())

beforeEach(() => {
  serial += 1
  study = `1.2.77.${serial}`
  digest = 'one'
  told = []
  performed = undefined
  const analyses = createAnalysisStore(db, clock)
  ports = {
    analyses,
    watch: createMemoryWatchStore(),
    workitems: createWorkitemStore(db),
    clock,
    log: quietLog,
    submit: (uid, priority) =>
      registerAnalysis({ analyses, log: quietLog, wake: async () => {} }, BUNDLE, uid, digest, priority),
    worklist: {
      async tell(_uid, _transaction, { percent, text }) {
        told.push(`${percent} % ${text}`)
      },
      async complete(_uid, transaction, what) {
        performed = what
        told.push(`COMPLETED ${transaction}`)
      },
      async cancel(_uid, _transaction, { reason }) {
        told.push(`CANCELED ${reason}`)
      },
    },
  }
})

const store = () => createWorkitemStore(db)
const uid = () => `1.9.${serial}`
const ours = (change: Partial<ClaimedWorkitem> = {}): ClaimedWorkitem => ({
  workitemUid: uid(),
  transactionUid: '2.25.7',
  state: 'in progress',
  studyInstanceUid: study,
  priority: 'first',
  claimedAt: '2026-03-01T03:00:00.000Z',
  cancelRequested: false,
  ...change,
})
/** Follows it once, as it is stored. */
const follow = async () => followWorkitem(ports, (await store().get(uid()))!)
const last = async () => (await ports.analyses.byStudy(study)).at(-1)!
const SEG: Artifact = {
  role: 'segmentation',
  mediaType: 'application/dicom',
  bytes: new Uint8Array(3),
  sopInstanceUid: '2.25.21',
  seriesInstanceUid: '2.25.20',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
}
async function analysed() {
  const { analysisId } = await last()
  await ports.analyses.move(analysisId, 'running')
  await follow()
  await ports.analyses.saveResult(analysisId, {}, [SEG])
  return analysisId
}
const stored = (analysisId: string) =>
  ports.analyses.updateLeg(analysisId, 'pacs', { state: 'done', receipt: { segmentation: '2.25.21' } })

describe('a workitem', () => {
  it('is told each step once, and completed when the archive has the results, with the EHR still to be told', async () => {
    await store().put(ours())
    await follow()
    await follow()
    const analysisId = await analysed()
    await follow()
    await follow()
    expect(told).toEqual(['0 % waits for a worker', '20 % the images are analysed', '80 % the results are stored'])
    expect(performed).toBeUndefined()
    await stored(analysisId)
    await follow()
    expect(told.at(-1)).toBe('COMPLETED 2.25.7')
    expect(performed).toMatchObject({ studyInstanceUid: study, startedAt: '2026-03-01T03:00:00.000Z' })
    expect(performed?.outputs).toEqual([
      { sopInstanceUid: '2.25.21', seriesInstanceUid: '2.25.20', sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4' },
    ])
    expect(await store().open()).not.toContainEqual(expect.objectContaining({ workitemUid: uid() }))
  })

  it('is canceled with the reason when the analysis is held', async () => {
    await store().put(ours())
    await follow()
    const hold = { code: 'SERIES_MISSING', message: 'no FLAIR' } as const
    await ports.analyses.move((await last()).analysisId, 'held', { hold })
    await follow()
    expect(told.at(-1)).toBe('CANCELED held for a person: SERIES_MISSING: no FLAIR')
    expect((await store().get(uid()))?.state).toBe('closed')
  })

  it('goes with the later analysis when more images come', async () => {
    await store().put(ours())
    await follow()
    digest = 'two'
    await ports.submit(study, 'fresh')
    const analysisId = await analysed()
    await stored(analysisId)
    await follow()
    expect(told.at(-1)).toBe('COMPLETED 2.25.7')
  })

  it('for no study, for several, and for one that the archive does not have is canceled', async () => {
    const { studyInstanceUid: _, ...none } = ours()
    await store().put(none)
    await follow()
    ports.submit = async () => {
      throw new AppError('NOT_FOUND', 'the archive answered 404')
    }
    await store().put({ ...ours(), workitemUid: `${uid()}.1` })
    await followWorkitem(ports, (await store().get(`${uid()}.1`))!)
    expect(told).toEqual([
      'CANCELED its input information names no study, or several',
      'CANCELED the archive has no such study',
    ])
  })

  it('waits while the archive cannot be asked', async () => {
    ports.submit = async () => {
      throw new AppError('ARCHIVE_UNREACHABLE', 'nothing listens there')
    }
    await store().put(ours())
    await expect(follow()).rejects.toThrow('nothing listens there')
    expect((await store().get(uid()))?.state).toBe('in progress')
  })
})

describe('a workitem whose end is asked for', () => {
  const cancel = async () => {
    await store().put(ours({ cancelRequested: true }))
    await follow()
  }

  it('is canceled and its analysis held, also while a worker has it; nothing is delivered', async () => {
    await store().put(ours())
    await follow()
    let delivered = 0
    const handled = await drainAnalyses(
      {
        analyses: ports.analyses,
        clock,
        log: quietLog,
        maxAttempts: 3,
        async analyse({ analysisId, studyInstanceUid }) {
          if (studyInstanceUid === study) await cancel()
          await ports.analyses.saveResult(analysisId, {}, [SEG])
        },
        async deliver({ studyInstanceUid }) {
          if (studyInstanceUid === study) delivered += 1
          return { do: 'done' }
        },
        wakeAt: async () => {},
      },
      'w',
    )
    expect([handled > 0, delivered]).toEqual([true, 0])
    expect(told.at(-1)).toBe('CANCELED its end was asked for')
    expect(await last()).toMatchObject({ state: 'held', hold: { code: 'WORKITEM_CANCELED' } })
    // Asked for anew, it is analysed.
    await store().put({ ...ours(), workitemUid: `${uid()}.2` })
    await followWorkitem(ports, (await store().get(`${uid()}.2`))!)
    expect(await last()).toMatchObject({ state: 'queued' })
    await ports.analyses.move((await last()).analysisId, 'superseded')
  })

  it('is asked for before anything is stored, since the request may have found nobody; no answer holds nothing up', async () => {
    await store().put(ours())
    await follow()
    const { analysisId } = await last()
    await ports.analyses.move(analysisId, 'running')
    await ports.analyses.saveResult(analysisId, {}, [SEG])
    const workitem = { workitemUid: uid(), state: 'IN PROGRESS' as const, isReady: true, codes: [], stations: [] }
    let patience = new Promise<void>(() => {})
    let answer: () => Promise<{ isToEnd: boolean }> = async () => ({ isToEnd: false })
    const ask = () =>
      askForEnd(
        {
          ...ports,
          clock: { ...clock, sleep: () => patience },
          workitems: store(),
          worklist: {
            get: async () => ({ ...workitem, studies: [study], priority: 'first' as const, ...(await answer()) }),
          },
        },
        study,
      )
    await ask()
    answer = () => new Promise(() => {})
    patience = Promise.resolve()
    await ask()
    patience = new Promise<void>(() => {})
    answer = async () => {
      throw new AppError('ARCHIVE_UNREACHABLE', 'no answer')
    }
    await ask()
    expect(await last()).toMatchObject({ state: 'analysed' })
    answer = async () => ({ isToEnd: true })
    await ask()
    expect(await last()).toMatchObject({ state: 'held', hold: { code: 'WORKITEM_CANCELED' } })
    await follow()
    expect(told.at(-1)).toBe('CANCELED its end was asked for')
  })

  it('leaves the analysis of a study that the service takes by itself', async () => {
    await store().put(ours())
    await follow()
    const watch = createMemoryWatchStore()
    await watch.put({
      studyInstanceUid: study,
      instanceSetDigest: digest,
      instanceCount: 3,
      firstSeenAt: '2026-03-01T03:00:00.000Z',
      changedAt: '2026-03-01T03:00:00.000Z',
      decidedDigest: digest,
      decision: { outcome: 'accepted' },
    })
    ports.watch = watch
    await cancel()
    expect(told.at(-1)).toBe('CANCELED its end was asked for')
    expect((await last()).state).toBe('queued')
  })

  it('is not forgotten by what is written from an earlier reading', async () => {
    await store().put(ours({ cancelRequested: true }))
    await store().put(ours({ told: 'queued' }))
    expect(await store().get(uid())).toMatchObject({ told: 'queued', cancelRequested: true })
  })
})
