// The composition root: settings in, a service out. The only place that wires adapters.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { auditFetch } from './audit/audited-fetch.ts'
import { systemClock } from './clock.ts'
import { openImages } from './compose-images.ts'
import { startRetention } from './compose-retention.ts'
import { openRouting } from './compose-routing.ts'
import { peerFigures, siteTimeZone, startWatch, type Watching, watchPeers } from './compose-watch.ts'
import { createDecoder } from './decoding/decoder.ts'
import { createDicomWebClient } from './dicomweb/client.ts'
import type { AnalysisRecord } from './domain/analysis.ts'
import type { AppError } from './domain/errors.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { WatchStore } from './domain/ports/watch-store.ts'
import type { Priority } from './domain/priority.ts'
import { boundedFetch } from './fhir/connection/bounded-fetch.ts'
import { createClinicalRecords } from './fhir/connection/records.ts'
import { createPublicKeys } from './fhir/connection/tokens.ts'
import { createWebFonts } from './fonts/web-fonts.ts'
import { createApp } from './http/app.ts'
import { type OpenPort, serve } from './http/serve.ts'
import { type LoadedBundle, loadBundle } from './inference/bundle/load.ts'
import { startRunner } from './inference/runtime/runner.ts'
import { createRegistrar } from './inference/volumes/register.ts'
import { analyseStudy } from './pipeline/analyse-study.ts'
import { confirmPatient } from './pipeline/confirm-patient.ts'
import { deliver } from './pipeline/deliver.ts'
import { hurryWaiting } from './pipeline/hurry.ts'
import { imageSetDigest, registerAnalysis } from './pipeline/intake.ts'
import { createBoard } from './pipeline/meeting.ts'
import { reproduce } from './pipeline/reproduce/reproduce.ts'
import type { Reproduction } from './pipeline/reproduce/verdict.ts'
import { releaseHold, replay } from './pipeline/resolve.ts'
import { drainReviews, type ReviewRequest, reviewAnalysis } from './pipeline/review.ts'
import { currentReport } from './pipeline/reviewed-pdf.ts'
import { drainAnalyses } from './pipeline/worker.ts'
import { excludedRoles, readsOfRecord, settingsOfAnalysis, waysToImages } from './settings/derived.ts'
import type { Settings } from './settings/schema.ts'
import { openStoreWhenThere } from './store/open-when-there.ts'
import { openStore, type Store } from './store/store.ts'
import { createLog } from './telemetry/log.ts'
import { renderMetrics } from './telemetry/metrics.ts'
import { readProcessFigures } from './telemetry/resources.ts'

const ANALYSES = 'analyses'
const REVIEWS = 'reviews'

export interface Service {
  settings: Settings
  bundle: LoadedBundle
  store: Store
  archive: ImageArchive
  /** Starts workers and, when asked, triggers and the HTTP server; resolves with the pages' address. */
  start(parts: { watch: boolean; http: boolean }): Promise<{ url: string | undefined }>
  /** Registers the study as it is now in the archive and returns the analysis id. */
  submit(studyInstanceUid: string): Promise<string>
  /** Waits until nothing moves by itself any more: delivered, held or superseded. */
  settled(analysisId: string, signal?: AbortSignal): Promise<AnalysisRecord>
  replay(analysisId: string): Promise<AnalysisRecord>
  /** Makes an analysis again and compares, writing nothing but the audit of its reads. */
  reproduce(analysisId: string): Promise<Reproduction>
  /** Finishes the step in hand and stops; what is not finished is taken up at the next start. */
  stop(): Promise<void>
}

export interface ComposeOptions {
  log?: Log
  clock?: Clock
  /** A port that is open already, for the pages; the caller closes it. Opened and closed here when left out. */
  port?: OpenPort
  /** Wait for a database that is not there yet, rather than fail. */
  waitForDatabase?: { signal: AbortSignal; onWait?: (code: string) => void }
  /** Told when a part that must run for ever has ended by an error: the service is to be ended too. */
  onBroken?: (error: AppError) => void
}

/** Our own name and version, as results and pages state them. */
export function softwareIdentity() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return { name: 'Gliabridge', version: manifest.version, manufacturer: 'Gliabridge contributors' }
}

/** In which way the archive takes each question: kept beside the cursors of the triggers, per archive. */
export function rememberWays(watch: Pick<WatchStore, 'cursor' | 'setCursor'>, url: string) {
  const name = `ways ${url}`
  return { recall: () => watch.cursor(name), keep: (value: string) => watch.setCursor(name, value) }
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
    const place = { ...settings.store, clock, log }
    const { waitForDatabase } = options
    const store = await (waitForDatabase
      ? openStoreWhenThere(place, { ...waitForDatabase, clock, log })
      : openStore(place))
    undo.push(() => store.close())
    const { analyses, reviews, watch, audit, ledger, queue } = store
    const archive = createDicomWebClient({
      ...settings.pacs,
      audit,
      log,
      memory: rememberWays(watch, settings.pacs.url),
    })
    const ehr = createClinicalRecords({
      ...settings.ehr,
      reads: readsOfRecord(settings),
      ledger,
      log,
      fetch: boundedFetch(fetch),
      auditedFetch: (scope, send) => auditFetch({ baseUrl: settings.ehr.url, scope, audit, send, newId: randomUUID }),
    })
    const runner = await startRunner({ ...settings.inference, bundle, log })
    undo.push(() => runner.close())
    const registrar = createRegistrar()
    undo.push(() => registrar.close())
    const { readVolume, close: closeDecoder } = createDecoder()
    undo.push(closeDecoder)

    const startedAt = clock.now().getTime()
    const images = await openImages(settings, { clock, log, audit })
    undo.push(images.close)
    undo.push(startRetention(settings, { records: store.erasure, spool: images.spool, audit }, { clock, log }))
    const wake = () => queue.wake(ANALYSES)
    const peers = watchPeers(log, () => hurryWaiting({ analyses, wake }))
    const register = (studyInstanceUid: string, digest: string, priority?: Priority) =>
      registerAnalysis({ analyses, log, wake }, bundle.identity, studyInstanceUid, digest, priority)
    const routing = openRouting(settings, { archive, watch, analyses, audit, bundle, clock, log, register })
    const software = softwareIdentity()
    const letterhead = { institution: settings.institution.name, ...settings.reports }
    const analyseOptions = {
      ...{ ...settingsOfAnalysis(settings), ...letterhead },
      ...{ bundle, timeZone: siteTimeZone(settings), software },
    }
    const analysePorts = {
      ...{ archive, ehr, analyses, watch, runner, registrar, readVolume, clock },
      ...images.keeps,
    }
    const deliverOptions = {
      excludedRoles: excludedRoles(settings),
      toImages: waysToImages(settings),
      maxAttempts: { pacs: settings.pacs.maxAttempts, ehr: settings.ehr.maxAttempts },
    }
    const workerPorts = {
      maxAttempts: settings.pacs.maxAttempts,
      analyses,
      clock,
      log,
      analyse: (record: AnalysisRecord) => analyseStudy(analysePorts, analyseOptions, record),
      deliver: (record: AnalysisRecord) =>
        deliver({ archive, ehr, analyses, watch, clock, log }, record, deliverOptions),
      wakeAt: (when: Date) => queue.wakeAt(ANALYSES, when),
    }
    const owner = randomUUID()

    async function startWorkers(): Promise<void> {
      await queue.work(ANALYSES, (signal) => drainAnalyses(workerPorts, owner, signal))
      await queue.work(REVIEWS, async (signal) => {
        const again = await drainReviews(
          { archive, ehr, analyses, reviews, watch, clock, log },
          {
            ...deliverOptions,
            ...letterhead,
            rejectSuperseded: settings.writeBack.rejectSuperseded,
          },
          signal,
        )
        if (again) await queue.wakeAt(REVIEWS, again)
      })
    }

    let watching: Watching | undefined
    async function openPages(): Promise<string> {
      const app = createApp({
        // An outage is a change of the worklist, too.
        analyses: {
          ...analyses,
          version: async (id) => {
            const version = await analyses.version(id)
            return id === undefined ? String(BigInt(version) + BigInt(peers.changes())) : version
          },
        },
        log,
        clock,
        settings: settings.http,
        hint: (kind, body) => watching?.hint(kind, body) ?? false,
        software,
        ready: () => store.ping(),
        peers: () => peers.states(),
        watch,
        ...routing.pages,
        archiveWays: async () => (await archive.ways?.()) ?? {},
        publicKeys: createPublicKeys(settings.ehr.auth),
        metrics: async () =>
          renderMetrics({
            ...(await analyses.figures()),
            peers: peers.states().map((state) => peerFigures(state, startedAt, clock.now().getTime())),
            software: { version: software.version, bundleId: bundle.id, modelDigest: bundle.identity.modelDigest },
            process: readProcessFigures(),
          }),
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
        ...images.pages,
        reviews: (id: string) => reviews.list(id),
        report: (id: string) => currentReport({ analyses, reviews }, id, letterhead),
        board: createBoard({ analyses, reviews, ehr, clock }, { letterhead, software }),
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
      if (options.port) {
        options.port.show(app)
        return options.port.url
      }
      const server = await serve(app, settings.http)
      undo.push(() => server.close())
      return server.url
    }

    return {
      settings,
      bundle,
      store,
      archive,
      async start(parts) {
        try {
          // The port first: a service that nobody can look at must not run on.
          const url = parts.http ? await openPages() : undefined
          await startWorkers()
          if (parts.watch) {
            const { onBroken } = options
            const ports = { archive, watchStore: watch, peers, register, facts: routing.facts, ehr, clock, log }
            watching = startWatch({ settings, ...ports, onBroken })
            undo.push(watching.stop)
          }
          return { url }
        } catch (error) {
          await stop()
          throw error
        }
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
      reproduce: (analysisId) => reproduce(analysePorts, analyseOptions, analysisId),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
