// check-config against real servers of this repository: each thing that keeps a site from working is named, and nothing is left behind.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoArchive } from '../../demo/archive/archive-server.ts'
import { startDemoEhr } from '../../demo/ehr/ehr-server.ts'
import { type Check, outcomeOf } from '../../src/cli/checks/check.ts'
import { checkStore } from '../../src/cli/checks/database.ts'
import { checkEhr } from '../../src/cli/checks/ehr.ts'
import { checkImages } from '../../src/cli/checks/images.ts'
import { checkInference } from '../../src/cli/checks/inference.ts'
import { checkArchive } from '../../src/cli/checks/pacs.ts'
import { checkPort } from '../../src/cli/checks/port.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { startFaultyArchive } from '../support/faulty-archive.ts'
import { buildSeries } from '../support/instances.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const log = createKeptLog()
let folder: string
let archive: Awaited<ReturnType<typeof startDemoArchive>>
let ehr: Awaited<ReturnType<typeof startDemoEhr>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-check-'))
  archive = await startDemoArchive()
  ehr = await startDemoEhr()
})
afterAll(async () => {
  await Promise.all([archive.close(), ehr.close()])
  await rm(folder, { recursive: true, force: true })
})

const site = (urls: { pacs?: string; ehr?: string } = {}) =>
  parseSettings(
    {
      pacs: { url: urls.pacs ?? archive.url },
      ehr: {
        url: urls.ehr ?? ehr.url,
        identifierSystem: 'https://h.example/mrn',
        analysisSystem: 'https://h.example/analysis',
      },
    },
    {},
  )
const run = (what: Check['run']) => outcomeOf({ name: 'x', run: what })
const archiveOf = (url: string, write = false) => run(() => checkArchive(site({ pacs: url }), 'UTC', { write, log }))
const ehrOf = (url: string, write = false) => run(() => checkEhr(site({ ehr: url }), { write }))

describe('the PACS', () => {
  it('is asked for its change feed too, where the settings name one', async () => {
    const settings = site()
    const pacs = { ...settings.pacs, changeFeed: { type: 'azure' as const, intervalSeconds: 5 } }
    const { ok, lines } = await run(() => checkArchive({ ...settings, pacs }, 'UTC', { write: false, log }))
    expect([ok, lines.join('\n')]).toEqual([false, expect.stringMatching(/change feed .*\/changefeed\/latest/)])
  })

  it('is asked, and the right that was not tried is named', async () => {
    const { ok, lines } = await archiveOf(archive.url)
    expect(ok).toBe(true)
    expect(lines.join('\n')).toMatch(/0 MR studies since \d{8}[\s\S]*untested: the right to store/)
  })

  it.each([
    ['the root of the service is missing', '/dicom-web', ''],
    ['a page under it was copied', '/dicom-web', '/dicom-web/studies'],
  ])('names the address at which it answers: %s', async (_what, root, wrong) => {
    const { origin } = new URL(archive.url)
    const { ok, lines } = await archiveOf(`${origin}${wrong}`)
    expect(ok).toBe(false)
    expect(lines.at(-1)).toBe(
      `pacs.url: the service answers at ${origin}${root}; write that instead of ${origin}${wrong}`,
    )
  })

  it('names https on a port that speaks http', async () => {
    const { ok, lines } = await archiveOf(archive.url.replace('http:', 'https:'))
    expect(ok).toBe(false)
    expect(lines[0]).toContain('ARCHIVE_UNREACHABLE: pacs.url says https, but its port does not speak TLS')
    expect(lines.at(-1)).toContain(`the service answers at ${archive.url}`)
  })

  it.each([
    [401, 'ARCHIVE_AUTH', 'credentials'],
    [403, 'ARCHIVE_FORBIDDEN', 'grant our user the right'],
  ])('tells who we are from what we may (%i)', async (status, code, words) => {
    const faulty = await startFaultyArchive()
    faulty.misbehave(() => ({ kind: 'answer', status }))
    const { lines } = await archiveOf(faulty.url)
    await faulty.close()
    expect(lines[0]).toMatch(new RegExp(`^${code}: `))
    expect(lines[1]).toContain(words)
  })

  it('is asked what the service asks, and the way that it takes is named where it refuses a search key', async () => {
    const faulty = await startFaultyArchive()
    const [study, series] = ['1.2.826.0.1.3680043.8.498.78', '1.2.826.0.1.3680043.8.498.78.1']
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    const direct = createDicomWebClient({ ...site({ pacs: faulty.directUrl }).pacs, log })
    await direct.store(study, buildSeries(3, { study, series, studyDate: today, rows: 8, columns: 8 }))
    faulty.misbehave(() =>
      /ModalitiesInStudy=|StudyDate=\d{8}-(&|$)/.test(faulty.requests.at(-1)!)
        ? { kind: 'answer', status: 400 }
        : undefined,
    )
    const { ok, lines } = await archiveOf(faulty.url)
    await faulty.close()
    expect([ok, lines[0]]).toEqual([true, expect.stringMatching(/^1 MR studies since \d{8}/)])
    expect(lines).toContain(
      'search of studies: date ranges with an end, no ModalitiesInStudy (found out; the standard way is refused)',
    )
  })

  it('stores a picture of nobody, and rejects it by a note where it cannot be removed; twice without more', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { ok, lines } = await archiveOf(archive.url, true)
      expect(ok, lines.join('\n')).toBe(true)
      expect(lines.at(-1)).toMatch(/a note rejects it: study 2\.25\.\d+, patient GLIABRIDGE-CHECK/)
    }
    const found = await fetch(`${archive.url}/instances?PatientID=GLIABRIDGE-CHECK&includefield=Modality`)
    const modalities = ((await found.json()) as Record<string, { Value: string[] }>[]).map(
      (one) => one['00080060']?.Value[0],
    )
    expect(modalities.sort()).toEqual(['KO', 'OT'])
  })
})

describe('the EHR', () => {
  it('is asked, and says how the report is written and what was not tried', async () => {
    const { ok, lines } = await ehrOf(ehr.url)
    expect(ok, lines.join('\n')).toBe(true)
    expect(lines.join('\n')).toMatch(/written by transaction[\s\S]*untested: the rights to create, update and remove/)
  })

  it('names the address at which it answers', async () => {
    const { origin, pathname } = new URL(ehr.url)
    expect(pathname.length).toBeGreaterThan(1)
    const { ok, lines } = await ehrOf(origin)
    expect(ok).toBe(false)
    expect(lines.at(-1)).toBe(`ehr.url: the service answers at ${ehr.url}; write that instead of ${origin}`)
  })

  it('is written to and left as it was', async () => {
    const { ok, lines } = await ehrOf(ehr.url, true)
    expect(ok, lines.join('\n')).toBe(true)
    for (const type of [
      'Device',
      'ImagingStudy',
      'DiagnosticReport',
      'Observation',
      'RiskAssessment',
      'DocumentReference',
    ]) {
      expect(lines).toContain(`${type}: created, updated, removed`)
      const left = (await (await fetch(`${ehr.url}/${type}?_summary=count`)).json()) as {
        total?: number
        entry?: unknown[]
      }
      expect(left.total ?? left.entry?.length ?? 0).toBe(0)
    }
  })
})

describe('the machine', () => {
  it('names a database that is not there, and an address that is none', async () => {
    const dead = await run(() => checkStore({ dataDir: folder, databaseUrl: 'postgres://u:p@127.0.0.1:9/x' }, log))
    expect(dead.lines[0]).toMatch(/^DATABASE_UNREACHABLE: .*ECONNREFUSED/)
    const odd = await run(() => checkStore({ dataDir: folder, databaseUrl: 'mysql://u:secret@h/x' }, log))
    expect(odd.lines.join()).toContain('must begin with postgres://')
    expect(odd.lines.join()).not.toContain('secret')
  })

  it('names a data folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    const { ok, lines } = await run(() => checkStore({ dataDir: join(folder, 'file', 'data') }, log))
    expect(ok).toBe(false)
    expect(lines[0]).toMatch(/cannot be written \(ENOTDIR\)/)
  })

  it('names a folder for the images of the pages that cannot be written, whatever the database', async () => {
    const settings = (viewer: object) => {
      const { url } = site().pacs
      const systems = { identifierSystem: 'https://h.example/mrn', analysisSystem: 'https://h.example/analysis' }
      return parseSettings({ pacs: { url }, ehr: { url, ...systems }, viewer, store: { dataDir: folder } }, {})
    }
    const bad = await run(() => checkImages(settings({ folder: join(folder, 'file', 'images') })))
    expect([bad.ok, bad.lines[0]]).toEqual([
      false,
      expect.stringMatching(/viewer.folder .* cannot be written \(ENOTDIR\)/),
    ])
    const good = await run(() => checkImages(settings({})))
    expect([good.ok, good.lines[0]]).toEqual([true, expect.stringMatching(/images for 30 days, \d.* GiB free$/)])
    expect((await run(() => checkImages(settings({ keepDays: 0 })))).lines).toEqual([
      'none are kept (viewer.keepDays is 0)',
    ])
  })

  it('says how much room the data folder has', async () => {
    const { ok, lines } = await run(() => checkStore({ dataDir: join(folder, 'data') }, log))
    expect(ok).toBe(true)
    expect(lines[0]).toMatch(/\d GiB free$/)
  })

  it('names a port that another program has', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const outcome = run(() => checkPort({ host: '127.0.0.1', port }))
    // A program that says nothing must not make the check wait for ever.
    const { ok, lines } = await outcome
    taken.close()
    expect(ok).toBe(false)
    expect(lines[0]).toContain(`http.port ${port} is used by another program`)
    expect((await run(() => checkPort({ host: '127.0.0.1', port: 0 }))).ok).toBe(true)
  })

  it('opens the networks on a provider of the settings, and says why none does', async () => {
    const inference = site().inference
    const none = await run(() => checkInference({ ...inference, providers: ['cuda'] }, log))
    expect(none.ok).toBe(false)
    expect(none.lines[0]).toMatch(/^INFERENCE_UNAVAILABLE: cuda: /)
    const cpu = await run(() => checkInference({ ...inference, providers: ['cuda', 'cpu'] }, log))
    expect(cpu.ok).toBe(true)
    expect(cpu.lines).toEqual([
      expect.stringContaining('networks run on cpu'),
      expect.stringMatching(/^cuda is not used: /),
    ])
  }, 120_000)
})
