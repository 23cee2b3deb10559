// The service in two parts on one PostgreSQL, as in Kubernetes: one process serves, watches and delivers, the other computes.
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../support/service-process.ts'

/** Quick: what is looked at here is the same for every bundle. */
const BUNDLE = fileURLToPath(new URL('../golden/inference/quick-bundle', import.meta.url))
let folder: string
let servers: Servers
let postgres: TestPostgres
let settings: Record<string, unknown>
const running: ServiceProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-split-'))
  postgres = await startPostgres()
})
afterAll(async () => {
  for (const service of running) await service.kill('SIGKILL')
  await servers?.close()
  await postgres?.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(part: 'pages' | 'analyses'): Promise<ServiceProcess> {
  const own = join(folder, part)
  await mkdir(own)
  const service = await startServiceProcess(own, settings, '--only', part)
  running.push(service)
  return service
}

/** Whether the process has one of its own that runs the networks. */
function hasNetworks({ pid }: ServiceProcess): boolean {
  const { stdout } = spawnSync('ps', ['--ppid', String(pid), '-o', 'args='], { encoding: 'utf8' })
  return stdout.includes('inference/runtime/process.ts')
}
const readiness = async ({ url }: ServiceProcess) =>
  (await (await fetch(`${url}/readyz`)).json()) as { ready: boolean; parts: unknown[] }
const peersIn = async ({ url }: ServiceProcess) =>
  (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line.startsWith('gliabridge_peer_up{'))

it('finds and delivers in one process what the other analyses', async () => {
  const study = await generateStudy({ seed: 7, size: 'small' })
  servers = await openServers({ environment: {} }, folder, study.patient)
  const pacs = { url: servers.pacs.url, auth: { type: 'none' as const }, timeoutMs: 30_000, log: quietLog }
  await createDicomWebClient(pacs).store(study.studyInstanceUid, study.instances)
  const databaseUrl = await postgres.createDatabase()
  const raw = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
  settings = { ...raw, inference: { bundle: BUNDLE }, store: { ...raw.store, databaseUrl: { env: 'SPLIT_DATABASE' } } }
  process.env.SPLIT_DATABASE = databaseUrl

  const pages = await start('pages')
  const waiting = await eventually('the study in the queue', async () => (await pages.analyses())[0])
  expect(waiting.state).toBe('queued')
  expect(hasNetworks(pages)).toBe(false)

  const analyses = await start('analyses')
  const { analysisId } = waiting
  const record = await eventually('delivered', async () =>
    (await pages.analyses()).find(({ state }) => state === 'delivered' || state === 'held'),
  )
  expect([record.state, record.hold?.message]).toEqual(['delivered', undefined])
  expect(hasNetworks(analyses)).toBe(true)
  // Images for the pages are made by one part and shown by the other.
  expect(await pages.get(`/analyses/${analysisId}/images`)).toHaveProperty('grid')

  // Who does not watch does not call PACS and EHR down.
  await eventually('ready', async () => ((await readiness(pages)).ready ? true : undefined))
  expect(await peersIn(pages)).toHaveLength(2)
  expect([await readiness(analyses), await peersIn(analyses)]).toEqual([
    { ready: true, parts: [{ peer: 'database', up: true }] },
    [],
  ])
})

it('is refused with the embedded database, which one process has', async () => {
  const { store: _there, ...rest } = settings
  const own = join(folder, 'embedded')
  await mkdir(own)
  const started = startServiceProcess(own, { ...rest, store: { dataDir: own } }, '--only', 'pages')
  await expect(started).rejects.toThrow(/ended with 2 before[\s\S]*serve --only pages needs PostgreSQL/)
})
