// The worker on a real store: one step after the other, later again after an error, held where a person must look.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { AppError } from '../../src/domain/errors.ts'
import { spread } from '../../src/domain/retry.ts'
import type { DeliveryOutcome } from '../../src/pipeline/legs.ts'
import { drainAnalyses, type Lease, type WorkerPorts } from '../../src/pipeline/worker.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'

let db: Database
let analyses: AnalysisRecords
let clock: ManualClock
let log: KeptLog
let woken: string[]
let number = 0
let analysisId = ''

beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db?.close())

beforeEach(async () => {
  clock = createManualClock()
  log = createKeptLog()
  analyses = createAnalysisStore(db, clock)
  woken = []
  number += 1
  analysisId = `a${number}`
  const digests = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 's' }
  await analyses.register({ analysisId, studyInstanceUid: `1.2.${number}`, ...digests })
})

/** Ends what is left of a test, so that the next one claims its own analysis only. */
const close = () => analyses.move(analysisId, 'superseded')

function drain(parts: Partial<WorkerPorts> = {}): Promise<number> {
  const ports: WorkerPorts = {
    analyses,
    clock,
    log,
    maxAttempts: 12,
    analyse: async ({ analysisId: id }: AnalysisRecord) => void (await analyses.saveResult(id, {}, [])),
    deliver: async (): Promise<DeliveryOutcome> => ({ do: 'done' }),
    wakeAt: async (when) => void woken.push(when.toISOString()),
    ...parts,
  }
  return drainAnalyses(ports, 'worker-1')
}
const stateOf = async () => (await analyses.get(analysisId))!

describe('the worker', () => {
  it('analyses and delivers what is due, and stops when nothing is', async () => {
    expect(await drain()).toBe(1)
    expect((await stateOf()).state).toBe('delivered')
    expect(await drain()).toBe(0)
  })

  it('tries again later after an error that passes, and asks to be woken then', async () => {
    const away = async () => Promise.reject(new AppError('ARCHIVE_UNREACHABLE', 'the archive is away'))
    await drain({ analyse: away })
    expect((await stateOf()).state).toBe('queued')
    const waited = spread(5, `${analysisId} 1`)
    expect(woken).toEqual([new Date(clock.now().getTime() + waited * 1000).toISOString()])
    expect(await drain()).toBe(0)
    clock.advance(6)
    await drain()
    expect((await stateOf()).state).toBe('delivered')
  })

  it('holds after one repetition what nobody foresaw, and logs where it came from, not what it says', async () => {
    const fault = async () => Promise.reject(new TypeError('cannot read Doe^Jane'))
    await drain({ analyse: fault })
    expect((await stateOf()).state).toBe('queued')
    clock.advance(60)
    await drain({ analyse: fault })
    const { state, hold } = await stateOf()
    expect(state).toBe('held')
    expect(hold).toMatchObject({ code: 'INTERNAL', message: 'unexpected TypeError' })
    expect(log.lines).toHaveLength(2)
    for (const { fields } of log.lines)
      expect(fields).toMatchObject({
        code: 'INTERNAL',
        frames: expect.stringContaining('test/pipeline/worker.test.ts:'),
      })
    expect(JSON.stringify(log.lines)).not.toContain('Doe')
    await close()
  })

  it('holds at once where a person must decide', async () => {
    await drain({ analyse: async () => Promise.reject(new AppError('SERIES_MISSING', 'there is no T1c')) })
    expect((await stateOf()).hold).toMatchObject({ code: 'SERIES_MISSING', message: 'there is no T1c' })
    await close()
  })

  it('keeps the result when a delivery must wait, and only delivers again', async () => {
    let analysed = 0
    const analyse = async ({ analysisId: id }: AnalysisRecord) => {
      analysed += 1
      await analyses.saveResult(id, {}, [])
    }
    await drain({ analyse, deliver: async () => ({ do: 'retry', afterSeconds: 40 }) })
    expect((await stateOf()).state).toBe('analysed')
    const waited = spread(40, `${analysisId} 1`)
    expect(woken).toEqual([new Date(clock.now().getTime() + waited * 1000).toISOString()])
    clock.advance(40)
    expect(await drain({ analyse })).toBe(0)
    clock.advance(9)
    await drain({ analyse })
    expect((await stateOf()).state).toBe('delivered')
    expect(analysed).toBe(1)
  })

  it('leaves one current result of a study: a delivered one that nobody reviewed gives way once the later one is delivered', async () => {
    expect(await drain()).toBe(1)
    // The clock is set back meanwhile.
    clock.advance(-7200)
    const study = `1.2.${number}`
    const grown = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 'grown' }
    await analyses.register({ analysisId: `${analysisId}-grown`, studyInstanceUid: study, ...grown })
    const states = async () => (await analyses.byStudy(study)).map(({ state }) => state)
    const during: string[][] = []
    await drain({
      deliver: async () => {
        during.push(await states())
        return { do: 'done' }
      },
    })
    expect(during).toEqual([['delivered', 'analysed']])
    expect(await states()).toEqual(['superseded', 'delivered'])
  })

  it('leaves an analysis whose study changed meanwhile, whatever became of it', async () => {
    const superseding = (then: (id: string) => Promise<unknown>) => async (record: AnalysisRecord) => {
      await analyses.move(record.analysisId, 'superseded')
      await then(record.analysisId)
    }
    expect(await drain({ analyse: superseding((id) => analyses.saveResult(id, {}, [])) })).toBe(1)
    expect((await stateOf()).state).toBe('superseded')
    expect(log.lines.map(({ message }) => message)).toEqual(['given up while it was worked on'])
  })

  it.each<DeliveryOutcome>([
    { do: 'done' },
    { do: 'retry', afterSeconds: 5 },
    { do: 'hold', error: new AppError('STORE_CONFLICT', 'other content') },
  ])('writes no state over "superseded" after a delivery that ended as $do', async (outcome) => {
    const deliver = async (record: AnalysisRecord) => {
      await analyses.move(record.analysisId, 'superseded')
      return outcome
    }
    await drain({ deliver })
    expect((await stateOf()).state).toBe('superseded')
    expect(woken).toEqual([])
  })

  it('holds an analysis during which the service ended again and again', async () => {
    for (let n = 0; n < 3; n += 1) {
      const record = await analyses.claim('worker-dead', 1)
      if (record?.state === 'queued') await analyses.move(analysisId, 'running')
      await analyses.note(analysisId, { kind: 'step', text: 'segment started', data: { step: 'segment' } })
      clock.advance(2)
    }
    await drain({ maxAttempts: 2 })
    expect((await stateOf()).hold?.message).toBe('the service ended 3 times while it worked on this analysis')
    await close()
  })

  it('counts the end of the service for the analysis that had a step under way, and for none that waited for its turn', async () => {
    const other = `${analysisId}-waits`
    const digests = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 's' }
    await analyses.register({ analysisId: other, studyInstanceUid: `1.3.${number}`, ...digests })
    const step = (id: string, name: string, seconds?: number) =>
      analyses.note(id, { kind: 'step', text: name, data: { step: name, ...(seconds !== undefined && { seconds }) } })
    for (let n = 0; n < 4; n += 1) {
      for (const _loop of ['infer', 'retrieve']) {
        const record = (await analyses.claim('dead', 1))!
        if (record.state === 'queued') await analyses.move(record.analysisId, 'running')
      }
      await step(analysisId, 'segment')
      await step(other, 'retrieve')
      await step(other, 'retrieve', 2)
      clock.advance(2)
    }
    const attempts: Record<string, number> = {}
    for (const _each of [1, 2]) {
      const record = (await analyses.claim('heir', 60))!
      attempts[record.analysisId] = record.attempts
    }
    expect(attempts).toEqual({ [analysisId]: 5, [other]: 1 })
    // An attempt that failed during a step is over: the next one begins with none under way.
    await analyses.move(other, 'queued')
    await step(other, 'retrieve')
    await analyses.move(other, 'running')
    await analyses.release(other, 'heir')
    expect((await analyses.claim('next', 60))?.attempts).toBe(2)
    for (const id of [analysisId, other]) await analyses.move(id, 'superseded')
  })

  describe('that was stopped until another has taken over', () => {
    /** What another worker does once the lease has ended. */
    async function takeOver(): Promise<void> {
      clock.advance(61)
      expect((await analyses.claim('worker-2', 60))?.analysisId).toBe(analysisId)
    }

    it('stores no result, moves no state and tries nothing again', async () => {
      const before = async ({ analysisId: id }: AnalysisRecord, lease: Lease) => {
        await takeOver()
        await lease.analyses.saveResult(id, {}, [])
      }
      await drain({ analyse: before })
      const { state } = await stateOf()
      expect(state).toBe('running')
      expect(woken).toEqual([])
      expect(log.lines.map(({ fields, message }) => [fields.code, message])).toEqual([
        ['LEASE_LOST', 'left to the worker that has taken it over'],
      ])
      expect((await analyses.events(analysisId)).map(({ text }) => text)).not.toContain('analysed')
      // The lease of the other stands.
      expect(await analyses.renew(analysisId, 'worker-2', 60)).toBe(true)
      await close()
    })

    it('delivers nothing, and writes no outcome of a delivery that was under way', async () => {
      let written = 0
      const late = async (_record: AnalysisRecord, lease: Lease): Promise<DeliveryOutcome> => {
        await takeOver()
        await lease.confirm()
        written += 1
        return { do: 'done' }
      }
      await drain({ deliver: late })
      expect(written).toBe(0)
      await analyses.release(analysisId, 'worker-2')
      await drain({
        deliver: async () => {
          await takeOver()
          return { do: 'done' }
        },
      })
      expect((await stateOf()).state).toBe('analysed')
      await close()
    })

    it('goes on where nobody has taken over, however late it is', async () => {
      const slow = async ({ analysisId: id }: AnalysisRecord, lease: Lease) => {
        clock.advance(3600)
        await lease.analyses.saveResult(id, {}, [])
      }
      await drain({ analyse: slow })
      expect((await stateOf()).state).toBe('delivered')
    })
  })
})
