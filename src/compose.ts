// The composition root: settings in, a service out. Together with the compose-*.ts files, the only place that wires adapters.
import { startShadow } from './compose-bundles.ts'
import { startFollowingTissue, startStopRules } from './compose-concordance.ts'
import { listenHl7 } from './compose-hl7.ts'
import { startCollecting, startSending } from './compose-notices.ts'
import { pageDeps } from './compose-pages.ts'
import { openParts, type PartOptions, type Parts } from './compose-parts.ts'
import { startWatch, type Watching } from './compose-watch.ts'
import { analysisOf, startWorkers } from './compose-workers.ts'
import type { AnalysisRecord } from './domain/analysis.ts'
import type { AppError } from './domain/errors.ts'
import { createApp } from './http/app.ts'
import { type OpenPort, serve } from './http/serve.ts'
import type { LoadedBundle } from './inference/bundle/manifest.ts'
import { reproduce } from './pipeline/reproduce/reproduce.ts'
import type { Reproduction } from './pipeline/reproduce/verdict.ts'
import { replay } from './pipeline/resolve.ts'
import { settled } from './pipeline/settled.ts'
import type { Settings } from './settings/schema.ts'

export interface Service extends Pick<Parts, 'settings' | 'store' | 'archive'> {
  /** That makes the results now. */
  readonly bundle: LoadedBundle
  /** Starts workers and, if requested, triggers and the HTTP server, as far as this process is that part; resolves with the address of the pages. */
  start(parts: { watch: boolean; http: boolean }): Promise<{ url: string | undefined }>
  /** Registers the study as it is now in the archive and returns the analysis id. */
  submit(studyInstanceUid: string): Promise<string>
  /** Waits until nothing moves by itself: delivered, held or superseded. */
  settled(analysisId: string, signal?: AbortSignal): Promise<AnalysisRecord>
  replay(analysisId: string): Promise<AnalysisRecord>
  /** Repeats an analysis and compares, writing nothing but the audit of its reads. */
  reproduce(analysisId: string): Promise<Reproduction>
  /** Finishes the current step and stops; unfinished work is resumed at the next start. */
  stop(): Promise<void>
}

export interface ComposeOptions extends PartOptions {
  /** An open port for the pages; the caller closes it. By default it is opened and closed here. */
  port?: OpenPort
  /** Called when a part that must keep running has ended with an error: the service should then end too. */
  onBroken?: (error: AppError) => void
}

/** Builds the service; nothing runs before start(). Throws what its parts throw: SETTINGS_INVALID, BUNDLE_INVALID … */
export async function compose(settings: Settings, options: ComposeOptions = {}): Promise<Service> {
  const undo: (() => Promise<unknown>)[] = []
  const onClose = (step: () => Promise<unknown>) => void undo.push(step)
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return serviceOf(await openParts(settings, options, onClose), options, { onClose, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

interface Ending {
  onClose(step: () => Promise<unknown>): void
  stop(): Promise<void>
}

function serviceOf(parts: Parts, { port, onBroken }: ComposeOptions, { onClose, stop }: Ending): Service {
  const { settings, store, archive, received, ehr, clock, log, tracing, peers, register, routing, submit } = parts
  const { analyses, watch, workitems, hints } = store
  let watching: Watching | undefined

  async function openPages(): Promise<string> {
    const app = createApp(pageDeps(parts, (...message) => watching?.hint(...message) ?? false))
    if (port) {
      port.show(app)
      return port.url
    }
    const server = await serve(app, settings.http)
    onClose(() => server.close())
    return server.url
  }

  return {
    settings,
    get bundle() {
      return parts.models.current.bundle
    },
    store,
    archive,
    async start(run) {
      try {
        // The port first: a service whose pages nobody can open must not run.
        const url = run.http ? await openPages() : undefined
        await startWorkers(parts)
        if (run.watch) onClose(startShadow(parts))
        if (parts.only === 'analyses') return { url }
        await startSending(parts)
        if (run.watch) {
          const ports = {
            archive,
            received,
            watchStore: watch,
            hints,
            peers,
            register,
            facts: routing.facts,
            ehr,
            clock,
            time: store.time,
            log,
            tracing,
          }
          const performing = { analyses, workitems, submit }
          watching = startWatch({ settings, ...ports, ...performing, onBroken })
          onClose(watching.stop)
          onClose(startCollecting(parts))
          onClose(startFollowingTissue(parts))
          onClose(startStopRules(parts))
          const heard = () => watching?.heard()
          for (const listener of [await parts.listen?.(), await listenHl7(settings, { hints, clock, log }, heard)])
            if (listener) onClose(listener.close)
        }
        return { url }
      } catch (error) {
        await stop()
        throw error
      }
    },
    submit: (studyInstanceUid) => submit(studyInstanceUid),
    settled: (analysisId, signal) => settled({ analyses, clock }, analysisId, signal),
    async replay(analysisId) {
      const record = await replay(analyses, analysisId)
      await parts.wakeAnalyses()
      return record
    },
    async reproduce(analysisId) {
      const { ports, options } = analysisOf(parts, parts.models.current)
      return reproduce(ports, options, analysisId)
    },
    stop,
  }
}
