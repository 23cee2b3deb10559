// gliabridge init with flags, against the demo's servers: each part is tried, and what is written is read as it was answered.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDemoArchive } from '../../../demo/archive/archive-server.ts'
import { startDemoEhr } from '../../../demo/ehr/ehr-server.ts'
import { settingsOf } from '../../../src/cli/init/site-file.ts'
import { withoutComments } from '../../../src/settings/comments.ts'
import { readSettings } from '../../../src/settings/read.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
let folder: string
let archive: Awaited<ReturnType<typeof startDemoArchive>>
let ehr: Awaited<ReturnType<typeof startDemoEhr>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-init-'))
  archive = await startDemoArchive()
  ehr = await startDemoEhr()
})
afterAll(async () => {
  await Promise.all([archive.close(), ehr.close()])
  await rm(folder, { recursive: true, force: true })
})

/** From a folder of its own, as a site would; the servers are in this process, so the command must not block it. */
async function init(flags: Record<string, string>, more: string[] = []) {
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), 'init', '--yes', ...more]
  for (const [key, value] of Object.entries(flags)) args.push(`--${key}`, value)
  const child = spawn(process.execPath, args, { cwd: folder, env: { PATH: process.env.PATH ?? '', HOME: folder } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { code, said }
}
const site = () => ({
  'pacs-url': archive.url,
  'pacs-user': 'glia',
  'pacs-password': `file:${join(folder, 'password')}`,
  'ehr-url': ehr.url,
  'identifier-system': 'https://h.example/mrn',
  'analysis-system': 'https://h.example/analysis',
  'data-dir': join(folder, 'state'),
  port: '0',
  institution: 'St. Mary // "North"',
})

it('tries each part and writes a file that a person and the service can read', async () => {
  await writeFile(join(folder, 'password'), 's3cret\n')
  const out = join(folder, 'site.jsonc')
  const { code, said } = await init(site(), ['--out', out])
  expect(said).toMatch(/ok +PACS\n[\s\S]*ok +EHR\n[\s\S]*ok +state\n[\s\S]*ok +pages\n[\s\S]*ok +bundle\n[\s\S]*wrote /)
  expect(code).toBe(0)
  const text = await readFile(out, 'utf8')
  expect(text).toContain('// System of the identifier that equals the DICOM Patient ID.\n    "identifierSystem"')
  expect(text).not.toContain('s3cret')
  const settings = await readSettings(out, {})
  expect(settings.pacs.auth).toEqual({ type: 'basic', username: 'glia', password: 's3cret' })
  expect(settings.institution.name).toBe('St. Mary // "North"')
  expect((await init(site(), ['--out', out])).said).toContain('is there already')
}, 120_000)

it('writes nothing while a part fails, names the part, and what to write instead', async () => {
  const out = join(folder, 'other.jsonc')
  const { origin } = new URL(ehr.url)
  const { code, said } = await init({ ...site(), 'ehr-url': origin }, ['--out', out])
  expect(code).toBe(2)
  expect(said).toMatch(/failed +EHR/)
  expect(said).toContain(`the service answers at ${ehr.url}`)
  await expect(readFile(out)).rejects.toThrow('ENOENT')
}, 120_000)

it('takes references and no secrets', () => {
  expect(() => settingsOf({ 'pacs-token': 'geheim' })).toThrow('--pacs-token must be env:NAME or file:/path')
  expect(() => settingsOf({ 'pacs-token': 'geheim' })).not.toThrow('geheim')
  const smart = { 'ehr-client-id': 'c', 'ehr-key-file': '/k.json', 'ehr-scope': 'system/*.cruds' }
  expect(settingsOf(smart)).toEqual({
    ehr: { auth: { type: 'smart-backend', clientId: 'c', scope: 'system/*.cruds', keyFiles: ['/k.json'] } },
  })
})

it('takes comments out of a settings file, and nothing else', () => {
  const text = '{ // one\n "a": "x // y", /* two\n lines */ "b": "\\"/*" }'
  expect(JSON.parse(withoutComments(text))).toEqual({ a: 'x // y', b: '"/*' })
  expect(
    withoutComments(text)
      .split('\n')
      .map((line) => line.length),
  ).toEqual(text.split('\n').map((line) => line.length))
})
