// A whole service with a candidate in shadow: it computes what was delivered and writes nothing, is refused, activated between two studies without a restart, outlives a
// restart, and is rolled back from the command line while no service runs.
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import type { BundlesView } from '../../src/domain/bundles.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually } from '../support/service-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Quick: what is asked here is the same of every bundle. */
const BUNDLE = join(ROOT, 'test/golden/inference/quick-bundle')
const MINUTES = 60_000

let folder: string
let servers: Servers
let service: Service
let url: string
let settings: object

/** The same networks with another limit, so that it is another model whose outlines are nearly the same. */
async function installAs(id: string): Promise<void> {
  const to = join(folder, 'bundles', id)
  await cp(BUNDLE, to, { recursive: true })
  const manifest = JSON.parse(await readFile(join(to, 'bundle.json'), 'utf8'))
  manifest.postprocess.min_component_ml += 0.01
  const change_control = {
    modifications: { description: 'Another limit on components.', replaces: [manifest.id] },
    protocol: { description: 'This test.', min_cases: 1 },
    impact: { description: 'None.', min_mean_dice: { WT: 0.9 }, max_failures: 0 },
  }
  await writeFile(join(to, 'bundle.json'), JSON.stringify({ ...manifest, id, change_control }))
}

async function open(): Promise<void> {
  service = await compose(parseSettings(settings, {}), { log: quietLog })
  url = (await service.start({ watch: true, http: true })).url!
}
const view = async () => (await (await fetch(`${url}/api/bundles`)).json()) as BundlesView
async function decide(action: string, bundle?: string) {
  const body = JSON.stringify({ by: 'Nine', reason: 'of the test', ...(bundle && { bundle }) })
  return fetch(`${url}/api/bundles/${action}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
}
async function analysed(seed: number): Promise<string> {
  const study = await generateStudy({ seed, size: 'small' })
  await service.archive.store(study.studyInstanceUid, study.instances)
  let record = await service.settled(await service.submit(study.studyInstanceUid))
  // Registered before this process had opened the decided bundle: it gave way to one for the active model.
  if (record.state === 'superseded')
    record = await service.settled((await service.store.analyses.byStudy(study.studyInstanceUid)).at(-1)!.analysisId)
  expect(record.hold).toBeUndefined()
  return record.analysisId
}
const compared = () => eventually('a case', async () => ((await view()).shadow?.count ? true : undefined), 15 * MINUTES)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-bundles-'))
  await mkdir(join(folder, 'bundles'))
  await installAs('candidate')
  const { patient } = await generateStudy({ seed: 31, size: 'small' })
  servers = await openServers({ environment: {} }, folder, patient)
  const raw = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
  settings = { ...raw, inference: { bundle: BUNDLE, installed: join(folder, 'bundles') } }
  await open()
}, 15 * MINUTES)
afterAll(async () => {
  await service?.stop()
  await servers?.close()
  await rm(folder, { recursive: true, force: true })
})

it(
  'compares a candidate with what was delivered, and activates it without a restart',
  async () => {
    expect((await decide('shadow', 'candidate')).status).toBe(200)
    const first = await analysed(31)
    const before = JSON.stringify([await service.store.analyses.get(first), await service.store.analyses.events(first)])
    expect((await decide('activate', 'candidate')).status).toBe(409)
    await compared()
    const { shadow } = await view()
    expect(shadow!.cases[0]).toMatchObject({
      analysisId: first,
      regions: expect.arrayContaining([expect.objectContaining({ region: 'WT' })]),
    })
    expect(shadow!.cases[0]!.failure).toBeUndefined()
    expect(JSON.stringify([await service.store.analyses.get(first), await service.store.analyses.events(first)])).toBe(
      before,
    )
    expect(shadow!.limits.every(({ isMet }) => isMet)).toBe(true)
    expect((await decide('activate', 'candidate')).status).toBe(200)
    const second = await analysed(32)
    expect((await service.store.analyses.result(second))!.bundle.id).toBe('candidate')
    expect((await service.store.analyses.result(first))!.bundle.id).toBe('quick-test')
  },
  30 * MINUTES,
)

it(
  'stays active after a restart, and is rolled back while no service runs',
  async () => {
    await service.stop()
    await open()
    expect(service.bundle.id).toBe('candidate')
    expect((await view()).active.id).toBe('candidate')
    await service.stop()
    const file = join(folder, 'site.json')
    await writeFile(file, JSON.stringify(settings))
    const run = (...args: string[]) =>
      spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), '-c', file, 'bundles', ...args],
        {
          cwd: ROOT,
          encoding: 'utf8',
        },
      )
    const back = run('rollback', '--by', 'Nine', '--reason', 'of the test')
    expect([back.status, back.stderr]).toEqual([0, ''])
    expect(back.stdout).toContain('quick-test')
    expect(run('rollback', '--by', 'Nine', '--reason', 'again').stderr).toContain('CHANGE_REFUSED')
    await open()
    expect(service.bundle.id).toBe('quick-test')
    expect((await view()).changes.map(({ action }) => action)).toEqual(['rollback', 'activate', 'shadow'])
  },
  15 * MINUTES,
)
