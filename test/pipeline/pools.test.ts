// The pools of a process: who goes first, how much is held, and that one study whose archive hangs keeps no other from the networks or from its delivery.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVolumeHere } from '../../src/dicom/series-volume.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { ModelRunner } from '../../src/domain/ports/model-runner.ts'
import type { Priority } from '../../src/domain/priority.ts'
import { analyseStudy } from '../../src/pipeline/analyse-study.ts'
import { imageSetDigest } from '../../src/pipeline/intake.ts'
import { createPools, type PoolSizes, type Pools } from '../../src/pipeline/pools.ts'
import { drainAnalyses } from '../../src/pipeline/worker.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import type { TestSeries } from '../dicom/support.ts'
import { headT1 } from '../inference/heads/head.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { openDatabase } from '../support/database.ts'
import { headFlair, headsAs, options, registrar, runner } from '../support/head-study.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { quietLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'
import { eventually } from '../support/service-process.ts'

const SIZES: PoolSizes = { retrieve: 2, infer: 1, deliver: 1, inFlightBytes: 100 }
const fresh = (sequence: number) => ({ priority: 'fresh' as Priority, sequence })
/** Everything that can go on now has gone on. */
const calm = () => new Promise((resolve) => setTimeout(resolve, 5))

/** A promise and what resolves it. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('a pool', () => {
  it('gives the next turn to the most urgent, of these to the one that was registered first, and says who is in it and who waits', async () => {
    const clock = createManualClock()
    const pools = createPools(SIZES, clock)
    const order: string[] = []
    const first = gate()
    const turn = (name: string, priority: Priority, sequence: number, until: Promise<void> = Promise.resolve()) =>
      pools.enter({ priority, sequence }).infer(async () => {
        order.push(name)
        await until
      })
    const all = [turn('in work', 'backfill', 9, first.opened)]
    clock.advance(30)
    all.push(
      turn('older', 'backfill', 1),
      turn('late', 'fresh', 8),
      turn('early', 'fresh', 3),
      turn('urgent', 'first', 10),
    )
    await calm()
    clock.advance(12)
    expect(pools.figures()).toEqual({
      pools: [
        { pool: 'retrieve', size: 2, busy: 0, waiting: 0, oldestSeconds: 0 },
        { pool: 'infer', size: 1, busy: 1, waiting: 4, oldestSeconds: 42 },
        { pool: 'deliver-pacs', size: 1, busy: 0, waiting: 0, oldestSeconds: 0 },
        { pool: 'deliver-ehr', size: 1, busy: 0, waiting: 0, oldestSeconds: 0 },
      ],
      inFlight: { bytes: 0, limit: 100, waiting: 0 },
    })
    first.open()
    await Promise.all(all)
    expect(order).toEqual(['in work', 'urgent', 'early', 'late', 'older'])
    expect(pools.figures().pools[1]).toMatchObject({ busy: 0, waiting: 0, oldestSeconds: 0 })
  })

  it('lets those go that wait when the service stops, and lets the others finish', async () => {
    const pools = createPools(SIZES, realClock)
    const stopping = new AbortController()
    const first = gate()
    const working = pools.enter(fresh(1), stopping.signal).infer(() => first.opened.then(() => 'finished'))
    const waits = pools.enter(fresh(2), stopping.signal).infer(async () => 'begun')
    const holder = pools.enter(fresh(3), stopping.signal)
    await holder.hold(100)
    const hold = pools.enter(fresh(4), stopping.signal).hold(1)
    stopping.abort()
    expect(await Promise.allSettled([waits, hold])).toEqual(
      [1, 2].map(() => ({ status: 'rejected', reason: stopping.signal.reason })),
    )
    first.open()
    expect(await working).toBe('finished')
    expect(pools.figures().inFlight).toEqual({ bytes: 100, limit: 100, waiting: 0 })
  })
})

describe('the bytes in flight', () => {
  it('never exceed the bound, and every analysis gets its turn, whatever it asks for and however often it asks for more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 250 }), { maxLength: 4 }), { maxLength: 12 }),
        async (all) => {
          const pools = createPools(SIZES, realClock)
          let [held, most, done] = [0, 0, 0]
          await Promise.all(
            all.map(async (asks, n) => {
              const turns = pools.enter(fresh(n))
              let mine = 0
              for (const bytes of asks) {
                held -= mine
                mine = 0
                await turns.hold(bytes)
                // One that is larger than the whole goes alone.
                mine = Math.min(bytes, 100)
                held += mine
                most = Math.max(most, held)
                if (bytes >= 100) expect(held).toBe(100)
                await Promise.resolve()
              }
              held -= mine
              turns.end()
              done += 1
            }),
          )
          expect(most).toBeLessThanOrEqual(100)
          expect([done, pools.figures().inFlight.bytes]).toEqual([all.length, 0])
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('studies of which one hangs in the archive', () => {
  let db: Database
  let analyses: AnalysisRecords
  /** Study → its series. */
  const images = new Map<string, TestSeries[]>()
  /** 2 series of 41 × 48 × 30 voxels of 4 bytes. */
  const STUDY_BYTES = 2 * 41 * 48 * 30 * 4

  beforeAll(async () => {
    db = await openDatabase()
    analyses = createAnalysisStore(db, realClock)
  })
  afterAll(() => db?.close())

  const watch = createMemoryWatchStore()
  const metadataOf = async (studyInstanceUid: string) => ({
    studyInstanceUid,
    series: images.get(studyInstanceUid)!.map(({ series }) => series),
  })
  async function register(studyInstanceUid: string, priority: Priority = 'fresh') {
    images.set(studyInstanceUid, await headsAs({ T1c: headT1, FLAIR: headFlair }, studyInstanceUid))
    const analysisId = `of ${studyInstanceUid}`
    const instanceSetDigest = await imageSetDigest(watch, await metadataOf(studyInstanceUid))
    const digests = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest }
    await analyses.register({ analysisId, studyInstanceUid, priority, ...digests })
    return analysisId
  }
  const stateOf = async (analysisId: string) => (await analyses.get(analysisId))?.state
  const becomes = (analysisId: string, state: string) =>
    eventually(`${analysisId} ${state}`, async () => ((await stateOf(analysisId)) === state ? true : undefined))

  /** The service's loops, as compose-workers.ts starts them; its archive waits for `opened` before it gives images of `hanging`. */
  function startLoops(
    pools: Pools,
    loops: number,
    hanging: string,
    opened: Promise<void>,
    seen: (study: string) => void,
  ) {
    const archive: Partial<ImageArchive> = {
      retrieveMetadata: metadataOf,
      async *retrieveSeries(study, uid) {
        seen(study)
        if (study === hanging) await opened
        yield* images.get(study)!.find(({ series }) => series.seriesInstanceUid === uid)!.files
      },
      searchStudies: async () => [],
    }
    const stopping = new AbortController()
    const common = { analyses, clock: realClock, log: quietLog, maxAttempts: 12, wakeAt: async () => {} }
    const ports = {
      archive: archive as ImageArchive,
      ehr: recordsOf({ matchPatient: async () => 'Patient/1', postReport: async () => ({}) }),
      watch,
      runner: runner as ModelRunner,
      registrar,
      readVolume: readVolumeHere,
      clock: realClock,
    }
    const work = Array.from({ length: loops }, (_, n) =>
      drainAnalyses(
        {
          ...common,
          async analyse(record, lease) {
            const turns = pools.enter(record, stopping.signal)
            await analyseStudy({ ...ports, turns, analyses: lease.analyses }, options, record).finally(turns.end)
          },
        },
        `loop ${n}`,
        stopping.signal,
      ),
    )
    const deliveries = async () => {
      while (!stopping.signal.aborted) {
        await drainAnalyses({ ...common, deliver: async () => ({ do: 'done' }) }, 'delivers', stopping.signal)
        await calm()
      }
    }
    return { stopping, ended: Promise.all([...work, deliveries()]) }
  }

  it('are analysed and delivered, all but that one, which goes on when the archive does; no more is held than may be', async () => {
    const hung = await register('1.2.1')
    const others = [await register('1.2.2'), await register('1.2.3'), await register('1.2.4')]
    // Two studies fit, so the third of those in hand waits to be retrieved.
    const pools = createPools({ retrieve: 2, infer: 1, deliver: 1, inFlightBytes: 2.5 * STUDY_BYTES }, realClock)
    const archive = gate()
    let most = 0
    const retrieved = new Set<string>()
    const seen = (study: string) => {
      retrieved.add(study)
      most = Math.max(most, pools.figures().inFlight.bytes)
    }
    const { stopping, ended } = startLoops(pools, 3, '1.2.1', archive.opened, seen)
    for (const id of others) await becomes(id, 'delivered')
    expect(await stateOf(hung)).toBe('running')
    expect(pools.figures().pools[0]).toMatchObject({ busy: 1 })
    expect(pools.figures().inFlight.bytes).toBe(STUDY_BYTES)
    archive.open()
    await becomes(hung, 'delivered')
    stopping.abort()
    await ended
    expect(most).toBe(2 * STUDY_BYTES)
    expect(pools.figures().inFlight).toMatchObject({ bytes: 0, waiting: 0 })
    expect(retrieved.size).toBe(4)
  })

  it('are given back when the service stops before their turn, and are analysed by the next', async () => {
    const hung = await register('1.2.5')
    const waiting = await register('1.2.6')
    // Room for one alone.
    const small = createPools({ retrieve: 1, infer: 1, deliver: 1, inFlightBytes: STUDY_BYTES }, realClock)
    const archive = gate()
    const { stopping, ended } = startLoops(small, 2, '1.2.5', archive.opened, () => {})
    await eventually(
      'one waits for room',
      async () => (small.figures().inFlight.waiting === 1 ? true : undefined),
      60_000,
    )
    stopping.abort()
    await becomes(waiting, 'queued')
    expect((await analyses.events(waiting)).map(({ text }) => text)).toContain(
      'given back before its turn, since the service stops',
    )
    archive.open()
    await ended
    const next = startLoops(createPools(SIZES, realClock), 2, '', Promise.resolve(), () => {})
    for (const id of [hung, waiting]) await becomes(id, 'delivered')
    next.stopping.abort()
    await next.ended
  })
})
