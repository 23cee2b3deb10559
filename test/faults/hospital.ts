// A hospital from one seed: an archive, an EHR, a clock, and the service's own watch, register, worker, delivery and store between them. Only the
// analysis itself is short: it reads the study again as the real one does, and stores results whose UIDs derive from the analysis.
import { createRandom, type Random } from '../../demo/phantom/prng.ts'
import { watchPeers } from '../../src/compose-watch.ts'
import { dataset } from '../../src/dicom/dataset.ts'
import { instanceUid } from '../../src/dicom/result-object.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { createBreakers } from '../../src/domain/breakers.ts'
import { AppError } from '../../src/domain/errors.ts'
import { RESULT_VERSION } from '../../src/domain/finding.ts'
import { PEERS } from '../../src/domain/peers.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import type { ClinicalRecord, ClinicalRecords, EhrReport } from '../../src/domain/ports/clinical-record.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { WatchStore } from '../../src/domain/ports/watch-store.ts'
import type { Uid } from '../../src/domain/study.ts'
import { deliver } from '../../src/pipeline/deliver.ts'
import { hurryWaiting } from '../../src/pipeline/hurry.ts'
import { imageSetDigest, registerAnalysis } from '../../src/pipeline/intake.ts'
import { releaseHold } from '../../src/pipeline/resolve.ts'
import { drainAnalyses, type Lease } from '../../src/pipeline/worker.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import { createWatchStore } from '../../src/store/watch.ts'
import { isBrainMr } from '../../src/triggers/eligible.ts'
import { createQidoPoll } from '../../src/triggers/qido-poll.ts'
import { createStudyWatch, type StudyWatch } from '../../src/triggers/study-watch.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { quietLog } from '../support/quiet-log.ts'
import { sampleResult } from '../support/sample-analyses.ts'
import { type CallFault, errorOf, Killed, type Port, type WorldFault } from './kinds.ts'

const MR = '1.2.840.10008.5.1.4.1.1.4'
const SEG = '1.2.840.10008.5.1.4.1.1.66.4'
export const TICK_SECONDS = 10
const SETTLE_SECONDS = 20
const EHR_WATCH_SECONDS = 60
const ROLES = ['segmentation', 'report', 'encapsulated-pdf'] as const

interface Stored {
  sopInstanceUid: Uid
  sopClassUid: Uid
  modality: string
  seriesInstanceUid: Uid
}
interface Study {
  uid: Uid
  head: boolean
  instances: Stored[]
}

export interface Hospital {
  /** One more study; of the head, or one that must be left. */
  send(head: boolean): Uid
  /** One more image of a study. */
  grow(uid: Uid): void
  /** A result in the archive that nobody knows of. */
  leave(uid: Uid, sopInstanceUid: Uid): void
  /** One round of the service's loops, and ten seconds. */
  tick(): Promise<void>
  /** Faults happen from now on at this chance for each call, so many in all. */
  fail(fault: CallFault | WorldFault | undefined, count: number): void
  /** Faults that happened since. */
  injected(): number
  /** A person releases every hold. */
  release(): Promise<void>
  /** Seconds of the hospital. */
  seconds(): number
  /** In words what is wrong; nothing when each study of the head has one current result in PACS and EHR, and others none. */
  wrongs(): Promise<Wrongs>
  close(): Promise<void>
}

export interface Wrongs {
  lost: string[]
  doubled: string[]
  stuck: string[]
  /** Objects in the archive of no analysis that is known: after lost state they are, until their studies are analysed anew. */
  orphans: string[]
  /** Held for a person, with the code that says why. */
  held: string[]
}

export async function openHospital(seed: string): Promise<Hospital> {
  const random = createRandom('hospital', seed)
  const clock = createManualClock('2026-03-01T03:00:00.000Z')
  let elapsed = 0
  const studies = new Map<Uid, Study>()
  /** analysisId → how many reports of it the EHR holds. */
  const reports = new Map<string, number>()
  const faults = createFaults(random)
  let db = await openDatabase()
  let life = startLife()

  function startLife() {
    const alive = { yes: true }
    const store = createAnalysisStore(db, clock)
    const analyses = {
      ...faults.wrap('database', store, alive),
      leased: (id: string, by: string) => faults.wrap('database', store.leased(id, by), alive),
    }
    const watchStore = faults.wrap('database', createWatchStore(db, clock), alive)
    const archive = faults.wrap('archive', archiveOf(studies, faults), alive)
    const ehr = ehrOf(reports, (record) => faults.wrap('ehr', record, alive))
    const analysis = faults.wrap('analysis', { run: async () => {} }, alive)
    const bundle = { id: 'b', digest: 'd', modelDigest: 'm' }
    const wake = async () => {}
    const hurry = () => hurryWaiting({ analyses, wake }).catch(() => undefined)
    const breakers = createBreakers(() => void hurry())
    const peers = watchPeers(PEERS, quietLog, (peer) => {
      breakers.good(peer)
      void hurry()
    })
    const asking = faults.wrap('ehr', { ask: async () => {} }, alive)
    const studyWatch: StudyWatch = createStudyWatch({
      archive,
      watchStore,
      clock,
      settings: { settleSeconds: SETTLE_SECONDS, checkSeconds: TICK_SECONDS },
      log: quietLog,
      eligible: isBrainMr,
      onSettled: async (uid, digest) => {
        await registerAnalysis({ analyses, log: quietLog, wake }, bundle, uid, digest)
      },
    })
    const pollClock = { now: clock.now, sleep: async () => round.abort() }
    let round = new AbortController()
    const poll = createQidoPoll({
      archive,
      watchStore,
      clock: pollClock,
      timeZone: 'UTC',
      settings: { intervalSeconds: TICK_SECONDS },
      log: quietLog,
      onLook: (failure) =>
        failure === undefined ? peers.good('pacs', clock.now()) : peers.failed('pacs', failure, clock.now()),
    })
    async function lookAtEhr(): Promise<void> {
      if (elapsed % EHR_WATCH_SECONDS !== 0) return
      try {
        await asking.ask()
        peers.good('ehr', clock.now())
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown
        peers.failed('ehr', thrown, clock.now())
      }
    }
    const analyse = async (record: AnalysisRecord, lease: Lease) => {
      const study = await archive.retrieveMetadata(record.studyInstanceUid)
      if ((await imageSetDigest(watchStore, study)) !== record.instanceSetDigest) {
        await lease.analyses.move(record.analysisId, 'superseded', { text: 'the images of the study changed' })
        return
      }
      await faults.world('grows', () => grow(record.studyInstanceUid))
      await analysis.run()
      await lease.analyses.saveResult(record.analysisId, {}, artifactsOf(record))
    }
    // A leg that failed waits until the other has ended, and then for the next round: no peer of this hospital hangs.
    const rounds = {
      now: clock.now,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => {
          if (signal?.aborted) resolve()
          else signal?.addEventListener('abort', () => resolve(), { once: true })
        }),
    }
    const ports = { archive, ehr, analyses, watch: watchStore, clock: rounds, log: quietLog, breakers }
    const options = { excludedRoles: new Set<never>(), maxAttempts: { pacs: 12, ehr: 12 } }
    const owner = `process ${random.bits()}`
    return {
      alive,
      async work() {
        round = new AbortController()
        await poll.run((uid) => studyWatch.hint(uid), round.signal)
        await lookAtEhr()
        await faults.world('hinted twice', async () => {
          const uids = [...studies.keys()].reverse()
          for (const uid of [...uids, ...uids]) await studyWatch.hint(uid)
        })
        await studyWatch.check()
        // Loops of their own, as the service has them.
        const common = { analyses, clock, log: quietLog, maxAttempts: 12, wakeAt: async () => {} }
        await drainAnalyses({ ...common, analyse }, `${owner} analyses`)
        await drainAnalyses(
          {
            ...common,
            deliver: (record, lease) =>
              deliver({ ...ports, ...lease } as unknown as Parameters<typeof deliver>[0], record, options),
          },
          `${owner} delivers`,
        )
      },
    }
  }

  function grow(uid: Uid): void {
    const study = studies.get(uid)!
    const n = study.instances.filter(({ modality }) => modality === 'MR').length
    study.instances.push(imageOf(uid, n + 1))
  }

  async function restart(): Promise<void> {
    life = startLife()
    await createAnalysisStore(db, clock).releaseAll()
  }

  return {
    send(head) {
      const uid = `1.2.840.99.${studies.size + 1}`
      studies.set(uid, { uid, head, instances: [imageOf(uid, 1), imageOf(uid, 2)] })
      return uid
    },
    grow,
    leave(uid, sopInstanceUid) {
      studies
        .get(uid)!
        .instances.push({ sopInstanceUid, seriesInstanceUid: `${uid}.9`, sopClassUid: SEG, modality: 'SEG' })
    },
    async tick() {
      await faults.world('clock back', () => clock.advance(-7200))
      await faults.world('clock forward', () => clock.advance(7200))
      await faults.world('state lost', async () => {
        await db.close()
        db = await openDatabase()
        await restart()
      })
      try {
        await life.work()
      } catch (error) {
        // What an error of the store interrupts is called again by the sweep.
        if (!(error instanceof Killed || error instanceof AppError)) throw error
      }
      if (!life.alive.yes) await restart()
      clock.advance(TICK_SECONDS)
      elapsed += TICK_SECONDS
    },
    fail: faults.arm,
    injected: faults.injected,
    async release() {
      const analyses = createAnalysisStore(db, clock)
      for (const { analysisId } of await analyses.list({ state: 'held', limit: 1000 }))
        await releaseHold(analyses, analysisId)
    },
    seconds: () => elapsed,
    wrongs: () => wrongsOf(studies, reports, createAnalysisStore(db, clock), createWatchStore(db, clock)),
    close: () => db.close(),
  }
}

function imageOf(study: Uid, n: number): Stored {
  const seriesInstanceUid = `${study}.1`
  return { sopInstanceUid: `${seriesInstanceUid}.${n}`, seriesInstanceUid, sopClassUid: MR, modality: 'MR' }
}

function artifactsOf({ analysisId }: AnalysisRecord): Artifact[] {
  const result = { schemaVersion: RESULT_VERSION, analysisId, ...sampleResult }
  return [
    { role: 'result', mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(result)) },
    { role: 'pdf', mediaType: 'application/pdf', bytes: Buffer.from('%PDF-') },
    ...ROLES.map((role): Artifact => {
      const sopInstanceUid = instanceUid(analysisId, role)
      const bytes = Buffer.from(`${analysisId} ${role}`)
      return {
        role,
        mediaType: 'application/dicom',
        bytes,
        sopInstanceUid,
        seriesInstanceUid: `${sopInstanceUid}.1`,
        sopClassUid: SEG,
      }
    }),
  ]
}

type Faults = ReturnType<typeof createFaults>

/** Chooses where faults happen, and kills: the calls of a process that is dead do nothing. */
function createFaults(random: Random) {
  let armed: CallFault | WorldFault | undefined
  let left = 0
  let happened = 0
  const strikes = (chance: number) => {
    if (left === 0 || random.next() >= chance) return false
    left -= 1
    happened += 1
    return true
  }
  /** The fault of a call, where it is one of this port and moment. */
  const armedAt = (port: Port, call: string, when: CallFault['when']): CallFault | undefined => {
    if (typeof armed !== 'object' || armed.when !== when || !armed.ports.includes(port)) return undefined
    return (armed.calls?.includes(call) ?? true) ? armed : undefined
  }
  const strike = (port: Port, call: string, when: CallFault['when'], alive: { yes: boolean }) => {
    if (!alive.yes) throw new Killed('killed')
    const fault = armedAt(port, call, when)
    // The database is asked far more often than the others, and a single call seldom.
    const chance = fault?.ports.includes('database') ? 0.02 : fault?.calls ? 0.4 : 0.2
    if (!fault || fault.what === 'partial' || !strikes(chance)) return
    if (fault.what === 'kill') alive.yes = false
    throw errorOf(fault.what)
  }
  return {
    arm(fault: CallFault | WorldFault | undefined, count: number) {
      armed = fault
      left = count
      happened = 0
    },
    injected: () => happened,
    /** Whether this store is to be done in part. */
    inPart: () => typeof armed === 'object' && armed.what === 'partial' && strikes(0.4),
    async world(kind: WorldFault, happen: () => unknown): Promise<void> {
      if (armed === kind && strikes(0.3)) await happen()
    },
    wrap<T extends object>(port: Port, target: T, alive: { yes: boolean }): T {
      return new Proxy(target, {
        get(object, name, receiver) {
          const member = Reflect.get(object, name, receiver) as unknown
          if (typeof member !== 'function') return member
          return async (...given: unknown[]) => {
            strike(port, String(name), 'before', alive)
            const answer = (await member.apply(object, given)) as unknown
            strike(port, String(name), 'after', alive)
            return answer
          }
        },
      })
    },
  }
}

/** An archive that keeps the first object under a UID, as PACS do. */
function archiveOf(studies: Map<Uid, Study>, faults: Faults): ImageArchive {
  const of = (uid: Uid) => studies.get(uid)?.instances ?? []
  const metadata = (study: Study, one: Stored) =>
    dataset({
      SOPInstanceUID: one.sopInstanceUid,
      Modality: one.modality,
      BodyPartExamined: study.head ? 'HEAD' : 'KNEE',
    })
  return {
    searchStudies: async ({ undated }) =>
      undated
        ? []
        : [...studies.values()].map(({ uid, instances }) => ({
            studyInstanceUid: uid,
            studyDate: '20260301',
            studyTime: '',
            modalities: ['MR'],
            instanceCount: instances.length,
          })),
    searchInstances: async (uid) => of(uid).map((one) => ({ ...one })),
    async retrieveMetadata(uid) {
      const study = studies.get(uid)!
      const series = [...Map.groupBy(study.instances, (one) => one.seriesInstanceUid)].map(
        ([seriesInstanceUid, all]) => ({
          seriesInstanceUid,
          modality: all[0]!.modality,
          instances: all.map((one) => ({
            sopInstanceUid: one.sopInstanceUid,
            sopClassUid: one.sopClassUid,
            metadata: metadata(study, one),
          })),
        }),
      )
      return { studyInstanceUid: uid, series }
    },
    async store(uid, objects) {
      const taken = faults.inPart() ? objects.slice(0, 1) : objects
      for (const { sopInstanceUid } of taken) {
        if (of(uid).some((one) => one.sopInstanceUid === sopInstanceUid)) continue
        of(uid).push({ sopInstanceUid, seriesInstanceUid: `${sopInstanceUid}.1`, sopClassUid: SEG, modality: 'SEG' })
      }
      return objects.map((object) => ({ sopInstanceUid: object.sopInstanceUid, stored: taken.includes(object) }))
    },
    retrieveSeries: () => Promise.reject(new AppError('NOT_FOUND', 'no pixels here')) as never,
    retrieveInstance: () => Promise.reject(new AppError('NOT_FOUND', 'no pixels here')),
  }
}

/** An EHR in which a report has an identifier that is unique: what is there is found, and not written twice. */
/** `faulty` stands before each client: naming the study asks the EHR nothing. */
function ehrOf(
  reports: Map<string, number>,
  faulty: (record: Pick<ClinicalRecord, 'postReport'>) => Pick<ClinicalRecord, 'postReport'>,
): ClinicalRecords {
  const record: Pick<ClinicalRecord, 'postReport'> = {
    async postReport({ result }: EhrReport) {
      if (!reports.has(result.analysisId)) reports.set(result.analysisId, 1)
      return {} as Awaited<ReturnType<ClinicalRecord['postReport']>>
    },
  }
  const client = faulty(record) as ClinicalRecord
  return { forStudy: () => client }
}

/** Counts against what the archive holds now: of each study of the head the last set of images has one result, complete, in both. */
async function wrongsOf(
  studies: ReadonlyMap<Uid, Study>,
  reports: ReadonlyMap<string, number>,
  analyses: AnalysisRecords,
  watch: Pick<WatchStore, 'isOwn'>,
): Promise<Wrongs> {
  const wrongs: Wrongs = { lost: [], doubled: [], stuck: [], orphans: [], held: [] }
  for (const { uid, head, instances } of studies.values()) {
    const records = await analyses.byStudy(uid)
    const results = instances.filter(({ modality }) => modality !== 'MR')
    for (const { analysisId, state, hold } of records) {
      if (state === 'queued' || state === 'running' || state === 'analysed') wrongs.stuck.push(`${uid}: ${state}`)
      if (state === 'held') wrongs.held.push(hold?.code ?? '')
      if ((reports.get(analysisId) ?? 0) > 1) wrongs.doubled.push(`${uid}: reports`)
    }
    const uids = instances.map(({ sopInstanceUid }) => sopInstanceUid)
    const digest = await imageSetDigest(watch, {
      studyInstanceUid: uid,
      series: [
        {
          seriesInstanceUid: uid,
          modality: 'MR',
          instances: instances.filter(({ modality }) => modality === 'MR').map((one) => ({ ...one, metadata: {} })),
        },
      ],
    })
    if (!head) {
      if (records.length > 0 || results.length > 0) wrongs.doubled.push(`${uid}: a result of a study that must be left`)
      continue
    }
    const current = records.filter((one) => one.instanceSetDigest === digest && one.state === 'delivered')
    const isWhole = (record: AnalysisRecord) =>
      reports.get(record.analysisId) === 1 && ROLES.every((role) => uids.includes(instanceUid(record.analysisId, role)))
    if (!current.some(isWhole) && !records.some(({ state }) => state === 'held')) wrongs.lost.push(uid)
    if (current.length > 1) wrongs.doubled.push(`${uid}: ${current.length} current analyses`)
    const known = new Set(records.flatMap(({ analysisId }) => ROLES.map((role) => instanceUid(analysisId, role))))
    if (results.some(({ sopInstanceUid }) => !known.has(sopInstanceUid)))
      wrongs.orphans.push(`${uid}: an object of no analysis`)
  }
  return wrongs
}
