// One study from a router's hint to both deliveries, in the service and its inference process, as an OpenTelemetry collector sees it.
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { type GeneratedStudy, generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../support/service-process.ts'
import { type CollectedSpan, startTraceCollector, type TraceCollector } from '../support/trace-collector.ts'

const TINY_BUNDLE = fileURLToPath(new URL('../support/bundles/monai', import.meta.url))
const ROUTER = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
const SECRET = 'only-for-this-test'

let folder: string
let servers: Servers
let collector: TraceCollector
let service: ServiceProcess
let study: GeneratedStudy
let spans: CollectedSpan[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-traces-'))
  study = await generateStudy({ seed: 7, size: 'small' })
  collector = await startTraceCollector()
  servers = await openServers({ environment: {} }, folder, study.patient)
  const settings = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
  process.env.TEST_HOOK_SECRET = SECRET
  service = await startServiceProcess(folder, {
    ...settings,
    // Only the hint says that there is something.
    pacs: { ...settings.pacs, poll: { intervalSeconds: 600, lookBackDays: 1 } },
    http: { port: 0, hookSecret: { env: 'TEST_HOOK_SECRET' } },
    inference: { bundle: TINY_BUNDLE },
    traces: { url: collector.url },
  })
  const archive = createDicomWebClient({ ...servers.pacs, auth: { type: 'none' }, timeoutMs: 30_000, log: quietLog })
  await archive.store(study.studyInstanceUid, study.instances)
  const body = JSON.stringify({ study_uid: study.studyInstanceUid })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  const headers = { 'x-hub-signature-256': `sha256=${signature}`, traceparent: `00-${ROUTER.join('-')}-01` }
  const hinted = await fetch(`${service.url}/hints/webhook`, { method: 'POST', body, headers })
  expect(hinted.status).toBe(202)
  const atRest = async () => (await service.analyses()).find(({ state }) => state === 'delivered' || state === 'held')
  const record = await eventually('at rest', atRest, 600_000)
  expect(record.hold).toBeUndefined()
  await service.kill('SIGTERM')
  const [{ traceId }] = collector.spans.filter(({ name }) => name === 'register') as [CollectedSpan]
  spans = collector.spans.filter((span) => span.traceId === traceId)
}, 900_000)
afterAll(async () => {
  await service?.kill('SIGKILL')
  await servers?.close()
  await collector?.close()
  await rm(folder, { recursive: true, force: true })
})

const named = (name: string) => spans.filter((span) => span.name === name)
const parentOf = ({ parentSpanId }: CollectedSpan) => spans.find(({ spanId }) => spanId === parentSpanId)?.name

describe('the trace of a study', () => {
  it('holds hint, notice, register, analysis and both legs under one root', () => {
    const root = spans.filter(({ parentSpanId }) => parentSpanId === undefined)
    expect(root.map(({ name }) => name)).toEqual(['register'])
    for (const name of ['hint', 'notice', 'settle', 'analyse', 'deliver']) {
      expect(named(name), name).toHaveLength(1)
      expect(parentOf(named(name)[0]!)).toBe('register')
    }
    expect(spans.filter((span) => parentOf(span) === undefined)).toEqual(root)
  })

  it('points to the span of the router that gave the hint', () => {
    expect(named('hint')[0]).toMatchObject({ links: [ROUTER.join(' ')], attributes: { trigger: 'webhook' } })
  })

  it('has the steps of the analysis, and both legs of the delivery', () => {
    for (const step of ['identify', 'select', 'retrieve', 'prepare', 'segment', 'measure', 'encode'])
      expect(named(step).map(parentOf), step).toContain('analyse')
    expect(named('leg').map(({ attributes }) => attributes.leg)).toEqual(['pacs', 'ehr'])
    expect(named('leg').map(parentOf)).toEqual(['deliver', 'deliver'])
    expect(spans.some(({ failed }) => failed)).toBe(false)
  })

  it('goes on in the inference process, stage by stage', () => {
    const inference = spans.filter((span) => span.service === 'gliabridge-inference')
    const [run] = inference.filter(({ attributes }) => attributes.provider === 'cpu')
    expect(spans.find(({ spanId }) => spanId === run!.parentSpanId)).toMatchObject({
      service: 'gliabridge',
      name: 'segment',
    })
    expect(run!.attributes.pid).toBeGreaterThan(1)
    expect(run!.attributes.pid).not.toBe(service.pid)
    const stages = inference.filter(({ name }) => name === 'stage')
    expect(stages.length).toBeGreaterThan(0)
    for (const stage of stages) expect(stage.parentSpanId).toBe(run!.spanId)
  })

  it('has no name, number or date of the patient in anything that was sent', () => {
    const { patientId, patientName, patientBirthDate } = study.patient
    const { accessionNumber, studyDate } = study.study
    const sent = collector.bodies.join()
    expect(sent).toContain(study.studyInstanceUid)
    for (const secret of [patientId, patientName, patientBirthDate, accessionNumber, studyDate].filter(Boolean))
      expect(sent).not.toContain(secret)
  })
})
