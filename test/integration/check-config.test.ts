// check-config --write against real servers: what it says of the rights, and what of nobody is left; repeated, and with a wrong password.
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcomeOf } from '../../src/cli/checks/check.ts'
import { checkStore } from '../../src/cli/checks/database.ts'
import { checkEhr } from '../../src/cli/checks/ehr.ts'
import { checkArchive } from '../../src/cli/checks/pacs.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { HAPI_START_MS, HOW_TO_INSTALL, hapiJars, startHapi } from '../support/hapi.ts'
import { startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { quietLog } from '../support/quiet-log.ts'

function site({ pacs = {}, ehr = {} }: { pacs?: object; ehr?: object }, environment: Record<string, string> = {}) {
  const raw = {
    pacs: { url: 'http://127.0.0.1:9/dicom-web', ...pacs },
    ehr: {
      url: 'http://127.0.0.1:9/fhir',
      identifierSystem: 'https://h.example/mrn',
      analysisSystem: 'https://h.example/analysis',
      ...ehr,
    },
  }
  return parseSettings(raw, environment)
}

describe('Orthanc', () => {
  let orthanc: TestOrthanc
  beforeAll(async () => {
    orthanc = await startOrthanc()
  }, 120_000)
  afterAll(() => orthanc?.close())

  const check = (password: string, url = orthanc.url) => {
    const auth = { type: 'basic', username: orthanc.username, password: { env: 'PACS_PASSWORD' } }
    const settings = site({ pacs: { url, auth } }, { PACS_PASSWORD: password })
    const run = () => checkArchive(settings, 'UTC', { write: true, log: quietLog })
    return outcomeOf({ name: 'PACS', run })
  }

  it('names the missing /dicom-web, though an empty Orthanc answers as well without it', async () => {
    const { ok, lines } = await check(orthanc.password, orthanc.restUrl)
    expect([ok, lines.at(-1)]).toEqual([false, expect.stringContaining(`the service answers at ${orthanc.url};`)])
  })

  it('takes an object of nobody; its DICOMweb plugin removes nothing, so a note rejects it, once however often it is asked', async () => {
    for (let round = 0; round < 2; round++) {
      const { ok, lines } = await check(orthanc.password)
      expect(ok).toBe(true)
      expect(lines).toContain('the right to store: a picture of nobody was stored and read back')
      expect(lines.at(-1)).toMatch(
        /^it cannot be removed \(ARCHIVE_\w+\); a note rejects it: study [\d.]+, patient GLIABRIDGE-CHECK$/,
      )
    }
    const authorization = `Basic ${Buffer.from(`${orthanc.username}:${orthanc.password}`).toString('base64')}`
    const left = async (what: string) => {
      const answer = await fetch(`${orthanc.restUrl}/${what}`, { headers: { authorization } })
      return ((await answer.json()) as string[]).length
    }
    expect([await left('patients'), await left('studies'), await left('instances')]).toEqual([1, 1, 2])
  })

  it('refuses a wrong password, which is named', async () => {
    const { ok, lines } = await check('wrong')
    expect([ok, lines[0]]).toEqual([false, expect.stringMatching(/^ARCHIVE_AUTH: /)])
  })
})

const jars = hapiJars()
describe.skipIf(!jars)(`HAPI FHIR (${HOW_TO_INSTALL})`, () => {
  let hapi: Awaited<ReturnType<typeof startHapi>>
  beforeAll(async () => {
    hapi = await startHapi(jars!)
  }, HAPI_START_MS)
  afterAll(() => hapi?.close())

  it('takes each type that a report is made of, and keeps nothing', async () => {
    const settings = site({
      ehr: { url: hapi.url, timeoutMs: 300_000, images: { keyImages: true }, orders: { notify: 'task' } },
    })
    for (let round = 0; round < 2; round++) {
      const { ok, lines } = await outcomeOf({ name: 'EHR', run: () => checkEhr(settings, { write: true }) })
      expect([ok, lines]).toEqual([true, expect.arrayContaining(['Patient is searched by identifier'])])
      for (const type of [
        'Device',
        'DiagnosticReport',
        'ImagingStudy',
        'Observation',
        'RiskAssessment',
        'Media',
        'Task',
      ])
        expect(lines).toContain(`${type}: created, updated, removed`)
    }
    for (const type of ['DiagnosticReport', 'Media', 'Observation']) {
      const answer = await fetch(`${hapi.url}/${type}?_summary=count`, { headers: { 'cache-control': 'no-cache' } })
      expect([type, ((await answer.json()) as { total: number }).total]).toEqual([type, 0])
    }
  }, 300_000)
})

describe('PostgreSQL', () => {
  let postgres: TestPostgres
  let url: URL
  beforeAll(async () => {
    postgres = await startPostgres()
    url = new URL(await postgres.createDatabase())
    const admin = new pg.Client(url.href)
    await admin.connect()
    // A user who is asked for a password, and who may connect and nothing else.
    await admin.query("create role guest login password 'right'")
    const { rows } = await admin.query<{ hba_file: string }>('show hba_file')
    const rules = await readFile(rows[0]!.hba_file, 'utf8')
    await writeFile(rows[0]!.hba_file, `host all guest 127.0.0.1/32 scram-sha-256\n${rules}`)
    await admin.query('select pg_reload_conf()')
    await admin.end()
  }, 120_000)
  afterAll(() => postgres?.close())

  const check = (change: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>) => {
    const databaseUrl = Object.assign(new URL(url), change).href
    return outcomeOf({ name: 'state', run: () => checkStore({ dataDir: tmpdir(), databaseUrl }, quietLog) })
  }

  it('is taken as it is, and each refusal is named with what to do, and without the password', async () => {
    expect((await check({})).ok).toBe(true)
    const refusals: [Parameters<typeof check>[0], RegExp][] = [
      [{ username: 'guest', password: 'wrong-one' }, /^DATABASE_REFUSED: .*password.*28P01/],
      [{ username: 'guest', password: 'right' }, /^DATABASE_REFUSED: the user may not create the schemas/],
      [{ username: 'nobody' }, /^DATABASE_REFUSED: .*28000/],
      [{ pathname: '/elsewhere' }, /^DATABASE_REFUSED: .*3D000/],
    ]
    for (const [change, message] of refusals) {
      const { ok, lines } = await check(change)
      expect([ok, lines[0]]).toEqual([false, expect.stringMatching(message)])
      expect(lines.join('\n')).toMatch(/Correct DATABASE_URL, or grant the right/)
      expect(lines.join('\n')).not.toContain('wrong-one')
    }
  })
})
