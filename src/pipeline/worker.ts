// The worker: claims what is due, analyses or delivers it, and turns every failure into "later" or "held". Analysis and delivery run in loops of their own, so that neither waits for the other.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { AnalysisStore, PriorAnalyses } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import { nextStepAfter, spread } from '../domain/retry.ts'
import type { DeliveryOutcome } from './legs.ts'
import { replacedBy } from './predecessor.ts'

export interface WorkerPorts {
  analyses: AnalysisStore
  clock: Clock
  log: Log
  /** Both change the record only through the lease. A worker with only one of them claims only that kind of work. */
  analyse?(record: AnalysisRecord, lease: Lease): Promise<void>
  deliver?(record: AnalysisRecord, lease: Lease): Promise<DeliveryOutcome>
  /** How many attempts an analysis gets before a person is asked. */
  maxAttempts: number
  /** Asks to be woken again at that time. */
  wakeAt(when: Date): Promise<void>
  /** Called when an analysis is ready for a worker that delivers. */
  onAnalysed?(): Promise<void>
  /** How long a worker may show no sign of life before another takes over; one minute by default. */
  leaseSeconds?: number
}

export interface Lease {
  analyses: AnalysisStore & PriorAnalyses
  /** Called before anything is written outside of the record. Throws LEASE_LOST. */
  confirm(): Promise<void>
}

const LEASE_SECONDS = 60

/**
 * Handles everything that is due, one after the other, and returns how many that were. `owner` names this loop alone. When the signal aborts while
 * `analyse` waits for its turn, it may reject with the signal's reason; the analysis then goes back into the queue.
 */
export async function drainAnalyses(ports: WorkerPorts, owner: string, signal?: AbortSignal): Promise<number> {
  const stage = ports.analyse && ports.deliver ? undefined : ports.analyse ? 'analyse' : 'deliver'
  let handled = 0
  while (!signal?.aborted) {
    const record = await ports.analyses.claim(owner, ports.leaseSeconds ?? LEASE_SECONDS, stage)
    if (!record) break
    await withLease(ports, owner, record, signal)
    handled += 1
  }
  return handled
}

async function withLease(
  ports: WorkerPorts,
  owner: string,
  record: AnalysisRecord,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { analysisId } = record
  const { analyses, log, leaseSeconds = LEASE_SECONDS } = ports
  const renew = () => analyses.renew(analysisId, owner, leaseSeconds)
  const renewal = setInterval(
    () => {
      renew().catch((error) => {
        log.warn({ analysisId, code: asAppError(error).code, ...unforeseenFields(error) }, 'lease not renewed')
      })
    },
    (leaseSeconds * 1000) / 4,
  )
  const lease: Lease = {
    analyses: analyses.leased(analysisId, owner),
    async confirm() {
      if (!(await renew())) throw new AppError('LEASE_LOST', `another worker has the analysis ${analysisId} by now`)
    },
  }
  let next: Next = {}
  try {
    next = await handle({ ...ports, analyses: lease.analyses }, record, lease, signal)
  } catch (thrown) {
    const { code } = asAppError(thrown)
    if (code !== 'LEASE_LOST') throw thrown
    log.warn({ analysisId, code }, 'left to the worker that has taken it over')
  } finally {
    clearInterval(renewal)
    await analyses.release(analysisId, owner, next.afterSeconds)
  }
  if (next.afterSeconds !== undefined)
    await ports.wakeAt(new Date(ports.clock.now().getTime() + next.afterSeconds * 1000))
  if (next.isAnalysed) await ports.onAnalysed?.()
}

/** What to do after the lease is given back. */
interface Next {
  afterSeconds?: number
  isAnalysed?: boolean
}

/** Advances one claimed analysis as far as this worker can now. */
async function handle(
  ports: WorkerPorts,
  claimed: AnalysisRecord,
  lease: Lease,
  signal: AbortSignal | undefined,
): Promise<Next> {
  const { analyses, log, analyse, deliver } = ports
  const { analysisId } = claimed
  let record = claimed
  if (record.state === 'queued') record = await analyses.move(analysisId, 'running')
  if (record.state === 'running' && analyse) {
    if (record.attempts > ports.maxAttempts) {
      const message = `the service ended ${record.attempts - 1} times while it worked on this analysis`
      await hold(ports, record, new AppError('INTERNAL', message))
      return {}
    }
    try {
      await analyse(record, lease)
    } catch (thrown) {
      if (await gaveWay(ports, analysisId)) return {}
      if (signal?.aborted && thrown === signal.reason) {
        await analyses.move(analysisId, 'queued', { text: 'given back before its turn, since the service stops' })
        return {}
      }
      const error = asAppError(thrown)
      if (error.code === 'LEASE_LOST') throw error
      return afterFailedAnalysis(ports, record, error)
    }
    record = (await analyses.get(analysisId)) ?? record
  }
  if (record.state !== 'analysed') return {}
  if (!deliver) return { isAnalysed: true }
  const outcome = await deliver(record, lease)
  if (await gaveWay(ports, analysisId)) return {}
  if (outcome.do === 'done') {
    // Only one result of a study is current. Done before the transition: if the worker ends here, it is done again.
    for (const earlier of await replacedBy(analyses, record))
      if (earlier.state === 'delivered')
        await analyses.move(earlier.analysisId, 'superseded', { text: `replaced by ${analysisId}` })
    await analyses.move(analysisId, 'delivered')
    log.info({ analysisId }, 'delivered')
    return {}
  }
  if (outcome.do === 'hold') {
    await hold(ports, record, outcome.error)
    return {}
  }
  return later(outcome.afterSeconds, record)
}

/**
 * Abandons the rest: either the study's images changed during the work, and the new set is an analysis of its own; or whoever
 * requested it canceled, and it is held.
 */
async function gaveWay({ analyses, log }: WorkerPorts, analysisId: string): Promise<boolean> {
  const { state } = (await analyses.get(analysisId)) ?? {}
  if (state !== 'superseded' && state !== 'held') return false
  log.info({ analysisId, state }, 'given up while it was worked on')
  return true
}

async function afterFailedAnalysis(ports: WorkerPorts, record: AnalysisRecord, error: AppError): Promise<Next> {
  const next = nextStepAfter(error, record.attempts, ports.maxAttempts)
  if (next.do === 'hold') {
    await hold(ports, record, error, unforeseenFields(error))
    return {}
  }
  ports.log.warn(
    {
      analysisId: record.analysisId,
      code: error.code,
      error: error.message,
      afterSeconds: next.afterSeconds,
      ...unforeseenFields(error),
    },
    'analysis failed; it is tried again later',
  )
  await ports.analyses.move(record.analysisId, 'queued', {
    text: `${error.code}: ${error.message}; again in ${next.afterSeconds} s`,
  })
  return later(next.afterSeconds, record)
}

async function hold(
  { analyses, log }: WorkerPorts,
  record: AnalysisRecord,
  error: AppError,
  fields: ReturnType<typeof unforeseenFields> = {},
): Promise<void> {
  await analyses.move(record.analysisId, 'held', { hold: { code: error.code, message: error.message } })
  log.warn({ analysisId: record.analysisId, code: error.code, error: error.message, ...fields }, 'held')
}

/** Spread out, so that not everything starts at the moment a peer comes back. */
function later(seconds: number, { analysisId, attempts, legs }: AnalysisRecord): Next {
  const tries = legs.reduce((sum, leg) => sum + leg.attempts, attempts)
  return { afterSeconds: spread(seconds, `${analysisId} ${tries}`) }
}
