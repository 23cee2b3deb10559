// Legs of a delivery side by side, on the real record of analyses: a destination that hangs keeps nothing from the other, of this study or of others.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { createBreakers } from '../../src/domain/breakers.ts'
import type { Leg } from '../../src/domain/delivery.ts'
import { AppError } from '../../src/domain/errors.ts'
import { RESULT_VERSION } from '../../src/domain/finding.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import { type DeliverPorts, deliver } from '../../src/pipeline/deliver.ts'
import { type DeliveryOutcome, runLegs } from '../../src/pipeline/legs.ts'
import { createPools, PATIENCE_SECONDS } from '../../src/pipeline/pools.ts'
import { drainAnalyses } from '../../src/pipeline/worker.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { openDatabase } from '../support/database.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { quietLog } from '../support/quiet-log.ts'
import { sampleResult } from '../support/sample-analyses.ts'

const OPTIONS = { excludedRoles: new Set<never>(), maxAttempts: { pacs: 12, ehr: 12 } }

/** A clock of which the test ends each sleep, and what sleeps. */
function wokenClock() {
  const sleeping: { seconds: number; wake(): void }[] = []
  let time = Date.parse('2026-03-01T03:00:00.000Z')
  return {
    sleeping,
    now: () => new Date(time),
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted) resolve()
        signal?.addEventListener('abort', () => resolve(), { once: true })
        const wake = () => {
          time += milliseconds
          resolve()
        }
        sleeping.push({ seconds: milliseconds / 1000, wake })
      }),
  }
}

/** Waits until it holds. */
const soon = (holds: () => unknown) => vi.waitFor(holds, { timeout: 60_000, interval: 10 })

/** A promise and what resolves it. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

let db: Database
beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db.close())

let number = 0
/** Analysed, and to be delivered. */
async function analysed(analyses: AnalysisRecords): Promise<AnalysisRecord> {
  number += 1
  const analysisId = `d${number}`
  const digests = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 's' }
  await analyses.register({ analysisId, studyInstanceUid: `1.2.${number}`, ...digests })
  await analyses.move(analysisId, 'running')
  const result = { schemaVersion: RESULT_VERSION, analysisId, ...sampleResult }
  const uid = `1.9.${number}`
  const made: Artifact[] = [
    { role: 'result', mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(result)) },
    { role: 'pdf', mediaType: 'application/pdf', bytes: Buffer.from('%PDF-') },
    {
      role: 'segmentation',
      mediaType: 'application/dicom',
      bytes: Buffer.from('SEG'),
      sopInstanceUid: uid,
      seriesInstanceUid: `${uid}.1`,
      sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
    },
  ]
  await analyses.saveResult(analysisId, {}, made)
  return (await analyses.get(analysisId))!
}

/** PACS and EHR, as the test has them answer. */
function peers(analyses: AnalysisRecords, clock: DeliverPorts['clock'], answer: (leg: Leg) => Promise<unknown>) {
  const archive: Partial<ImageArchive> = {
    async store(_study, objects) {
      await answer('pacs')
      return objects.map(({ sopInstanceUid }) => ({ sopInstanceUid, stored: true }))
    },
  }
  const posted: string[][] = []
  const ehr = recordsOf({
    matchPatient: async () => 'Patient/1',
    async postReport({ result, dicomResults }) {
      await answer('ehr')
      posted.push([result.analysisId, ...dicomResults.map(({ sopInstanceUid }) => sopInstanceUid)])
      return { diagnosticReport: 'DiagnosticReport/1' }
    },
  })
  const watch = createMemoryWatchStore()
  const ports: DeliverPorts = { archive: archive as ImageArchive, ehr, analyses, watch, clock, log: quietLog }
  return { ports, posted }
}

const legsOf = async (analyses: AnalysisRecords, id: string) =>
  (await analyses.get(id))!.legs.map(({ leg, state, attempts }) => `${leg} ${state} ${attempts}`)

describe('a delivery whose PACS hangs', () => {
  it('has its report in the EHR meanwhile, with the UIDs that the PACS will have', async () => {
    const clock = wokenClock()
    const analyses = createAnalysisStore(db, clock)
    const record = await analysed(analyses)
    const pacs = gate()
    const { ports, posted } = peers(analyses, clock, async (leg) => leg === 'pacs' && pacs.opened)
    const delivery = deliver(ports, record, OPTIONS)
    await soon(async () => expect(await legsOf(analyses, record.analysisId)).toEqual(['pacs waiting 0', 'ehr done 1']))
    expect(posted).toEqual([[record.analysisId, `1.9.${number}`]])
    pacs.open()
    expect(await delivery).toEqual({ do: 'done' })
    expect(await legsOf(analyses, record.analysisId)).toEqual(['pacs done 1', 'ehr done 1'])
  })

  it('is tried again at the EHR after the pause of that leg alone', async () => {
    const clock = wokenClock()
    const analyses = createAnalysisStore(db, clock)
    const record = await analysed(analyses)
    const pacs = gate()
    let tries = 0
    const { ports } = peers(analyses, clock, async (leg) => {
      if (leg === 'pacs') return pacs.opened
      tries += 1
      if (tries < 3) throw new AppError('EHR_UNREACHABLE', 'nobody answers')
    })
    const delivery = deliver(ports, record, OPTIONS)
    for (const seconds of [5, 10]) {
      await soon(() => expect(clock.sleeping.map((one) => one.seconds)).toEqual([seconds]))
      clock.sleeping.pop()!.wake()
    }
    await soon(async () => expect(await legsOf(analyses, record.analysisId)).toEqual(['pacs waiting 0', 'ehr done 3']))
    pacs.open()
    expect(await delivery).toEqual({ do: 'done' })
  })

  it('keeps no later study from the EHR, however many hang, and takes no attempt from those that wait for room', async () => {
    const clock = wokenClock()
    const analyses = createAnalysisStore(db, clock)
    const pools = createPools({ retrieve: 1, infer: 1, deliver: 1, inFlightBytes: 1 }, clock)
    const pacs = gate()
    const { ports } = peers(analyses, clock, async (leg) => leg === 'pacs' && pacs.opened)
    const breakers = createBreakers()
    const ids: string[] = []
    for (let n = 0; n < 4; n += 1) ids.push((await analysed(analyses)).analysisId)
    const common = { analyses, clock, log: quietLog, maxAttempts: 12, wakeAt: async () => {} }
    // As compose-workers.ts starts them.
    const loops = ['one', 'two'].map((owner) =>
      drainAnalyses(
        {
          ...common,
          deliver: (record, lease) =>
            deliver(
              { ...ports, ...lease, breakers, turn: (leg, work) => pools.deliver(record, leg, work) },
              record,
              OPTIONS,
            ),
        },
        owner,
      ),
    )
    // One is in the hands of the PACS; those that wait for room there make way once it has been there for a while.
    await soon(async () => {
      for (const { seconds, wake } of clock.sleeping.splice(0)) if (seconds === PATIENCE_SECONDS) wake()
      expect(await Promise.all(ids.map((id) => legsOf(analyses, id)))).toEqual(
        ids.map(() => ['pacs waiting 0', 'ehr done 1']),
      )
    })
    pacs.open()
    await Promise.all(loops)
    const states = await Promise.all(ids.map(async (id) => (await analyses.get(id))!.state))
    expect(states).toContain('delivered')
    expect(await Promise.all(ids.map((id) => legsOf(analyses, id)))).not.toContainEqual([
      'pacs waiting 1',
      'ehr done 1',
    ])
    for (const id of ids) await analyses.move(id, 'superseded').catch(() => undefined)
  })
})

describe('the legs of a delivery', () => {
  const failed: DeliveryOutcome = { do: 'retry', afterSeconds: 30 }

  it('end together when none is under way, and say how long each still waits', async () => {
    const clock = wokenClock()
    const pacs = gate()
    const outcomes = runLegs(
      ['pacs', 'ehr'],
      async (leg) => (leg === 'pacs' ? pacs.opened.then(() => failed) : failed),
      {
        ...clock,
        // Twenty seconds later.
        now: () => new Date(clock.now().getTime() + (clock.sleeping.length > 0 && isLater ? 20_000 : 0)),
      },
    )
    let isLater = false
    await soon(() => expect(clock.sleeping).toHaveLength(1))
    isLater = true
    pacs.open()
    expect(await outcomes).toEqual([failed, { do: 'retry', afterSeconds: 10 }])
  })

  it('have all ended when an error of one is thrown', async () => {
    const pacs = gate()
    const ended: string[] = []
    const running = runLegs(
      ['pacs', 'ehr'],
      async (leg) => {
        if (leg === 'ehr') throw new AppError('LEASE_LOST', 'another has it')
        await pacs.opened
        ended.push(leg)
        return { do: 'done' }
      },
      wokenClock(),
    ).catch((thrown: AppError) => ended.push(thrown.code))
    await soon(() => expect(ended).toEqual([]))
    pacs.open()
    await running
    expect(ended).toEqual(['pacs', 'LEASE_LOST'])
  })
})
