// Wires the workers: for analyses and their delivery, and for the delivery of reviews.
import { randomUUID } from 'node:crypto'
import type { Model } from './compose-models.ts'
import { ANALYSES, DELIVERIES, type Parts, REVIEWS } from './compose-parts.ts'
import { openWorklist } from './compose-ups.ts'
import { siteTimeZone } from './compose-watch.ts'
import type { AnalysisRecord } from './domain/analysis.ts'
import { LEGS } from './domain/delivery.ts'
import { analyseStudy } from './pipeline/analyse-study.ts'
import type { AnalyseOptions, AnalysePorts } from './pipeline/analysis-run.ts'
import { replaceForModel } from './pipeline/change-bundle.ts'
import { type DeliverOptions, type DeliverPorts, deliver } from './pipeline/deliver.ts'
import { askForEnd } from './pipeline/follow-workitem.ts'
import { drainReviews } from './pipeline/review.ts'
import { drainAnalyses, type WorkerPorts } from './pipeline/worker.ts'
import { excludedRoles, settingsOfAnalysis, waysToImages } from './settings/derived.ts'
import type { Settings } from './settings/schema.ts'
import type { Handler } from './store/queue.ts'

/** Each worker is called at every wake-up and every sweep of the queue, until the store is closed. */
export async function startWorkers(parts: Parts): Promise<void> {
  if (parts.only !== 'pages') await startAnalysing(parts)
  if (parts.only !== 'analyses') await startDelivering(parts)
}

async function startAnalysing(parts: Parts): Promise<void> {
  const { retrieve, infer } = parts.settings.pools
  parts.warmDecoder()
  await parts.store.queue.work(ANALYSES, ...loops(retrieve + infer, (signal) => analysing(parts, signal)))
}

async function startDelivering(parts: Parts): Promise<void> {
  const { settings, store, archive, ehr, clock, log, tracing, letterhead, images, breakers } = parts
  const { analyses, reviews, watch, queue } = store
  const { deliver: atOnce } = settings.pools
  // Enough for each destination: if all that may be at one of them hang, others still go to the rest.
  await queue.work(DELIVERIES, ...loops(atOnce * LEGS.length, () => delivering(parts)))
  const ports = { archive, ehr, analyses, reviews, watch, clock, log, breakers, tracing, ...images.keeps }
  const { rejectSuperseded } = settings.writeBack
  const options = { ...deliverOptions(settings), letterhead, rejectSuperseded }
  const reviewing = LEGS.map((leg) => async (signal: AbortSignal) => {
    const again = await drainReviews(ports, options, leg, signal)
    if (again) await queue.wakeAt(REVIEWS, again)
  })
  await queue.work(REVIEWS, ...reviewing)
}

/** Each has leases of its own: of two loops of one process that lost one, one must not pass for the other. */
function loops(count: number, work: (signal: AbortSignal) => WorkerPorts): Handler[] {
  return Array.from({ length: count }, () => {
    const owner = randomUUID()
    return (signal) => drainAnalyses(work(signal), owner, signal)
  })
}

function workOf({ settings, store, clock, log }: Parts, kind: typeof ANALYSES | typeof DELIVERIES) {
  const wakeAt = (when: Date) => store.queue.wakeAt(kind, when)
  return { maxAttempts: settings.pacs.maxAttempts, analyses: store.analyses, clock, log, wakeAt }
}

/** Its waiting for a turn ends with the signal, and the work in hand is finished. */
function analysing(parts: Parts, signal: AbortSignal): WorkerPorts {
  const { pools, store, models } = parts
  const { analyses } = store
  return {
    ...workOf(parts, ANALYSES),
    analyse: (record, lease) =>
      inTrace(parts, 'analyse', record, async () => {
        const turns = pools.enter(record, signal)
        try {
          await models.use(async (model) => {
            if (models.isOutdated(record.modelDigest))
              return void (await replaceForModel({ analyses, register: parts.register }, record))
            const { ports, options } = analysisOf(parts, model)
            await analyseStudy({ ...ports, turns, analyses: lease.analyses }, options, record)
          })
        } finally {
          turns.end()
        }
      }),
    onAnalysed: () => store.queue.wake(DELIVERIES),
  }
}

function delivering(parts: Parts): WorkerPorts {
  const { settings, store, archive, ehr, clock, log, breakers, tracing, pools } = parts
  const { analyses, watch, workitems } = store
  const { ups } = settings.pacs
  const worklist = ups && openWorklist(settings.pacs, ups, log)
  return {
    ...workOf(parts, DELIVERIES),
    deliver: (record, lease) =>
      inTrace(parts, 'deliver', record, async () => {
        if (worklist) await askForEnd({ worklist, workitems, analyses, watch, clock, log }, record.studyInstanceUid)
        const turn: DeliverPorts['turn'] = (leg, work) => pools.deliver(record, leg, work)
        return deliver(
          { archive, ehr, ...lease, watch, clock, log, breakers, tracing, turn },
          record,
          deliverOptions(settings),
        )
      }),
  }
}

function inTrace<T>({ tracing }: Parts, name: string, record: AnalysisRecord, work: () => Promise<T>): Promise<T> {
  const { analysisId, studyInstanceUid: study, attempts } = record
  return tracing.span(name, { analysisId, studyInstanceUid: study, attempts }, work, { study })
}

/** What an analysis needs, whether it runs for the first time or is repeated. */
export function analysisOf(parts: Parts, { bundle, runner }: Model): { ports: AnalysePorts; options: AnalyseOptions } {
  const { settings, store, archive, ehr, registrar, readVolume, images, clock, tracing } = parts
  const { letterhead, software } = parts
  const { analyses, watch, switches } = store
  return {
    ports: { archive, ehr, analyses, watch, runner, registrar, readVolume, clock, tracing, switches, ...images.keeps },
    options: {
      ...settingsOfAnalysis(settings),
      letterhead,
      bundle,
      timeZone: siteTimeZone(settings),
      software,
    },
  }
}

function deliverOptions(settings: Settings): DeliverOptions {
  return {
    excludedRoles: excludedRoles(settings),
    toImages: waysToImages(settings),
    maxAttempts: { pacs: settings.pacs.maxAttempts, ehr: settings.ehr.maxAttempts },
  }
}
