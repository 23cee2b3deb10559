// Child process of the campaign on real parts: the service's search, study watch, register, worker, delivery, clients, inference process and store. Only the
// analysis is short: a small image goes through a tiny network, and the results are small objects whose UIDs derive from the analysis.
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { createDicomWebClient } from '../../../src/dicomweb/client.ts'
import { asAppError } from '../../../src/domain/errors.ts'
import type { Log } from '../../../src/domain/ports/log.ts'
import { createClinicalRecords } from '../../../src/fhir/connection/records.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { startRunner } from '../../../src/inference/runtime/runner.ts'
import { deliver } from '../../../src/pipeline/deliver.ts'
import { imageSetDigest, registerAnalysis } from '../../../src/pipeline/intake.ts'
import { drainAnalyses } from '../../../src/pipeline/worker.ts'
import { createAnalysisStore } from '../../../src/store/analyses.ts'
import { createWriteLedger } from '../../../src/store/ledger.ts'
import { openPostgres } from '../../../src/store/postgres.ts'
import { createWatchStore } from '../../../src/store/watch.ts'
import { isBrainMr } from '../../../src/triggers/eligible.ts'
import { createQidoPoll } from '../../../src/triggers/qido-poll.ts'
import { createStudyWatch } from '../../../src/triggers/study-watch.ts'
import { axial, paint, tinyBundle } from '../../inference/support.ts'
import { ANALYSIS_SYSTEM, MRN_SYSTEM } from '../../support/fhir-report.ts'
import { realClock } from '../../support/real-clock.ts'
import { resultsOf } from './results.ts'

export interface WorkerPlaces {
  databaseUrl: string
  pacs: { url: string; username: string; password: string }
  ehrUrl: string
  owner: string
}

const { databaseUrl, pacs, ehrUrl, owner } = JSON.parse(process.argv[2]!) as WorkerPlaces
const TIMEOUT_MS = 5000
const say = (line: Record<string, string | number>) => process.stdout.write(`${JSON.stringify(line)}\n`)
const told: Log['warn'] = ({ code = '-', error = '', frames = '' }, message) =>
  say({ code: String(code), error: String(error), frames: String(frames), message })
const log: Log = { info() {}, warn: told, error: told }
const clock = realClock
const db = openPostgres(databaseUrl, log, 2)
const analyses = createAnalysisStore(db, clock)
const watch = createWatchStore(db, clock)
const { url, username, password } = pacs
const archive = createDicomWebClient({ url, auth: { type: 'basic', username, password }, timeoutMs: TIMEOUT_MS, log })
const ehr = createClinicalRecords({
  url: ehrUrl,
  auth: { type: 'none' },
  identifierSystem: MRN_SYSTEM,
  analysisSystem: ANALYSIS_SYSTEM,
  timeoutMs: TIMEOUT_MS,
  ledger: createWriteLedger(db, clock),
  log,
})
const bundle = await loadBundle(tinyBundle)
const runner = await startRunner({ bundle, providers: ['cpu'], threads: 1, timeoutMs: 20_000, log })
const image = paint(axial([12, 12, 12], [2, 2, 2]), ([x, y, z]) => Math.sin(x) + y / 50 - z / 80)

const stop = new AbortController()
const studyWatch = createStudyWatch({
  archive,
  watchStore: watch,
  clock,
  settings: { settleSeconds: 1, checkSeconds: 1 },
  log,
  eligible: isBrainMr,
  onSettled: async (uid, digest) => {
    await registerAnalysis({ analyses, log, wake: async () => undefined }, bundle.identity, uid, digest)
  },
})
const poll = createQidoPoll({
  archive,
  watchStore: watch,
  clock,
  timeZone: 'UTC',
  settings: { intervalSeconds: 1, firstLookbackDays: 36_500, overlapDays: 36_500 },
  log,
})
void studyWatch.run(stop.signal)
void poll.run((uid) => studyWatch.hint(uid), stop.signal)
// Notifications, as the campaign sends them: a UID a line.
createInterface(process.stdin).on('line', (uid) => void studyWatch.hint(uid).catch(() => undefined))
setInterval(() => say({ inference: runner.pid ?? 0 }), 200)
say({ inference: runner.pid ?? 0 })

for (;;) {
  const work = drainAnalyses(
    {
      analyses,
      clock,
      log,
      maxAttempts: 50,
      leaseSeconds: 4,
      wakeAt: async () => undefined,
      async analyse(record, lease) {
        const study = await archive.retrieveMetadata(record.studyInstanceUid)
        if ((await imageSetDigest(watch, study)) !== record.instanceSetDigest) {
          await lease.analyses.move(record.analysisId, 'superseded', { text: 'the images of the study changed' })
          return
        }
        await runner.segment({ channels: [image, image, null, image] })
        await lease.analyses.saveResult(record.analysisId, {}, resultsOf(record))
      },
      deliver: (record, lease) =>
        deliver({ archive, ehr, watch, clock, log, ...lease }, record, {
          excludedRoles: new Set(),
          maxAttempts: { pacs: 50, ehr: 50 },
        }),
    },
    owner,
  )
  await work.catch((thrown) => told({ code: asAppError(thrown).code }, 'the worker failed; it is called again'))
  await wait(200)
}
