// gliabridge accept from the command line on generated studies with their truth, from a folder and from a real Orthanc: signed by a key of OpenSSL's,
// verified by OpenSSL, spoilt and refused.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extractText, getDocumentProxy } from 'unpdf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateStudy } from '../../demo/phantom/study.ts'
import { dataset } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { AcceptanceReport } from '../../src/domain/acceptance.ts'
import { writeNifti } from '../evaluation/nifti-writer.ts'
import { startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { quietLog } from '../support/quiet-log.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** One network of 2 mm: what is asked here is the same of every bundle. */
const BUNDLE = join(ROOT, 'config/models/glioma-unet-2mm')

let folder: string
const at = (...names: string[]) => join(folder, ...names)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-accept-test-'))
  const study = await generateStudy({ seed: 21, size: 'small' })
  await mkdir(at('studies', 'first', 'deep'), { recursive: true })
  for (const [n, { bytes }] of study.instances.entries())
    await writeFile(at('studies', 'first', 'deep', `${n}.dcm`), bytes)
  const { grid, data } = study.truth.labels
  const [sx, sy, sz] = grid.spacing
  const [ox, oy, oz] = grid.origin
  // NIfTI is in RAS: x and y of LPS the other way round.
  const affine = [
    [-sx, 0, 0, -ox],
    [0, -sy, 0, -oy],
    [0, 0, sz, oz],
  ]
  await writeFile(at('studies', 'first', 'seg.nii.gz'), writeNifti({ size: grid.size, affine, voxels: data }))
  const poor = await generateStudy({ seed: 22, size: 'small', omit: ['T1c', 'FLAIR'] })
  await mkdir(at('studies', 'second'), { recursive: true })
  for (const [n, { bytes }] of poor.instances.entries()) await writeFile(at('studies', 'second', `${n}.dcm`), bytes)
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', at('key.pem')])
  await writeFile(
    at('site.json'),
    JSON.stringify({
      pacs: { url: 'http://127.0.0.1:9/dicom-web' },
      ehr: { url: 'http://127.0.0.1:9/fhir', identifierSystem: 'urn:oid:1.2.3', analysisSystem: 'urn:oid:1.2.4' },
      inference: { bundle: BUNDLE },
      institution: { name: 'Haus am See' },
      acceptance: { signingKey: { file: at('key.pem') } },
    }),
  )
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function accept(
  limits: unknown[],
  out: string,
  { source = ['--studies', at('studies')], site = 'site.json', environment = {} }: AcceptRun = {},
) {
  await writeFile(at('limits.json'), JSON.stringify({ limits }))
  const args = ['accept', ...source, '--limits', at('limits.json'), '--out', at(out)]
  const run = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), '-c', at(site), ...args],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...environment } },
  )
  return { code: run.status, out: run.stdout, err: run.stderr }
}

interface AcceptRun {
  source?: string[]
  site?: string
  environment?: Record<string, string>
}

function verify(out: string, name: string): boolean {
  const args = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    'public-key.pem',
    '-rawin',
    '-in',
    name,
    '-sigfile',
    `${name}.sig`,
  ]
  return spawnSync('openssl', args, { cwd: at(out) }).status === 0
}

const digest = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

describe('an acceptance', () => {
  it('runs every study, says what failed and how well the rest agrees, and is no-go where a limit is not met', async () => {
    const limits = [
      { measure: 'studies', atLeast: 2 },
      { measure: 'dice', region: 'WT', atLeast: 0.3 },
      { measure: 'failures', atMost: 0.2 },
    ]
    const { code, out, err } = await accept(limits, 'no')
    expect(code, err).toBe(1)
    expect(out).toContain('NO-GO')
    const report = JSON.parse(await readFile(at('no', 'acceptance.json'), 'utf8')) as AcceptanceReport
    expect(report.decision).toBe('no-go')
    expect(report.verdicts.map(({ isMet }) => isMet)).toEqual([true, true, false])
    const [first, second] = report.studies
    expect(first).toMatchObject({ name: 'first' })
    expect(first!.failure).toBeUndefined()
    const whole = first!.scores.find(({ region }) => region === 'WT')!
    expect(whole.dice).toBeGreaterThan(0.3)
    expect(second).toMatchObject({ name: 'second', failure: { code: 'SERIES_MISSING' } })
    expect(report.plan.limitsSha256).toBe(await digest(at('limits.json')))
    expect(report.planSha256).toBe(await digest(at('no', 'plan.json')))
    expect(out.indexOf(`sha256 ${report.planSha256}`)).toBeGreaterThan(-1)

    for (const name of ['plan.json', 'acceptance.json', 'acceptance.pdf']) expect(verify('no', name), name).toBe(true)
    const { text } = await extractText(
      await getDocumentProxy(new Uint8Array(await readFile(at('no', 'acceptance.pdf')))),
      { mergePages: true },
    )
    const read = text.replace(/\s+/g, '')
    for (const said of [
      'NO-GO',
      'HausamSee',
      'SERIES_MISSING',
      `Dice WT ${whole.dice.toFixed(3)}`,
      await digest(at('no', 'acceptance.json')),
    ])
      expect(read).toContain(said.replace(/\s/g, ''))
    await appendFile(at('no', 'acceptance.json'), ' ')
    expect(verify('no', 'acceptance.json')).toBe(false)
  }, 600_000)

  it('refuses limits that cannot be met before anything is run', async () => {
    const { code, err } = await accept([{ measure: 'dice', region: 'LUNG', atLeast: 0.5 }], 'refused')
    expect(code).toBe(2)
    expect(err).toContain('no region LUNG')
  }, 120_000)
})

describe('an acceptance on the PACS', () => {
  let orthanc: TestOrthanc
  let first: string
  beforeAll(async () => {
    orthanc = await startOrthanc()
    const { url, username, password } = orthanc
    const archive = createDicomWebClient({
      url,
      auth: { type: 'basic', username, password },
      timeoutMs: 60_000,
      log: quietLog,
    })
    // One study of these days; one of another day; and one of these days that the rules leave out.
    const studies = await Promise.all([31, 32, 33].map((seed) => generateStudy({ seed, size: 'small' })))
    first = studies[0]!.studyInstanceUid
    const changes = [{}, { StudyDate: '20250114' }, { BodyPartExamined: 'KNEE', StudyDescription: 'MR knee' }]
    for (const [n, { studyInstanceUid, instances }] of studies.entries()) {
      const changed = instances.map(({ sopInstanceUid, bytes }) => {
        const { dataset: ds, pixelData, transferSyntaxUid } = readPart10(bytes)
        const edited = { ...ds, ...dataset(changes[n]!) }
        return {
          sopInstanceUid,
          bytes:
            n === 0
              ? bytes
              : writePart10({ dataset: edited, transferSyntaxUid, ...(pixelData && { pixelData: [pixelData] }) }),
        }
      })
      await archive.store(studyInstanceUid, changed)
    }
    const site = JSON.parse(await readFile(at('site.json'), 'utf8'))
    const auth = { type: 'basic', username, password: { env: 'PACS_PASSWORD' } }
    await writeFile(at('pacs.json'), JSON.stringify({ ...site, pacs: { url, auth }, store: { dataDir: at('state') } }))
  }, 300_000)
  afterAll(() => orthanc?.close())

  const onPacs = (dates: string, password = orthanc.password): AcceptRun => ({
    source: ['--query', dates],
    site: 'pacs.json',
    environment: { PACS_PASSWORD: password },
  })

  async function statistics(): Promise<unknown> {
    const { username, password, restUrl } = orthanc
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const answer = await fetch(`${restUrl}/statistics`, { headers: { authorization } })
    const { CountInstances, CountSeries } = (await answer.json()) as Record<string, number>
    return { CountInstances, CountSeries }
  }

  it('runs the studies of the dates that the rules accept, and leaves the archive as it was', async () => {
    const before = await statistics()
    const limits = [
      { measure: 'studies', atLeast: 1 },
      { measure: 'failures', atMost: 0 },
    ]
    const { code, out, err } = await accept(limits, 'pacs', onPacs('20260301-20260331'))
    expect(code, err).toBe(0)
    expect(out).toContain('GO')
    const report = JSON.parse(await readFile(at('pacs', 'acceptance.json'), 'utf8')) as AcceptanceReport
    expect(report.decision).toBe('go')
    expect(report.plan.source).toBe('PACS, study dates 20260301 to 20260331')
    expect(report.studies.map(({ name }) => name)).toEqual([first])
    expect(report.studies[0]).not.toHaveProperty('failure')
    // Without an expert's outline there is nothing to agree with.
    expect(report.studies[0]!.scores).toEqual([])
    for (const name of ['plan.json', 'acceptance.json', 'acceptance.pdf']) expect(verify('pacs', name), name).toBe(true)
    expect(await statistics()).toEqual(before)
  }, 600_000)

  it('says that the archive refuses its credentials, and decides nothing', async () => {
    const { code, err } = await accept(
      [{ measure: 'studies', atLeast: 1 }],
      'locked',
      onPacs('20260301-20260331', 'wrong-pass'),
    )
    expect(code).toBe(1)
    expect(err).toContain('ARCHIVE_AUTH')
    expect(err).not.toContain('wrong-pass')
    expect((await readdir(at('locked'))).filter((name) => name.startsWith('acceptance'))).toEqual([])
  }, 120_000)

  it('refuses dates that are none, before it opens anything', async () => {
    const { code, err } = await accept([{ measure: 'studies', atLeast: 1 }], 'dates', onPacs('2026-03-01'))
    expect(code).toBe(2)
    expect(err).toContain('--query must be study dates such as 20260101-20260131')
  }, 120_000)
})
