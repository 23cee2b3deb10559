// Child process of scale-out.test.ts: the service's worker on the service's store, with an analysis that takes the time it is told and writes its
// name into the result, and a delivery that writes its name outside. Says on standard output what it does.
import { setTimeout as wait } from 'node:timers/promises'
import { asAppError } from '../../src/domain/errors.ts'
import type { Clock } from '../../src/domain/ports/clock.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { drainAnalyses } from '../../src/pipeline/worker.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { realClock } from '../support/real-clock.ts'

const [databaseUrl, owner, outsideUrl, workMs, leaseSeconds, clockOffBy] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
/** A machine whose clock is wrong by so many seconds. */
const clock: Clock = { ...realClock, now: () => new Date(Date.now() + 1000 * Number(clockOffBy)) }
const say = (...words: string[]) => process.stdout.write(`${words.join(' ')}\n`)
const told: Log['warn'] = ({ analysisId = '-', code = '-' }) => say('log', String(analysisId), String(code))
const log: Log = { info() {}, warn: told, error: told }
const db = openPostgres(databaseUrl, log, 2)
const analyses = createAnalysisStore(db, clock)

say('up')
for (;;) {
  const work = drainAnalyses(
    {
      analyses,
      clock,
      log,
      maxAttempts: 50,
      leaseSeconds: Number(leaseSeconds),
      wakeAt: async () => undefined,
      async analyse({ analysisId }, lease) {
        say('begun', analysisId)
        await wait(Number(workMs))
        const bytes = new TextEncoder().encode(owner)
        await lease.analyses.saveResult(analysisId, {}, [{ role: 'pdf', mediaType: 'text/plain', bytes }])
        say('saved', analysisId)
      },
      async deliver({ analysisId, legs }, lease) {
        for (const { leg } of legs) {
          await lease.confirm()
          await fetch(`${outsideUrl}/${analysisId}/${leg}/${owner}`, { method: 'POST' })
          await lease.analyses.updateLeg(analysisId, leg, { state: 'done', attempts: 1, receipt: { by: owner } })
        }
        return { do: 'done' }
      },
    },
    owner,
  )
  // As the queue does: what failed is called again by the sweep.
  await work.catch((thrown) => say('failed', '-', asAppError(thrown).code))
  await wait(100)
}
