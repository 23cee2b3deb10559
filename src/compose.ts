// The composition root: settings in, a service out. The only place that wires adapters.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditFetch } from './audit/audited-fetch.ts'
import { systemClock } from './clock.ts'
import { createDicomWebClient } from './dicomweb/client.ts'
import type { AnalysisRecord } from './domain/analysis.ts'
import type { ArtifactRole } from './domain/ports/analysis-store.ts'
import type { ClinicalRecord } from './domain/ports/clinical-record.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { WatchStore } from './domain/ports/watch-store.ts'
import { createClinicalRecord } from './fhir/connection/client.ts'
import { createPublicKeys } from './fhir/connection/tokens.ts'
import { createWebFonts } from './fonts/web-fonts.ts'
import { createApp } from './http/app.ts'
import { readPageScripts } from './http/page-scripts.ts'
import { serve } from './http/serve.ts'
import { type LoadedBundle, loadBundle } from './inference/bundle/load.ts'
import { startRunner } from './inference/runtime/runner.ts'
import { createRegistrar } from './inference/volumes/register.ts'
import { analyseLeftStudy } from './pipeline/analyse-left.ts'
import { analyseStudy } from './pipeline/analyse-study.ts'
import { confirmPatient } from './pipeline/confirm-patient.ts'
import { deliver } from './pipeline/deliver.ts'
import { imageSetDigest, registerAnalysis } from './pipeline/intake.ts'
import { releaseHold, replay } from './pipeline/resolve.ts'
import { type ReviewRequest, reviewAnalysis, workOffReviews } from './pipeline/review.ts'
import { currentReport } from './pipeline/reviewed-pdf.ts'
import { drainAnalyses } from './pipeline/worker.ts'
import type { Settings } from './settings/schema.ts'
import { openStore, type Store } from './store/store.ts'
import { createLog } from './telemetry/log.ts'
import { renderMetrics } from './telemetry/metrics.ts'
import { readProcessFigures } from './telemetry/resources.ts'
import { isBrainMr } from './triggers/eligible.ts'
import { createQidoPoll } from './triggers/qido-poll.ts'
import { createStudyWatch } from './triggers/study-watch.ts'
import { keepRetention } from './viewer/retention.ts'
import { createShownImages } from './viewer/shown.ts'
import { createImageSpool } from './viewer/spool.ts'

const ANALYSES = 'analyses'
const REVIEWS = 'reviews'
const LATE_DAYS = 14

export interface Service {
  settings: Settings
  bundle: LoadedBundle
  store: Store
  archive: ImageArchive
  ehr: ClinicalRecord
  /** Starts workers and, when asked, triggers and the HTTP server; resolves with the pages' address. */
  start(parts: { watch: boolean; http: boolean }): Promise<{ url: string | undefined }>
  /** Registers the study as it is now in the archive and returns the analysis id. */
  submit(studyInstanceUid: string): Promise<string>
  /** Waits until nothing moves by itself any more: delivered, held or superseded. */
  settled(analysisId: string, signal?: AbortSignal): Promise<AnalysisRecord>
  replay(analysisId: string): Promise<AnalysisRecord>
  /** Finishes the step in hand and stops; what is not finished is taken up at the next start. */
  stop(): Promise<void>
}

export interface ComposeOptions {
  log?: Log
  clock?: Clock
}

/** Our own name and version, as results and pages state them. */
export function softwareIdentity() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return { name: 'Gliabridge', version: manifest.version, manufacturer: 'Gliabridge contributors' }
}

/** The time zone of the site: the machine's where the settings name none. */
export function siteTimeZone({ institution }: Pick<Settings, 'institution'>): string {
  return institution.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** In which way the archive takes each question: kept beside the cursors of the triggers, per archive. */
export function rememberWays(watch: Pick<WatchStore, 'cursor' | 'setCursor'>, url: string) {
  const name = `ways ${url}`
  return { recall: () => watch.cursor(name), keep: (value: string) => watch.setCursor(name, value) }
}

/** Every look reaches back as far as the first one; a wider one, every hour, finds series that came late. */
export function pollSettings({ pacs: { poll } }: Pick<Settings, 'pacs'>) {
  return {
    intervalSeconds: poll.intervalSeconds,
    firstLookbackDays: poll.lookBackDays,
    overlapDays: Math.max(1, poll.lookBackDays),
    lateDays: Math.max(LATE_DAYS, poll.lookBackDays),
    lateIntervalSeconds: 3600,
  }
}

/** Results that this site does not want in its PACS. */
function keptBack({ writeBack }: Settings): ReadonlySet<ArtifactRole> {
  return new Set<ArtifactRole>([
    ...(writeBack.pdf ? [] : (['encapsulated-pdf'] as const)),
    ...(writeBack.report ? [] : (['report'] as const)),
  ])
}

function readSettingsOf({ ehr: { reads, consent } }: Settings) {
  return { ...reads, optOutCodes: consent.optOutCodes }
}

/** Builds the service; nothing runs before start(). Throws what the parts throw: SETTINGS_INVALID, BUNDLE_INVALID … */
export async function compose(settings: Settings, options: ComposeOptions = {}): Promise<Service> {
  const clock = options.clock ?? systemClock
  const log = options.log ?? createLog(settings.log.level)
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const bundle = await loadBundle(settings.inference.bundle)
    const store = await openStore({ ...settings.store, clock, log })
    undo.push(() => store.close())
    const { analyses, reviews, watch, audit, ledger, queue } = store
    const archive = createDicomWebClient({
      ...settings.pacs,
      audit,
      log,
      memory: rememberWays(watch, settings.pacs.url),
    })
    const audited = auditFetch({ baseUrl: settings.ehr.url, audit, send: fetch, newId: randomUUID })
    const ehr = createClinicalRecord({ ...settings.ehr, reads: readSettingsOf(settings), ledger, log, fetch: audited })
    const runner = await startRunner({ ...settings.inference, bundle, log })
    undo.push(() => runner.close())
    const registrar = createRegistrar()
    undo.push(() => registrar.close())

    const { viewer } = settings
    const kept = createImageSpool(viewer.folder ?? join(settings.store.dataDir, 'images'), clock)
    const spool = viewer.keepDays > 0 ? { spool: kept } : {}

    const wake = () => queue.wake(ANALYSES)
    const register = (studyInstanceUid: string, digest: string) =>
      registerAnalysis({ analyses, log, wake }, bundle.identity, studyInstanceUid, digest)
    const software = softwareIdentity()
    const analyseOptions = {
      bundle,
      reference: settings.series.reference,
      overrides: settings.series.overrides,
      unusable: settings.series.unusable,
      institution: settings.institution.name,
      timeZone: siteTimeZone(settings),
      consentRequired: settings.ehr.consent.required,
      writeBack: settings.writeBack,
      priors: settings.priors,
      software,
      outsideIntendedUse: settings.inference.outsideIntendedUse,
    }
    const deliverOptions = {
      keptBack: keptBack(settings),
      maxAttempts: { pacs: settings.pacs.maxAttempts, ehr: settings.ehr.maxAttempts },
    }
    const workerPorts = {
      maxAttempts: settings.pacs.maxAttempts,
      analyses,
      clock,
      log,
      analyse: (record: AnalysisRecord) =>
        analyseStudy(
          { archive, ehr, analyses, watch, audit, runner, registrar, clock, ...spool },
          analyseOptions,
          record,
        ),
      deliver: (record: AnalysisRecord) =>
        deliver({ archive, ehr, analyses, watch, audit, clock, log }, record, deliverOptions),
      wakeAt: (when: Date) => queue.wakeAt(ANALYSES, when),
    }
    const owner = randomUUID()

    return {
      settings,
      bundle,
      store,
      archive,
      ehr,
      async start(parts) {
        await queue.work(ANALYSES, (signal) => drainAnalyses(workerPorts, owner, signal))
        await queue.work(REVIEWS, async (signal) => {
          const again = await workOffReviews(
            { archive, ehr, analyses, reviews, watch, audit, clock, log },
            {
              ...deliverOptions,
              institution: settings.institution.name,
              rejectSuperseded: settings.writeBack.rejectSuperseded,
            },
            signal,
          )
          if (again) await queue.wakeAt(REVIEWS, again)
        })
        const ending = new AbortController()
        const retention = keepRetention({ spool: kept, clock, log }, viewer.keepDays, ending.signal)
        undo.push(async () => {
          ending.abort()
          await retention
        })
        if (parts.watch) {
          const studyWatch = createStudyWatch({
            archive,
            watchStore: watch,
            clock,
            settings: {
              settleSeconds: settings.pacs.settleSeconds,
              checkSeconds: Math.min(settings.pacs.poll.intervalSeconds, 10),
            },
            log,
            eligible: isBrainMr,
            onSettled: async (studyInstanceUid, digest) => {
              await register(studyInstanceUid, digest)
            },
          })
          const poll = createQidoPoll({
            archive,
            watchStore: watch,
            clock,
            timeZone: siteTimeZone(settings),
            settings: pollSettings(settings),
            log,
          })
          const stopping = new AbortController()
          const running = [studyWatch.run(stopping.signal), poll.run((uid) => studyWatch.hint(uid), stopping.signal)]
          undo.push(async () => {
            stopping.abort()
            await Promise.allSettled(running)
          })
        }
        if (!parts.http) return { url: undefined }
        const app = createApp({
          analyses,
          log,
          clock,
          settings: settings.http,
          software,
          ready: () => store.ping(),
          watch,
          archiveWays: async () => (await archive.ways?.()) ?? {},
          analyseLeft: (studyInstanceUid: string, by: string) =>
            analyseLeftStudy({ archive, analyses, watch, audit, register }, studyInstanceUid, by),
          publicKeys: createPublicKeys(settings.ehr.auth),
          metrics: async () => renderMetrics({ ...(await analyses.figures()), process: readProcessFigures() }),
          resolve: async (id: string) => {
            const record = await releaseHold(analyses, id)
            await wake()
            return record
          },
          confirmPatient: async (id: string, confirmation: { patient: string; by: string }) => {
            const record = await confirmPatient({ analyses, ehr, audit, clock }, id, confirmation)
            await wake()
            return record
          },
          fonts: createWebFonts(),
          images: createShownImages({ spool: kept, audit, clock }),
          scripts: await readPageScripts(),
          reviews: (id: string) => reviews.list(id),
          report: (id: string) => currentReport({ analyses, reviews }, id, settings.institution.name),
          review: async (id: string, request: ReviewRequest) => {
            const recorded = await reviewAnalysis({ analyses, reviews }, id, request)
            await queue.wake(REVIEWS)
            return recorded
          },
          retryReviews: async (id: string) => {
            if ((await reviews.makeDue(id)) > 0) await queue.wake(REVIEWS)
          },
          replay: async (id: string) => {
            const record = await replay(analyses, id)
            await wake()
            return record
          },
        })
        const server = await serve(app, settings.http)
        undo.push(() => server.close())
        return { url: server.url }
      },
      async submit(studyInstanceUid) {
        return register(studyInstanceUid, await imageSetDigest(watch, await archive.retrieveMetadata(studyInstanceUid)))
      },
      async settled(analysisId, signal) {
        for (;;) {
          const record = await analyses.get(analysisId)
          if (record && ['delivered', 'held', 'superseded'].includes(record.state)) return record
          signal?.throwIfAborted()
          await clock.sleep(250, signal)
        }
      },
      async replay(analysisId) {
        const record = await replay(analyses, analysisId)
        await wake()
        return record
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
