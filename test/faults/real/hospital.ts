// Real parts for the campaign: Orthanc, PostgreSQL, a FHIR server over HTTP, wires that can be made to misbehave, and the worker as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { demoPatient } from '../../../demo/ehr/patient.ts'
import { startDemoEhr } from '../../../demo/ehr/server.ts'
import { instanceUid } from '../../../src/dicom/result-object.ts'
import { createDicomWebClient } from '../../../src/dicomweb/client.ts'
import type { AnalysisRecord } from '../../../src/domain/analysis.ts'
import { asAppError } from '../../../src/domain/errors.ts'
import { createAnalysisStore } from '../../../src/store/analyses.ts'
import { migrate, readMigrations } from '../../../src/store/migrate.ts'
import { openPostgres } from '../../../src/store/postgres.ts'
import { type Fault, startFaultyEhr as startWire } from '../../support/faulty-ehr.ts'
import { ANALYSIS_SYSTEM, MRN_SYSTEM, PATIENT } from '../../support/fhir-report.ts'
import { create, list } from '../../support/fhir-server.ts'
import { buildSeries } from '../../support/instances.ts'
import { startOrthanc } from '../../support/orthanc.ts'
import { startPostgres } from '../../support/postgres.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { realClock } from '../../support/real-clock.ts'
import { ROLES } from './results.ts'
import type { WorkerPlaces } from './worker.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

export type Hospital = Awaited<ReturnType<typeof openRealHospital>>

/** `ehrUrl`: another FHIR server, such as HAPI; the demo's own when left out. */
export async function openRealHospital(ehrUrl?: string) {
  const [orthanc, postgres] = await Promise.all([startOrthanc(), startPostgres()])
  const demo = ehrUrl === undefined ? await startDemoEhr() : undefined
  const ehr = ehrUrl ?? demo!.url
  await create(ehr, demoPatient(PATIENT, MRN_SYSTEM))
  const armed: { wire: 'pacs' | 'ehr'; fault: Fault; left: number; only: RegExp }[] = []
  let happened = 0
  const rule = (wire: 'pacs' | 'ehr') => (request: { method: string; path: string }) => {
    const next = armed.find(
      (one) => one.wire === wire && one.left > 0 && one.only.test(`${request.method} ${request.path}`),
    )
    if (!next) return undefined
    next.left -= 1
    happened += 1
    return next.fault
  }
  const pacsWire = await startWire(orthanc.url, rule('pacs'))
  const ehrWire = await startWire(ehr, rule('ehr'))
  const databaseUrl = await postgres.createDatabase()
  const openDb = () => openPostgres(databaseUrl, quietLog, 5)
  let db = openDb()
  await migrate(db, await readMigrations())
  const { username, password } = orthanc
  const archive = createDicomWebClient({
    url: orthanc.url,
    auth: { type: 'basic', username, password },
    timeoutMs: 20_000,
    log: quietLog,
  })
  const studies: { uid: string; head: boolean }[] = []
  let worker: ChildProcess | undefined
  let inference = 0
  /** What the worker complained of, for whoever looks into a failure. */
  const complaints: string[] = []

  async function startWorker(): Promise<void> {
    const pacs = { url: pacsWire.url, username, password }
    const places: WorkerPlaces = {
      databaseUrl,
      pacs,
      ehrUrl: ehrWire.url,
      owner: `worker ${studies.length} ${Math.random()}`,
    }
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER, JSON.stringify(places)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    worker = child
    child.stdin!.on('error', () => undefined)
    const up = Promise.withResolvers<void>()
    child.once('exit', () => up.reject(new Error('the worker ended before it was up')))
    let rest = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const said = JSON.parse(line) as { inference?: number }
        if (said.inference === undefined) complaints.push(line)
        else {
          inference = said.inference
          up.resolve()
        }
      }
    })
    await up.promise
  }
  async function killWorker(): Promise<void> {
    const child = worker
    if (!child) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  await startWorker()
  return {
    complaints,
    happened: () => happened,
    /** One more study of two images; of the head, or one that must be left. */
    async send(head: boolean): Promise<string> {
      const uid = `1.2.826.0.1.3680043.8.498.4.${studies.length + 1}`
      studies.push({ uid, head })
      const { patientId, patientName } = PATIENT
      const bodyPart = head ? 'HEAD' : 'KNEE'
      await archive.store(uid, buildSeries(2, { study: uid, series: `${uid}.1`, bodyPart, patientId, patientName }))
      return uid
    },
    /** The next requests on this wire that fit are met with the fault. */
    arm: (wire: 'pacs' | 'ehr', fault: Fault, count: number, only = /./) =>
      void armed.push({ wire, fault, left: count, only }),
    disarm: () => void armed.splice(0),
    /** Sends hints of all studies, twice and backwards. */
    hintAll() {
      const uids = studies.map(({ uid }) => uid).reverse()
      for (const uid of [...uids, ...uids, '1.2.3.4']) worker?.stdin?.write(`${uid}\n`)
      happened += 1
    },
    async killWorker() {
      await killWorker()
      happened += 1
      await startWorker()
    },
    killInference() {
      if (inference === 0) return
      process.kill(inference, 'SIGKILL')
      inference = 0
      happened += 1
    },
    async killArchive() {
      await orthanc.stop('SIGKILL')
      happened += 1
      await orthanc.start()
    },
    async crashDatabase() {
      await postgres.crash()
      happened += 1
      await postgres.start()
    },
    /** In words what is not as it must be; nothing when each study of the head has one result in PACS and EHR, and the others none. */
    async wrongs(): Promise<{ lost: string[]; doubled: string[] }> {
      const lost: string[] = []
      const doubled: string[] = []
      try {
        const analyses = createAnalysisStore(db, realClock)
        for (const { uid, head } of studies) {
          const records = await analyses.byStudy(uid)
          const stored = (await archive.searchInstances(uid)).filter(({ modality }) => modality !== 'MR')
          if (!head) {
            if (records.length + stored.length > 0)
              doubled.push(`${uid} must be left and has ${records.length} analyses`)
            continue
          }
          const current = records.filter(({ state }) => state === 'delivered')
          if (current.length === 0) lost.push(`${uid} is ${records.map(stateOf).join(', ') || 'not registered'}`)
          if (records.length > 1) doubled.push(`${uid} has ${records.length} analyses`)
          for (const { analysisId, state } of records) {
            const uids = new Set<string>(ROLES.map((role) => instanceUid(analysisId, role)))
            const own = stored.filter(({ sopInstanceUid }) => uids.has(sopInstanceUid))
            if (state === 'delivered' && own.length < ROLES.length) lost.push(`${uid} has ${own.length} objects`)
            if (stored.length > own.length) doubled.push(`${uid} has ${stored.length - own.length} objects of nothing`)
            const token = encodeURIComponent(`${ANALYSIS_SYSTEM}|${analysisId}`)
            const reports = (await list(ehr, `DiagnosticReport?identifier=${token}`)).length
            if (state === 'delivered' && reports === 0) lost.push(`${uid} has no report`)
            if (reports > 1) doubled.push(`${uid} has ${reports} reports`)
          }
        }
        const all = (await list(ehr, 'DiagnosticReport')).length
        if (all > studies.length) doubled.push(`${all} reports of ${studies.length} studies`)
      } catch (thrown) {
        const { code } = asAppError(thrown)
        if (code === 'INTERNAL') throw thrown
        lost.push(`cannot be looked at: ${code}`)
        await db.close().catch(() => undefined)
        db = openDb()
      }
      return { lost, doubled }
    },
    async close() {
      await killWorker()
      await db.close()
      await Promise.all([pacsWire.close(), ehrWire.close(), demo?.close(), orthanc.close(), postgres.close()])
    },
  }
}

const stateOf = ({ state, hold }: AnalysisRecord) => (hold ? `${state} (${hold.code})` : state)
