// Child process of the campaign on real parts: the service as it is composed, with its store and queue, its triggers, its circuit breakers and its watch over PACS and
// EHR. Only the analysis is short: a small image goes through a tiny network, and the results are small objects whose UIDs derive from the analysis.
import { createInterface } from 'node:readline'
import { ANALYSES, openParts } from '../../../src/compose-parts.ts'
import { startWatch } from '../../../src/compose-watch.ts'
import type { AnalysisRecord } from '../../../src/domain/analysis.ts'
import type { Log } from '../../../src/domain/ports/log.ts'
import { deliver } from '../../../src/pipeline/deliver.ts'
import { imageSetDigest } from '../../../src/pipeline/intake.ts'
import { drainAnalyses, type Lease } from '../../../src/pipeline/worker.ts'
import { parseSettings } from '../../../src/settings/parse.ts'
import { axial, paint } from '../../inference/support.ts'
import { resultsOf } from './results.ts'

const LEASE_SECONDS = 4
/** A person is never asked: what fails so often is stuck. */
const MAX_ATTEMPTS = 50

const say = (line: Record<string, string | number>) => process.stdout.write(`${JSON.stringify(line)}\n`)
const told: Log['warn'] = ({ code = '-', error = '', frames = '' }, message) =>
  say({ at: new Date().toISOString(), code: String(code), error: String(error), frames: String(frames), message })
const log: Log = { info() {}, warn: told, error: told }

const settings = parseSettings(JSON.parse(process.argv[2]!), process.env)
const waitForDatabase = { signal: new AbortController().signal }
// It never ends by itself: it is killed.
const parts = await openParts(settings, { log, waitForDatabase }, () => undefined)
const { store, archive, received, ehr, models, peers, register, submit, routing, clock, breakers, tracing } = parts
const { analyses, watch, hints, workitems, queue } = store
const image = paint(axial([12, 12, 12], [2, 2, 2]), ([x, y, z]) => Math.sin(x) + y / 50 - z / 80)

const work = {
  analyses,
  clock,
  log,
  maxAttempts: MAX_ATTEMPTS,
  leaseSeconds: LEASE_SECONDS,
  wakeAt: (when: Date) => queue.wakeAt(ANALYSES, when),
  async analyse(record: AnalysisRecord, lease: Lease) {
    const study = await archive.retrieveMetadata(record.studyInstanceUid)
    if ((await imageSetDigest(watch, study)) !== record.instanceSetDigest) {
      await lease.analyses.move(record.analysisId, 'superseded', { text: 'the images of the study changed' })
      return
    }
    await models.current.runner.segment({ channels: [image, image, null, image] })
    await lease.analyses.saveResult(record.analysisId, {}, resultsOf(record))
  },
  deliver: (record: AnalysisRecord, lease: Lease) =>
    deliver({ archive, ehr, watch, clock, log, breakers, ...lease }, record, {
      excludedRoles: new Set<never>(),
      maxAttempts: { pacs: MAX_ATTEMPTS, ehr: MAX_ATTEMPTS },
    }),
}
const owner = `process ${process.pid}`
await queue.work(ANALYSES, (signal) => drainAnalyses(work, owner, signal))
const triggers = { archive, received, watchStore: watch, hints, analyses, workitems, ehr, facts: routing.facts }
const watching = startWatch({ settings, ...triggers, peers, register, submit, clock, time: store.time, log, tracing })

// Messages of a router, as the campaign sends them: one a line.
createInterface(process.stdin).on('line', (line) => watching.hint('webhook', JSON.parse(line)))
const sayPid = () => say({ inference: models.current.runner.pids[0] ?? 0 })
setInterval(sayPid, 200)
sayPid()
