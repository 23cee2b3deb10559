// The model that a process has open follows the decisions of all processes: between analyses, never in the middle of one.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Models, openModels } from '../src/compose-models.ts'
import type { BundleChange, BundleRef } from '../src/domain/bundles.ts'
import { loadBundle } from '../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../src/inference/bundle/manifest.ts'
import type { Runner } from '../src/inference/runtime/runner.ts'
import { createKeptLog } from './support/quiet-log.ts'

const TINY = fileURLToPath(new URL('golden/inference/tiny-bundle', import.meta.url))
let folder: string
let [base, next] = [] as unknown as [LoadedBundle, LoadedBundle]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-models-'))
  await cp(TINY, join(folder, 'next'), { recursive: true })
  const file = join(folder, 'next', 'bundle.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  manifest.postprocess.min_component_ml = 3.5
  await writeFile(file, JSON.stringify({ ...manifest, id: 'tiny-next' }))
  base = await loadBundle(TINY)
  next = await loadBundle(join(folder, 'next'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const refOf = ({ identity: { id, version, digest, modelDigest } }: LoadedBundle): BundleRef => {
  return { id, version, digest, modelDigest }
}
let changes: BundleChange[]
let events: string[]
beforeEach(() => {
  changes = []
  events = []
})
const decide = (action: BundleChange['action'], bundle?: LoadedBundle) =>
  changes.push({
    changeId: changes.length + 1,
    at: '2026-01-01T00:00:00.000Z',
    action,
    by: 'Nine',
    reason: 'r',
    ...(bundle && { bundle: refOf(bundle) }),
  })
const open = (installed: string | undefined = folder, followed = true): Promise<Models> =>
  openModels({
    base,
    installed,
    bundles: followed ? { changes: async () => changes } : undefined,
    async start({ id }) {
      events.push(`open ${id}`)
      return { close: async () => void events.push(`close ${id}`) } as unknown as Runner
    },
    log: createKeptLog(),
  })

it('is that of the settings until another is active, changes between two pieces of work, and comes back', async () => {
  const models = await open()
  expect(models.current.bundle.id).toBe('tiny-test')
  const ends = Promise.withResolvers<void>()
  const long = models.use(async ({ bundle }) => {
    await ends.promise
    events.push(`worked with ${bundle.id}`)
  })
  await models.use(async () => undefined)
  decide('activate', next)
  expect(await models.use(async ({ bundle }) => bundle.id)).toBe('tiny-next')
  expect(models.current.bundle.id).toBe('tiny-next')
  const { modelDigest } = base.identity
  expect([modelDigest, next.identity.modelDigest, undefined].map(models.isOutdated)).toEqual([true, false, false])
  ends.resolve()
  await long
  // What was in the middle of something kept its model, which was closed only afterwards.
  expect(events).toEqual(['open tiny-test', 'open tiny-next', 'worked with tiny-test', 'close tiny-test'])
  decide('rollback')
  await models.refresh()
  expect(models.current.bundle.identity).toEqual(base.identity)
  // After the way back nobody decides: only what was registered for the model that people took away is outdated.
  const others = [next.identity.modelDigest, modelDigest, '7'.repeat(64)]
  expect(others.map(models.isOutdated)).toEqual([true, false, false])
  await models.close()
  expect(events.slice(4)).toEqual(['open tiny-test', 'close tiny-next', 'close tiny-test'])
})

it('is opened once, however many begin at the same moment', async () => {
  const models = await open()
  decide('activate', next)
  await Promise.all([1, 2, 3].map(() => models.use(async ({ bundle }) => expect(bundle.id).toBe('tiny-next'))))
  expect(events).toEqual(['open tiny-test', 'open tiny-next', 'close tiny-test'])
})

it('is the decided one at the next start, or the start is refused with what to do', async () => {
  decide('activate', next)
  const models = await open()
  expect([models.current.bundle.id, models.current.bundle.folder]).toEqual(['tiny-next', join(folder, 'next')])
  await expect(open(join(folder, 'next'))).rejects.toMatchObject({
    code: 'BUNDLE_INVALID',
    message: expect.stringContaining('gliabridge bundles rollback'),
  })
  // Commands that name a bundle themselves.
  expect((await open(undefined, false)).current.bundle.id).toBe('tiny-test')
})

it('stays what it was while the new one cannot be opened', async () => {
  const models = await open()
  decide('activate', { ...next, identity: { ...next.identity, modelDigest: '0'.repeat(64) } })
  await expect(models.use(async () => undefined)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' })
  expect(models.current.bundle.id).toBe('tiny-test')
})
