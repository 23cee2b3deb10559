// The command line as an operator meets it: help, mistakes told at once, exit codes.
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeHeadsBundle } from '../../support/heads-bundle.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const COMMANDS = ['serve', 'demo', 'run-study', 'check-config', 'verify-bundle', 'replay', 'evaluate', 'health']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function gliabridge(args: string[], env: Record<string, string> = {}) {
  const run = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), ...args],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
      encoding: 'utf8',
    },
  )
  return { code: run.status, out: run.stdout, err: run.stderr }
}

async function settingsFile(settings: unknown): Promise<string> {
  const path = join(folder, 'settings.json')
  await writeFile(path, JSON.stringify(settings))
  return path
}

describe('gliabridge', () => {
  it('lists its commands', () => {
    const { code, out } = gliabridge(['--help'])
    expect(code).toBe(0)
    for (const command of COMMANDS) expect(out).toContain(command)
  })

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    expect(gliabridge(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it.each(COMMANDS)('%s --help explains itself', (command) => {
    const { code, out } = gliabridge([command, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`gliabridge ${command}`)
  })

  it('refuses an unknown command with exit code 2', () => {
    const { code, err } = gliabridge(['analyse-everything'])
    expect(code).toBe(2)
    expect(err).toContain("unknown command 'analyse-everything'")
  })

  it('reports every problem of the settings at once', async () => {
    const file = await settingsFile({
      pacs: { url: 'ftp://pacs.example', setleSeconds: 5 },
      ehr: { url: 'https://ehr.example/fhir', identifierSystem: 'mrn' },
      colour: 'blue',
    })
    const { code, err } = gliabridge(['--config', file, 'check-config', '--offline'])
    expect(code).toBe(2)
    for (const part of ['pacs.url', 'setleSeconds', 'ehr.identifierSystem', 'ehr.analysisSystem', 'colour'])
      expect(err).toContain(part)
  })

  it('checks a whole site without asking the servers, or tells which server does not answer', async () => {
    const systems = { identifierSystem: 'https://h.example/mrn', analysisSystem: 'https://h.example/analysis' }
    const file = await settingsFile({
      pacs: { url: 'http://127.0.0.1:9/dicom-web' },
      ehr: { url: 'http://127.0.0.1:9/fhir', ...systems },
      store: { dataDir: join(folder, 'state') },
      http: { port: 0 },
    })
    const offline = gliabridge(['--config', file, 'check-config', '--offline'])
    expect(offline.code).toBe(0)
    expect(offline.out).toMatch(
      /ok +settings\n +time zone \S+ .*\nok +state\n.*\nok +images for the pages\n.*\nok +pages\n.*\nok +receiving\n.*\nok +bundle/,
    )
    const online = gliabridge(['--config', file, 'check-config'])
    expect(online.code).toBe(1)
    expect(online.out).toMatch(/failed +PACS .*\n +ARCHIVE_UNREACHABLE/)
    expect(online.out).toMatch(/failed +EHR .*\n +EHR_UNREACHABLE/)
  })

  it('verifies the default bundle by running it', () => {
    const { code, out } = gliabridge(['verify-bundle'])
    expect(code).toBe(0)
    expect(out).toMatch(
      /match their digests\ndigest [0-9a-f]{64}\nnetwork unet: [\s\S]*\nnetworks run on cpu \(.*\): 14 networks/,
    )
    expect(out).toContain('\nstage 1, brain: at 3 x 3 x 3 mm, over the whole head; intensities by foreground-zscore; ')
    expect(out).toContain(
      '\nanswer: on the grid of search: WT from whole, TC from core, ET from enhancing, BRAIN from brain\n',
    )
  })

  it('names the file of a bundle whose digest is wrong', async () => {
    const copy = join(folder, 'bundle')
    await cp(join(ROOT, 'config/models/glioma-cascade-1mm'), copy, { recursive: true })
    const weights = await readFile(join(copy, 'brain.onnx'))
    weights[weights.length >> 1] = weights[weights.length >> 1]! ^ 1
    await writeFile(join(copy, 'brain.onnx'), weights)
    const { code, err } = gliabridge(['verify-bundle', copy])
    expect(code).toBe(1)
    expect(err).toMatch(/BUNDLE_INVALID: .*brain\.onnx has sha256/)
  })

  it('says which folder of cases cannot be read', () => {
    const { code, err } = gliabridge(['evaluate', '--cases', join(folder, 'none')])
    expect(code).toBe(1)
    expect(err).toContain(join(folder, 'none'))
  })

  it.each([[[]], [['--features', 'f.csv']], [['--cases', 'c', '--labels', 'l.csv']]])(
    'evaluate takes cases or two tables, not %j',
    (options) => {
      const { code, err } = gliabridge(['evaluate', ...options])
      expect(code).toBe(2)
      expect(err).toContain('either --cases, or --features and --labels')
    },
  )

  it('evaluates the heads on two tables, into a file', async () => {
    const bundle = await makeHeadsBundle()
    const [features, labels, json] = ['features.csv', 'labels.csv', 'out.json'].map((name) => join(folder, name))
    const radiomics = 'ID,original_shape_Sphericity,original_firstorder_Variance,original_firstorder_Mean'
    await writeFile(features!, `${radiomics}\nA,0.71,484,100\nB,0.41,1521,100\n`)
    await writeFile(labels!, 'ID,Age at MRI,IDH,OS,1-dead 0-alive\nA,34,IDH1 p.R132H,900,0\nB,71,wildtype,200,1\n')
    const { code, out } = gliabridge(
      ['evaluate', '--features', features!, '--labels', labels!, '--bundle', bundle, '--json', json!].map(String),
    )
    await rm(bundle, { recursive: true })
    expect(code).toBe(0)
    expect(out).toMatch(/^idh +2 +1\.000/m)
    const report = JSON.parse(await readFile(json!, 'utf8'))
    expect(report.heads[0]).toMatchObject({ head: 'idh', answered: 2, calls: 2, callErrors: { value: 0 } })
  })

  it('health fails clearly when no service runs', () => {
    const { code, err } = gliabridge(['health'], { GLIABRIDGE_HTTP_PORT: '9' })
    expect(code).not.toBe(0)
    expect(err).toContain('gliabridge: ')
  })
})
