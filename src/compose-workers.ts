// Wires the workers: analyses and their delivery, deliveries of reviews.
import { randomUUID } from 'node:crypto'
import { ANALYSES, type Parts, REVIEWS } from './compose-parts.ts'
import { openWorklist } from './compose-ups.ts'
import { siteTimeZone } from './compose-watch.ts'
import type { AnalysisRecord } from './domain/analysis.ts'
import { analyseStudy } from './pipeline/analyse-study.ts'
import type { AnalyseOptions, AnalysePorts } from './pipeline/analysis-run.ts'
import { type DeliverOptions, deliver } from './pipeline/deliver.ts'
import { askForEnd } from './pipeline/follow-workitem.ts'
import { drainReviews } from './pipeline/review.ts'
import { drainAnalyses, type Lease } from './pipeline/worker.ts'
import { excludedRoles, settingsOfAnalysis, waysToImages } from './settings/derived.ts'
import type { Settings } from './settings/schema.ts'

/** Each is called at every wake and at every sweep of the queue, until the store is closed. */
export async function startWorkers(parts: Parts): Promise<void> {
  const { settings, store, archive, ehr, clock, log, tracing, letterhead, images, breakers } = parts
  const { analyses, reviews, watch, queue } = store
  const owner = randomUUID()
  parts.warmDecoder()
  await queue.work(ANALYSES, (signal) => drainAnalyses(analysisWork(parts), owner, signal))
  await queue.work(REVIEWS, async (signal) => {
    const again = await drainReviews(
      { archive, ehr, analyses, reviews, watch, clock, log, breakers, tracing, ...images.keeps },
      { ...deliverOptions(settings), letterhead, rejectSuperseded: settings.writeBack.rejectSuperseded },
      signal,
    )
    if (again) await queue.wakeAt(REVIEWS, again)
  })
}

function analysisWork(parts: Parts): Parameters<typeof drainAnalyses>[0] {
  const { settings, store, archive, ehr, clock, log, breakers, tracing } = parts
  const { analyses, watch, queue, workitems } = store
  const { ports, options } = analysisOf(parts)
  const { ups } = settings.pacs
  const worklist = ups && openWorklist(settings.pacs, ups, log)
  const inTrace = <T>(name: string, record: AnalysisRecord, work: () => Promise<T>) => {
    const { analysisId, studyInstanceUid: study, attempts } = record
    return tracing.span(name, { analysisId, studyInstanceUid: study, attempts }, work, { study })
  }
  return {
    maxAttempts: settings.pacs.maxAttempts,
    analyses,
    clock,
    log,
    analyse: (record: AnalysisRecord, lease: Lease) =>
      inTrace('analyse', record, () => analyseStudy({ ...ports, analyses: lease.analyses }, options, record)),
    deliver: (record: AnalysisRecord, lease: Lease) =>
      inTrace('deliver', record, async () => {
        if (worklist) await askForEnd({ worklist, workitems, analyses, watch, log }, record.studyInstanceUid)
        return deliver(
          { archive, ehr, ...lease, watch, clock, log, breakers, tracing },
          record,
          deliverOptions(settings),
        )
      }),
    wakeAt: (when: Date) => queue.wakeAt(ANALYSES, when),
  }
}

/** What makes an analysis, be it for the first time or once more. */
export function analysisOf(parts: Parts): { ports: AnalysePorts; options: AnalyseOptions } {
  const { settings, store, archive, ehr, runner, registrar, readVolume, images, clock, tracing } = parts
  const { bundle, letterhead, software } = parts
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
