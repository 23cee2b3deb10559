// Opens the parts of the service: store, archive, EHR, model, images; each registers how it is closed.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { auditFetch } from './audit/audited-fetch.ts'
import { systemClock } from './clock.ts'
import { openArchive } from './compose-archive.ts'
import { openImages } from './compose-images.ts'
import { openModels, withoutNetworks } from './compose-models.ts'
import { startRetention } from './compose-retention.ts'
import { openRouting } from './compose-routing.ts'
import { watchPeers } from './compose-watch.ts'
import { createDecoder } from './decoding/decoder.ts'
import { createBreakers } from './domain/breakers.ts'
import { AppError, asAppError } from './domain/errors.ts'
import { versionIn } from './domain/package-version.ts'
import { PEERS } from './domain/peers.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { Log } from './domain/ports/log.ts'
import { NO_TRACING } from './domain/ports/tracing.ts'
import type { Priority } from './domain/priority.ts'
import type { ServicePart } from './domain/service-part.ts'
import type { SeriesChoice } from './domain/study.ts'
import { boundedFetch } from './fhir/connection/bounded-fetch.ts'
import { createClinicalRecords } from './fhir/connection/records.ts'
import { fontFiles } from './fonts/files.ts'
import { loadBundle } from './inference/bundle/load.ts'
import type { LoadedBundle } from './inference/bundle/manifest.ts'
import { startOnGpus } from './inference/runtime/on-gpus.ts'
import { createRegistrar } from './inference/volumes/register.ts'
import { type HurryPorts, hurryWaiting } from './pipeline/hurry.ts'
import { imageSetDigest, registerAnalysis } from './pipeline/intake.ts'
import { createPools } from './pipeline/pools.ts'
import { poolSizes, readsOfRecord } from './settings/derived.ts'
import type { Settings } from './settings/schema.ts'
import { openDeviceSlots } from './store/device-slots.ts'
import { openStoreWhenThere } from './store/open-when-there.ts'
import type { Queue } from './store/queue.ts'
import { openStore } from './store/store.ts'
import { createLog } from './telemetry/log.ts'
import { type OpenTracing, openTracing } from './telemetry/tracing.ts'

/** Kinds of work that the queue wakes workers for. */
export const ANALYSES = 'analyses'
export const DELIVERIES = 'deliveries'
export const REVIEWS = 'reviews'

export interface PartOptions {
  log?: Log
  clock?: Clock
  /** Takes the bundle of the settings, even if people made another one active. */
  bundleOfSettings?: boolean
  /** The part of the service that this process is; all of it by default. */
  only?: ServicePart
  /** Wait for a database that is not there yet instead of failing. */
  waitForDatabase?: { signal: AbortSignal; onWait?: (code: string) => void }
}

export type Parts = Awaited<ReturnType<typeof openParts>>

/** Our own name and version, as results and pages state them. */
export function softwareIdentity() {
  const version = versionIn(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return { name: 'Gliabridge', version, manufacturer: 'Gliabridge contributors' }
}

function openTracingIn({ traces: { url } }: Settings, version: string, log: Log): OpenTracing {
  return url === undefined ? { ...NO_TRACING, close: async () => undefined } : openTracing({ url, version, log })
}

/** If it fails, everything is still retried on its own schedule. */
function hurrying(ports: HurryPorts, log: Log): () => void {
  return () =>
    void hurryWaiting(ports).catch((thrown) =>
      log.warn({ code: asAppError(thrown).code }, 'what was waiting could not be retried early'),
    )
}

function openStoreOf({ store }: Settings, { waitForDatabase }: PartOptions, effects: { clock: Clock; log: Log }) {
  const place = { ...store, ...effects }
  return waitForDatabase ? openStoreWhenThere(place, { ...waitForDatabase, ...effects }) : openStore(place)
}

/** The embedded database belongs to one process, so its service cannot be split. */
function refuseSplitState({ store }: Settings, only: ServicePart | undefined): void {
  if (only === undefined || store.databaseUrl !== undefined) return
  throw new AppError(
    'SETTINGS_INVALID',
    `serve --only ${only} needs PostgreSQL (DATABASE_URL): the embedded database belongs to one process`,
  )
}

function runnerSettings({ inference }: Settings, clock: Clock) {
  const { device } = inference
  return { ...inference, ...(device && { onDevice: (gpu?: number) => openDeviceSlots({ ...device, gpu }, clock) }) }
}

async function wakeEach(queue: Pick<Queue, 'wake'>, kinds: readonly string[]): Promise<void> {
  for (const kind of kinds) await queue.wake(kind)
}

type Chosen = [priority?: Priority, choice?: SeriesChoice | undefined, replaces?: string]

/** Passes `onClose` a step for each opened part, even if a later one cannot be opened. Throws what the parts throw. */
export async function openParts(
  settings: Settings,
  options: PartOptions,
  onClose: (step: () => Promise<unknown>) => void,
) {
  const clock = options.clock ?? systemClock
  const log = options.log ?? createLog(settings.log.level)
  const { only } = options
  refuseSplitState(settings, only)
  const software = softwareIdentity()
  const tracing = openTracingIn(settings, software.version, log)
  onClose(tracing.close)
  const base = await loadBundle(settings.inference.bundle)
  const store = await openStoreOf(settings, options, { clock, log })
  onClose(() => store.close())
  const { analyses, watch, audit, ledger, queue } = store
  const { archive, received, storeImages, listen, close } = await openArchive(settings, {
    clock,
    log,
    audit,
    analyses,
    watch,
  })
  onClose(close)
  const ehr = createClinicalRecords({
    ...settings.ehr,
    reads: readsOfRecord(settings),
    ledger,
    log,
    fetch: boundedFetch(fetch),
    auditedFetch: (scope, send) => auditFetch({ baseUrl: settings.ehr.url, scope, audit, send, newId: randomUUID }),
  })
  const startModel = (bundle: LoadedBundle) => startOnGpus({ ...runnerSettings(settings, clock), bundle, log, tracing })
  const { installed } = settings.inference
  const bundles = options.bundleOfSettings ? undefined : store.bundles
  const start = only === 'pages' ? async (bundle: LoadedBundle) => withoutNetworks(bundle) : startModel
  const models = await openModels({ base, installed, bundles, start, log })
  onClose(models.close)
  const registrar = createRegistrar()
  onClose(() => registrar.close())
  const decoder = createDecoder()
  onClose(decoder.close)
  const startedAt = clock.now().getTime()
  const images = await openImages(settings, { clock, log, audit })
  onClose(images.close)
  onClose(startRetention(settings, { records: store.erasure, spool: images.spool, audit }, { clock, log }))
  const wakeAnalyses = () => wakeEach(queue, [ANALYSES, DELIVERIES])
  const hurry = hurrying({ analyses, wake: wakeAnalyses }, log)
  const breakers = createBreakers(hurry)
  const intake = { analyses, log, tracing, wake: wakeAnalyses }
  const register = (study: string, digest: string, ...more: Chosen) =>
    registerAnalysis(intake, models.current.bundle.identity, study, digest, ...more)
  const submit = async (study: string, priority?: Priority) =>
    register(study, await imageSetDigest(watch, await archive.retrieveMetadata(study)), priority)
  return {
    settings,
    only,
    clock,
    log,
    tracing,
    startedAt,
    models,
    startModel,
    store,
    archive,
    received,
    storeImages,
    listen,
    ehr,
    registrar,
    readVolume: decoder.readVolume,
    warmDecoder: decoder.warm,
    images,
    breakers,
    pools: createPools(poolSizes(settings), clock),
    // Whoever does not watch knows nothing of them, and must not report them as down.
    peers: watchPeers(only === 'analyses' ? [] : PEERS, log, (peer) => {
      breakers.good(peer)
      hurry()
    }),
    wakeAnalyses,
    wakeReviews: () => queue.wake(REVIEWS),
    register,
    submit,
    routing: openRouting(settings, { archive, watch, analyses, audit, models, clock, log, register }),
    software,
    letterhead: { institution: settings.institution.name, ...settings.reports, fonts: fontFiles },
  }
}
