// Real parts for the campaign: Orthanc, PostgreSQL on a small disk, a FHIR server, a worklist, wires that can be made to misbehave, and the service as a process of its own.
import { createRandom } from '../../../demo/phantom/prng.ts'
import { createDicomWebClient } from '../../../src/dicomweb/client.ts'
import { asAppError } from '../../../src/domain/errors.ts'
import { expectWritable } from '../../../src/store/disk.ts'
import { migrate, readMigrations } from '../../../src/store/migrate.ts'
import { openPostgres } from '../../../src/store/postgres.ts'
import { tinyBundle } from '../../inference/support.ts'
import { type Fault, startFaultyEhr as startWire } from '../../support/faulty-ehr.ts'
import { ANALYSIS_SYSTEM, MRN_SYSTEM, PATIENT } from '../../support/fhir-report.ts'
import { create, patientWith, readJson } from '../../support/fhir-server.ts'
import { buildSeries } from '../../support/instances.ts'
import { startOrthanc } from '../../support/orthanc.ts'
import { startPostgres } from '../../support/postgres.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { mountSmallDisk } from '../../support/small-disk.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { startUpsPeer, workitemOf } from '../../support/ups-peer.ts'
import { startService } from './service.ts'
import { createInspector, type SentStudy } from './wrongs.ts'

export type Wire = 'pacs' | 'ehr' | 'worklist'
export type Hospital = Awaited<ReturnType<typeof openRealHospital>>

/** Longer than PACS and EHR take on a machine under load, and short enough to wait for. */
const TIMEOUT_MS = { pacs: 10_000, ehr: 20_000 }
const CODE = 'H|GLIOMA'
const DISK_MIB = 256
/** Of the requests that an armed fault fits, so many meet it: not always the first. */
const CHANCE = 0.5

/** What is done in the end, the latest first. */
function createEnding() {
  const steps: (() => Promise<unknown> | unknown)[] = []
  return {
    add: (step: () => Promise<unknown> | unknown) => void steps.push(step),
    async end() {
      for (const step of steps.splice(0).reverse()) await step()
    },
  }
}

/** Hospitals of this process. */
let count = 0

/** `ehr`: base URL of a FHIR R4 server. The seed decides which requests meet faults, and when processes are killed. */
export async function openRealHospital({ seed, ehr }: { seed: number; ehr: string }) {
  // The same FHIR server may know other campaigns, before this one and beside it.
  count += 1
  const opened = `${Date.now()}.${count}`
  const identifierSystem = `${MRN_SYSTEM}/${opened}`
  const random = createRandom('real hospital', String(seed))
  const ending = createEnding()
  try {
    return await open()
  } catch (error) {
    await ending.end()
    throw error
  }

  async function open() {
    const disk = await mountSmallDisk(DISK_MIB)
    ending.add(disk.close)
    const postgres = await startPostgres(disk.folder)
    ending.add(postgres.close)
    const orthanc = await startOrthanc()
    ending.add(orthanc.close)
    const worklist = await startUpsPeer('strict')
    ending.add(worklist.close)
    // A server that has just started takes long over its first statement of what it can.
    await readJson(`${ehr}/metadata`)
    await create(ehr, patientWith(identifierSystem, PATIENT.patientId))

    const faults = createWireFaults(random.next)
    const wires = {
      pacs: await startWire(orthanc.url, faults.rule('pacs')),
      ehr: await startWire(ehr, faults.rule('ehr')),
      worklist: await startWire(worklist.url, faults.rule('worklist')),
    }
    for (const wire of Object.values(wires)) ending.add(wire.close)
    const direct = new URL(await postgres.createDatabase())
    const network = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) })
    ending.add(network.close)
    const throughNetwork = new URL(direct)
    throughNetwork.port = String(network.port)
    const db = openPostgres(direct.href, quietLog, 5)
    ending.add(db.close)
    await migrate(db, await readMigrations())

    const { username, password } = orthanc
    const auth = { type: 'basic' as const, username, password }
    const archive = createDicomWebClient({ url: orthanc.url, auth, timeoutMs: 20_000, log: quietLog })
    const service = await startService(
      {
        pacs: {
          url: wires.pacs.url,
          auth: { type: 'basic', username, password: { env: 'CAMPAIGN_PACS_PASSWORD' } },
          timeoutMs: TIMEOUT_MS.pacs,
          settleSeconds: 1,
          poll: { intervalSeconds: 1, lookBackDays: 36_500 },
          ups: { url: wires.worklist.url, codes: [CODE], intervalSeconds: 2 },
        },
        ehr: {
          url: wires.ehr.url,
          auth: { type: 'none' },
          timeoutMs: TIMEOUT_MS.ehr,
          identifierSystem,
          analysisSystem: ANALYSIS_SYSTEM,
        },
        inference: { bundle: tinyBundle, providers: ['cpu'], threads: 1 },
        store: { dataDir: disk.folder },
        viewer: { keepDays: 0 },
      },
      { DATABASE_URL: throughNetwork.href, CAMPAIGN_PACS_PASSWORD: password },
    )
    ending.add(service.close)

    const studies: SentStudy[] = []
    const imagesOf = (uid: string, count: number, head: boolean) =>
      buildSeries(count, { study: uid, series: `${uid}.1`, bodyPart: head ? 'HEAD' : 'KNEE', ...PATIENT })
    const inspect = createInspector({ db, archive, ehr, worklist, studies })
    return {
      ...faults,
      random: random.next,
      complaints: service.complaints,
      /** One more study of two images; of the head, with a workitem that asks for it, or one that must be left. */
      async send(head: boolean): Promise<string> {
        const uid = `1.2.826.0.1.3680043.8.498.4.${opened}.${studies.length + 1}`
        await archive.store(uid, imagesOf(uid, 2, head))
        const study: SentStudy = { uid, head, isRight: false }
        if (head) {
          study.workitem = `2.25.${studies.length + 1}`
          worklist.schedule(study.workitem, workitemOf(uid, { code: CODE }))
        }
        studies.push(study)
        return uid
      },
      /** One more image of the latest study of the head. */
      async grow() {
        const study = studies.findLast(({ head }) => head)!
        study.isRight = false
        await archive.store(study.uid, imagesOf(study.uid, 3, true).slice(2))
        faults.count()
      },
      /** Messages on all studies, twice and backwards, and on one that is nowhere. */
      hintAll() {
        const uids = studies.map(({ uid }) => uid).reverse()
        for (const uid of [...uids, ...uids, '1.2.3.4']) service.tell({ study_uid: uid })
        faults.count()
      },
      async killService() {
        faults.count()
        await service.kill()
      },
      killInference() {
        const isKilled = service.killInference()
        if (isKilled) faults.count()
        return isKilled
      },
      async killArchive() {
        faults.count()
        await orthanc.stop('SIGKILL')
        await orthanc.start()
      },
      async crashDatabase() {
        faults.count()
        await postgres.crash()
        await postgres.start()
      },
      /** The network between service and database, for some seconds. */
      async breakNetwork(how: 'cut' | 'silent', milliseconds: number) {
        faults.count()
        network.be(how)
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        network.be('open')
      },
      /** For some seconds PostgreSQL can write nothing new, and what readiness asks must notice. */
      async fillDisk(milliseconds: number) {
        await disk.fill()
        const said = await expectWritable(db, new Date()).then(
          () => 'ready',
          (thrown) => asAppError(thrown).code,
        )
        if (said !== 'DISK_FULL') throw new Error(`with its disk full the database is ${said}`)
        faults.count()
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        await disk.free()
        if (!postgres.isRunning()) await postgres.start()
      },
      dropChannels() {
        if (worklist.channels() === 0) return false
        worklist.dropChannels()
        faults.count()
        return true
      },
      inspect,
      endedByItself: service.endedByItself,
      close: ending.end,
    }
  }
}

/** Faults of the wires, each met by so many of the requests that fit. */
function createWireFaults(next: () => number) {
  const armed: { wire: Wire; fault: Fault; left: number; only: RegExp }[] = []
  let happened = 0
  return {
    happened: () => happened,
    count() {
      happened += 1
    },
    arm: (wire: Wire, fault: Fault, count: number, only = /./) => void armed.push({ wire, fault, left: count, only }),
    disarm: () => void armed.splice(0),
    rule: (wire: Wire) => (request: { method: string; path: string }) => {
      const asked = `${request.method} ${request.path}`
      const one = armed.find(({ wire: at, left, only }) => at === wire && left > 0 && only.test(asked))
      if (!one || next() >= CHANCE) return undefined
      one.left -= 1
      happened += 1
      return one.fault
    },
  }
}
