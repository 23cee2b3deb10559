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

it('asks at a terminal, tries each part, and offers earlier answers when a part is asked for again', async () => {
  const out = join(folder, 'dialogue.jsonc')
  const { origin } = new URL(ehr.url)
  const answers: [RegExp, string][] = [
    [/DICOMweb service root of the PACS \(\S+\): $/, archive.url],
    [/user of the PACS[^\n]*: $/, ''],
    [/bearer token of the PACS[^\n]*: $/, '-'],
    [/ok +PACS[\s\S]*FHIR R4 base URL of the EHR \(\S+\): $/, origin],
    [/client id at the EHR[^\n]*: $/, ''],
    [/user of the EHR[^\n]*: $/, ''],
    [/bearer token of the EHR[^\n]*: $/, ''],
    [/system of the patient identifier[^\n]*: $/, 'https://h.example/mrn'],
    [/system of the identifiers that the service gives[^\n]*: $/, 'https://h.example/analysis'],
    [new RegExp(`failed +EHR[\\s\\S]*answers at ${ehr.url};[\\s\\S]*\\[y/N\\] $`), 'n'],
    [new RegExp(`FHIR R4 base URL of the EHR \\(\\S+\\) \\[${origin}\\]: $`), ehr.url],
    ...Array.from({ length: 3 }, (): [RegExp, string] => [/of the EHR|at the EHR/, '']),
    // Typed before: Enter is enough.
    [/equals the DICOM Patient ID \(a URI\) \[https:\/\/h.example\/mrn\]: $/, ''],
    [/that you own\) \[https:\/\/h.example\/analysis\]: $/, ''],
    [/ok +EHR[\s\S]*folder of the model bundle \[[^\n]+\]: $/, ''],
    [/execution providers[^\n]*\[cpu\]: $/, ''],
    [/PostgreSQL database[^\n]*: $/, ''],
    [/folder of the embedded database[^\n]*: $/, join(folder, 'dialogue')],
    [/address on which the pages are served[^\n]*: $/, ''],
    [/port of the pages[^\n]*: $/, '0'],
    [/link to your viewer[^\n]*: $/, ''],
    [/name on the report[^\n]*: $/, 'St. Mary'],
    [/time zone of the scanners[^\n]*: $/, 'Europe/Berlin'],
  ]
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts')]
  // A terminal of its own, as `init` asks only there.
  const child = spawn('script', ['-qec', [...command, 'init', '--out', out].join(' '), '/dev/null'], { cwd: folder })
  let [said, whole] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own.
    const text = chunk.toString().replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    said += text
    whole += text
    const [next] = answers
    if (!next?.[0].test(said)) return
    said = ''
    answers.shift()
    child.stdin.write(`${next[1]}\n`)
  })
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  expect([answers.map(([question]) => question.source), code], whole).toEqual([[], 0])
  const settings = await readSettings(out, {})
  expect([settings.ehr.url, settings.ehr.identifierSystem]).toEqual([ehr.url, 'https://h.example/mrn'])
  expect(settings.institution).toMatchObject({ name: 'St. Mary', timeZone: 'Europe/Berlin' })
}, 180_000)

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
