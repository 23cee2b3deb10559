// The demo: an archive, an EHR and the service. One study is sent, the service finds it by itself, and the results are read back.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Listr } from 'listr2'
import { compose, type Service } from '../src/compose.ts'
import type { AnalysisEvent, AnalysisRecord, AnalysisSummary } from '../src/domain/analysis.ts'
import { AppError } from '../src/domain/errors.ts'
import { STEPS } from '../src/domain/steps.ts'
import { parseSettings } from '../src/settings/parse.ts'
import type { Settings } from '../src/settings/schema.ts'
import { createLog } from '../src/telemetry/log.ts'
import { demoSettings } from './demo-settings.ts'
import { type ReadBack, readBack } from './read-back.ts'
import { prepareStudy, type SentStudy } from './sent-study.ts'
import { openServers, type Servers } from './servers.ts'

export interface DemoOptions {
  /** DICOMweb address instead of the embedded archive. */
  pacs?: string
  /** FHIR R4 address instead of the embedded EHR. */
  ehr?: string
  /** Folder of DICOM files instead of the generated study. */
  study?: string
  seed: number
  port: number
  /** Folder that is kept, instead of a temporary one. */
  data?: string
  /** What is written back, if different from a site's defaults. */
  writeBack?: Partial<Settings['writeBack']>
  environment: Record<string, string | undefined>
}

/** What the demo saw: everything in it was read back or measured, nothing assumed. */
export interface DemoResult {
  studyInstanceUid: string
  state: AnalysisRecord['state']
  hold?: { code: string; message: string }
  readBack?: ReadBack
  summary: AnalysisSummary
  /** Seconds from the end of sending to the end of delivery, including the settle time. */
  secondsFromSent: number
  instancesSent: number
  /** Of this process, which includes the embedded servers. */
  peakRssMb: number
  page: string
}

export interface RunningDemo {
  result: DemoResult
  servers: Servers
  service: Service
  close(): Promise<void>
}

interface Context {
  servers: Servers
  service: Service
  url: string
  study: SentStudy
  sentAt: number
  record: AnalysisRecord
  readBack?: ReadBack
}

/** Runs the demo with a progress display; resolves with everything still running. */
export async function runDemo(options: DemoOptions): Promise<RunningDemo> {
  const folder = options.data ?? (await mkdtemp(join(tmpdir(), 'gliabridge-demo-')))
  const undo: (() => Promise<unknown>)[] = []
  if (!options.data) undo.push(() => rm(folder, { recursive: true, force: true }))
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  const tasks = new Listr<Context>(
    [
      {
        title: 'Prepare the study',
        async task(context, task) {
          context.study = await prepareStudy(options)
          task.title = `${context.study.title}: ${context.study.instances.length} instances, ${context.study.megabytes.toFixed(0)} MB`
        },
      },
      {
        title: 'Start the archive and the EHR',
        async task(context, task) {
          context.servers = await openServers(options, folder, context.study.patient)
          undo.push(() => context.servers.close())
          task.title = `Archive at ${context.servers.pacs.url}, EHR at ${context.servers.ehr.url}`
        },
      },
      {
        title: 'Start the service',
        async task(context, task) {
          const raw = {
            ...demoSettings(context.servers, { dataDir: join(folder, 'state'), port: options.port }),
            writeBack: options.writeBack ?? {},
          }
          context.service = await compose(parseSettings(raw, options.environment), { log: createLog('error') })
          undo.push(() => context.service.stop())
          context.url = (await context.service.start({ watch: true, http: true })).url ?? ''
          task.title = `Service with bundle ${context.service.bundle.id} ${context.service.bundle.version}, pages at ${context.url}`
        },
      },
      {
        title: 'Send the study by STOW-RS',
        async task(context) {
          const outcomes = await context.service.archive.store(context.study.studyInstanceUid, context.study.instances)
          const refused = outcomes.filter((outcome) => !outcome.stored)
          if (refused.length > 0)
            throw new AppError('STORE_FAILED', `the archive refused ${refused.length} of the study's instances`)
          context.sentAt = Date.now()
        },
      },
      {
        title: 'The service notices the study by itself',
        async task(context, task) {
          context.record = await noticed(context.service, context.study.studyInstanceUid)
          task.title = `The service noticed the study by itself: analysis ${context.record.analysisId}`
        },
      },
      {
        title: 'Analyse and deliver',
        async task(context, task) {
          context.record = await followed(context.service, context.record.analysisId, (line) => {
            task.output = line
          })
          task.title = `Analysis ${context.record.state}`
        },
        rendererOptions: { persistentOutput: true, outputBar: STEPS.length + 2 },
      },
      {
        title: 'Read the results back',
        skip: (context) => context.record.state !== 'delivered',
        async task(context) {
          context.readBack = await readBack(context)
        },
      },
    ],
    { rendererOptions: { collapseSubtasks: false } },
  )
  try {
    const context = await tasks.run({} as Context)
    const { record } = context
    const result: DemoResult = {
      studyInstanceUid: context.study.studyInstanceUid,
      state: record.state,
      ...(record.hold ? { hold: { code: record.hold.code, message: record.hold.message } } : {}),
      ...(context.readBack ? { readBack: context.readBack } : {}),
      summary: record.summary ?? {},
      secondsFromSent: (Date.parse(record.updatedAt) - context.sentAt) / 1000,
      instancesSent: context.study.instances.length,
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
      page: `${context.url}/analyses/${record.analysisId}`,
    }
    return { result, servers: context.servers, service: context.service, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Waits until the watch has registered an analysis of the study. */
async function noticed(service: Service, studyInstanceUid: string): Promise<AnalysisRecord> {
  for (;;) {
    const watched = await service.store.watch.get(studyInstanceUid)
    if (watched?.decision?.outcome === 'declined')
      throw new AppError('SERIES_MISSING', `the study was not accepted: ${watched.decision.reason}`)
    const analysis = (await service.store.analyses.byStudy(studyInstanceUid)).find(
      (record) => record.state !== 'superseded',
    )
    if (analysis) return analysis
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Reports every event of the analysis as it occurs, until the analysis is at rest. */
async function followed(service: Service, analysisId: string, say: (line: string) => void): Promise<AnalysisRecord> {
  let reported = 0
  const tell = async () => {
    const events = await service.store.analyses.events(analysisId)
    for (const event of events.slice(reported)) if (isWorthTelling(event)) say(event.text)
    reported = events.length
  }
  for (;;) {
    const record = await service.store.analyses.get(analysisId)
    await tell()
    if (record && ['delivered', 'held', 'superseded'].includes(record.state)) return record
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

function isWorthTelling(event: AnalysisEvent): boolean {
  return event.kind === 'leg' || event.kind === 'state' || (event.kind === 'step' && event.data?.seconds !== undefined)
}
