// Settings: every problem at once, secrets only by reference, the environment over the file, and the generated files in config.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { unreadable } from '../../src/domain/unreadable.ts'
import { environmentVariables } from '../../src/settings/environment.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { readSettings } from '../../src/settings/read.ts'
import { settingsReference } from '../../src/settings/reference.ts'
import { settingsJsonSchema } from '../../src/settings/schema.ts'
import type { Environment } from '../../src/settings/schema-parts.ts'

const least = {
  pacs: { url: 'https://pacs.example/dicom-web/' },
  ehr: {
    url: 'https://ehr.example/fhir',
    identifierSystem: 'urn:oid:1.2.3',
    analysisSystem: 'https://hospital.example/analysis',
  },
}

function problems(raw: unknown, env: Environment = {}): string[] {
  try {
    parseSettings(raw, env)
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe('SETTINGS_INVALID')
    return (error as AppError).message
      .split('\n')
      .slice(1)
      .map((line) => line.slice(2))
  }
  return []
}

interface Node {
  properties?: Record<string, Node>
}

/** The paths of all settings; a secret is one, though a reference has two keys. */
function leaves({ properties }: Node, path: string[] = []): string[] {
  if (!properties || (properties.env && properties.file)) return [path.join('.')]
  return Object.entries(properties).flatMap(([key, child]) => leaves(child, [...path, key]))
}

describe('parseSettings', () => {
  it('fills in defaults', () => {
    const settings = parseSettings(least, {})
    expect(settings.pacs).toEqual({
      url: 'https://pacs.example/dicom-web',
      auth: { type: 'none' },
      timeoutMs: 60_000,
      maxAttempts: 12,
      poll: { intervalSeconds: 30, lookBackDays: 1 },
      changeFeed: { type: 'none' },
      settleSeconds: 600,
      settleAtMostSeconds: 14_400,
    })
    expect(settings.http).toMatchObject({ host: '127.0.0.1', port: 8080 })
    expect(settings.store).toEqual({ dataDir: 'data' })
  })

  it('reports every problem at once, each with its path and what to do, and repeats no value', () => {
    const raw = {
      pacs: { ulr: 'x', url: 'ftp://x', auth: { type: 'basic', username: 'u', password: 'geheim' }, timeoutMs: '5' },
      ehr: { url: 'http://u:geheim@x', auth: { type: 'magic' }, identifierSystem: 'abc' },
      erh: {},
      http: { port: 70_000, frameAncestors: ['everyone'] },
      inference: { providers: ['gpu'], threads: 1.5 },
      series: { reference: 'T9', overrides: { T1: '(', T7: 'x' } },
      writeBack: { pdf: 'yes' },
      institution: [],
    }
    const found = problems(raw)
    expect(found.sort()).toEqual(
      [
        'pacs.url must be a URL that begins with http:// or https://',
        'pacs.auth.password must be a reference like {"env": "NAME_OF_THE_VARIABLE"} or {"file": "/path/to/it"}; secrets do not stand in the file',
        'pacs.timeoutMs must be a whole number',
        'pacs.ulr is not a setting; did you mean pacs.url?',
        'ehr.url must not hold a user or password; use auth',
        'ehr.auth.type must have a known "type"',
        'ehr.identifierSystem must be an absolute URI (http, https or urn) without spaces, "|" or ","',
        'ehr.analysisSystem is missing',
        'erh is not a setting; did you mean ehr?',
        'http.port must be at most 65535',
        "http.frameAncestors.0 must be 'self', 'none' or an origin",
        'inference.providers.0 must be one of cuda, tensorrt, webgpu, cpu',
        'inference.threads must be a whole number',
        'series.reference must be one of T1, T1c, T2, FLAIR',
        'series.overrides.T1 must be a regular expression',
        'series.overrides.T7 is not a setting',
        'writeBack.pdf must be true or false',
        'institution must be an object',
      ].sort(),
    )
    expect(found.join()).not.toContain('geheim')
  })

  it('names what is missing, also when a whole section is', () => {
    expect(problems({})).toEqual([
      'pacs.url is missing',
      'ehr.url is missing',
      'ehr.identifierSystem is missing',
      'ehr.analysisSystem is missing',
    ])
    expect(problems(null)).toEqual(['the file must be an object'])
    expect(problems({ ...least, pacs: 5 })).toEqual(['pacs must be an object'])
  })

  it('takes secrets from the environment and says which variable is not set', () => {
    const raw = { ...least, pacs: { ...least.pacs, auth: { type: 'bearer', token: { env: 'PACS_TOKEN' } } } }
    expect(parseSettings(raw, { PACS_TOKEN: ' s3cret ' }).pacs.auth).toEqual({ type: 'bearer', token: ' s3cret ' })
    for (const env of [{}, { PACS_TOKEN: '' }]) {
      expect(problems(raw, env)).toEqual([
        'pacs.auth.token names the environment variable PACS_TOKEN, which is not set',
      ])
    }
  })

  it('serves other machines only with a token, or when told that a proxy authenticates', () => {
    const open = { ...least, http: { host: '0.0.0.0' } }
    expect(problems(open)).toEqual([expect.stringContaining('http.token is needed')])
    expect(problems({ http: open.http })).toEqual([
      'pacs.url is missing',
      'ehr.url is missing',
      'ehr.identifierSystem is missing',
      'ehr.analysisSystem is missing',
      expect.stringContaining('http.token is needed'),
    ])
    expect(parseSettings(open, { GLIABRIDGE_HTTP_TOKEN: 't' }).http.token).toBe('t')
    expect(parseSettings(open, { GLIABRIDGE_HTTP_ALLOW_UNAUTHENTICATED: 'true' }).http.allowUnauthenticated).toBe(true)
    for (const host of ['localhost', '127.0.0.1', '::1']) expect(problems({ ...least, http: { host } })).toEqual([])
  })
})

describe('the environment', () => {
  it('goes over the file, by names that follow the paths', () => {
    const settings = parseSettings(
      { ...least, http: { port: 1 } },
      {
        GLIABRIDGE_HTTP_PORT: '8081',
        GLIABRIDGE_INFERENCE_PROVIDERS: 'cuda, cpu',
        GLIABRIDGE_WRITE_BACK_PDF: 'false',
        GLIABRIDGE_STORE_DATA_DIR: '/data',
        GLIABRIDGE_PACS_POLL_INTERVAL_SECONDS: '5',
        GLIABRIDGE_EHR_URL: '',
        DATABASE_URL: 'postgres://db/x',
      },
    )
    expect(settings.http.port).toBe(8081)
    expect(settings.inference.providers).toEqual(['cuda', 'cpu'])
    expect(settings.writeBack.pdf).toBe(false)
    expect(settings.store).toEqual({ dataDir: '/data', databaseUrl: 'postgres://db/x' })
    expect(settings.pacs.poll.intervalSeconds).toBe(5)
    expect(settings.ehr.url).toBe('https://ehr.example/fhir')
  })

  it('takes objects as JSON, and refuses what is none', () => {
    const env = {
      GLIABRIDGE_SERIES_OVERRIDES: '{"T1c": "mprage.*gd"}',
      GLIABRIDGE_EHR_AUTH: '{"type": "bearer", "token": {"env": "T"}}',
      T: 't',
    }
    const { series, ehr } = parseSettings(least, env)
    expect([series.overrides, ehr.auth]).toEqual([{ T1c: 'mprage.*gd' }, { type: 'bearer', token: 't' }])
    expect(problems(least, { GLIABRIDGE_SERIES_OVERRIDES: 'T1c=x' })).toEqual([
      expect.stringContaining('series.overrides must be'),
    ])
  })

  it('chooses GPUs by index, each once, for the providers that have an index', () => {
    const of = (inference: object) => ({ ...least, inference })
    expect(problems(of({ providers: ['webgpu', 'cpu'], gpus: [0] }))).toEqual([
      'inference.gpus needs cuda or tensorrt in inference.providers: the others choose their device by themselves',
    ])
    expect(problems(of({ providers: ['cuda'], gpus: [1, 1] }))).toEqual(['inference.gpus must name each GPU once'])
    expect(problems(of({ providers: ['cuda'], gpus: [] }))).toEqual(['inference.gpus must name at least one'])
    expect(problems(of({ providers: ['cuda'], gpus: [3, 0] }))).toEqual([])
  })

  it('is enough by itself', () => {
    const settings = parseSettings(
      {},
      {
        GLIABRIDGE_PACS_URL: 'http://pacs',
        GLIABRIDGE_PACS_USERNAME: 'u',
        GLIABRIDGE_PACS_PASSWORD: 'p',
        GLIABRIDGE_EHR_URL: 'http://ehr',
        GLIABRIDGE_EHR_TOKEN: 't',
        GLIABRIDGE_EHR_IDENTIFIER_SYSTEM: 'urn:oid:1.2',
        GLIABRIDGE_EHR_ANALYSIS_SYSTEM: 'urn:oid:1.3',
      },
    )
    expect(settings.pacs.auth).toEqual({ type: 'basic', username: 'u', password: 'p' })
    expect(settings.ehr.auth).toEqual({ type: 'bearer', token: 't' })
  })

  it('is refused like the file when it does not fit', () => {
    expect(problems(least, { GLIABRIDGE_HTTP_PORT: 'eighty', GLIABRIDGE_WRITE_BACK_PDF: 'yes' })).toEqual([
      'http.port must be a whole number',
      'writeBack.pdf must be true or false',
    ])
  })

  it('has a variable for every setting: each one of the schema can be given by it', () => {
    const schema = settingsJsonSchema() as Node
    const paths = leaves(schema).filter((path) => path !== '$schema')
    expect(environmentVariables().map(({ path }) => path.join('.'))).toEqual(paths)
    const given = {
      GLIABRIDGE_INFERENCE_PROVIDERS: 'cuda,cpu',
      GLIABRIDGE_INFERENCE_GPUS: '0, 2',
      GLIABRIDGE_HTTP_HOOK_SECRET: 'hook',
      GLIABRIDGE_HTTP_PUBLIC_URL: 'https://g.example',
      GLIABRIDGE_ACCESS_SMART: '[{"issuer": "https://ehr.example/fhir", "clientId": "g"}]',
      GLIABRIDGE_RULES_EXCLUDE: '[{"attribute": "StudyDescription", "matches": "phantom", "reason": "a phantom"}]',
      GLIABRIDGE_MONITORING_STOP_RULES: '[{"head": "grade", "measure": "holds", "above": 0.2, "cases": 20}]',
    }
    const settings = parseSettings(least, given)
    expect(settings.inference).toMatchObject({ providers: ['cuda', 'cpu'], gpus: [0, 2] })
    expect(settings.http.hookSecret).toBe('hook')
    expect(settings.access.smart).toMatchObject([{ clientId: 'g' }])
    expect(settings.rules.exclude).toMatchObject([{ matches: 'phantom' }])
    expect(settings.monitoring.stopRules).toMatchObject([{ above: 0.2 }])
    expect(problems(least, { ...given, GLIABRIDGE_INFERENCE_GPUS: '0,x', GLIABRIDGE_ACCESS_SMART: '[' })).toEqual([
      expect.stringMatching(/^inference\.gpus\.1 must be a whole number/),
      expect.stringMatching(/^access\.smart must be/),
    ])
  })

  it('has one description per variable', () => {
    const variables = environmentVariables()
    expect(variables.length).toBeGreaterThan(20)
    for (const { name, description } of variables) expect(description, name).not.toBe('')
    expect(new Set(variables.map(({ name }) => name)).size).toBe(variables.length)
  })
})

describe('readSettings', () => {
  it('says what is wrong with the file, and quotes nothing of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gliabridge-settings-'))
    try {
      const file = join(folder, 'site.json')
      await expect(readSettings(file, {})).rejects.toMatchObject({
        code: 'SETTINGS_INVALID',
        message: `the settings file ${file} does not exist (ENOENT)`,
      })
      await writeFile(file, '{\n  "pacs": "geheim"\n  "ehr": 1\n}')
      const error = await readSettings(file, {}).catch((thrown: AppError) => thrown)
      expect(error).toMatchObject({ code: 'SETTINGS_INVALID' })
      expect((error as AppError).message).toMatch(/not valid JSON \(line 3 column \d+\)$/)
      await writeFile(file, '{ "pacs": geheim }')
      await expect(readSettings(file, {})).rejects.toThrow(/^(?!.*geheim).* is not valid JSON$/)
      await writeFile(file, JSON.stringify(least))
      expect((await readSettings(undefined, { GLIABRIDGE_CONFIG: file })).pacs.url).toBe(
        'https://pacs.example/dicom-web',
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('secrets from files', () => {
  it('are read from what the settings or a variable names, without the line end, and named when they cannot be', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gliabridge-secrets-'))
    const [file, password, missing] = ['site.json', 'password', 'missing'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const withPassword = (path: string) => ({
      ...least,
      pacs: { ...least.pacs, auth: { type: 'basic', username: 'u', password: { file: path } } },
    })
    try {
      await writeFile(password, ' s3cret \n')
      await writeFile(file, JSON.stringify(withPassword(password)))
      expect((await readSettings(file, {})).pacs.auth).toMatchObject({ password: ' s3cret ' })
      await writeFile(file, JSON.stringify(withPassword(missing)))
      await expect(readSettings(file, {})).rejects.toThrow(
        `pacs.auth.password names a file: ${missing} does not exist (ENOENT)`,
      )
      await writeFile(file, JSON.stringify(withPassword(folder)))
      await expect(readSettings(file, {})).rejects.toThrow(`${folder} is a folder, not a file (EISDIR)`)
      await writeFile(missing, '\n')
      await writeFile(file, JSON.stringify(withPassword(missing)))
      await expect(readSettings(file, {})).rejects.toThrow(
        `pacs.auth.password names the file ${missing}, which is empty`,
      )
      await rm(missing)

      await writeFile(file, JSON.stringify(least))
      const read = await readSettings(file, {
        GLIABRIDGE_PACS_USERNAME: 'u',
        GLIABRIDGE_PACS_PASSWORD_FILE: password,
        GLIABRIDGE_HTTP_TOKEN_FILE: password,
      })
      expect([read.pacs.auth, read.http.token]).toEqual([
        { type: 'basic', username: 'u', password: ' s3cret ' },
        ' s3cret ',
      ])
      await expect(readSettings(file, { DATABASE_URL_FILE: missing })).rejects.toThrow(
        `DATABASE_URL_FILE names a file: ${missing} does not exist (ENOENT)`,
      )
      await expect(readSettings(file, { DATABASE_URL: 'x', DATABASE_URL_FILE: password })).rejects.toThrow(
        'are both set',
      )
      // A variable that holds JSON may name a file, as the settings file may.
      const auth = JSON.stringify({ type: 'bearer', token: { file: password } })
      expect((await readSettings(file, { GLIABRIDGE_EHR_AUTH: auth })).ehr.auth).toEqual({
        type: 'bearer',
        token: ' s3cret ',
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

it('names file, user and reason where a file may not be read, and what to do', () => {
  const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  expect(unreadable('/run/secrets/pacs', refused, 'gliabridge')).toBe(
    '/run/secrets/pacs may not be read by gliabridge (EACCES): give that user the right to read the file and to enter its folders',
  )
  expect(unreadable('/x', Object.assign(new Error(), { code: 'EIO' }))).toBe('/x cannot be read (EIO)')
})

// Root may read everything: the refusal is real where the tests run as another user.
it.skipIf(process.getuid?.() === 0)('names the user of this process where the system refuses a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-secrets-'))
  try {
    const secret = join(folder, 'secret')
    await writeFile(secret, 's', { mode: 0 })
    await expect(readSettings(undefined, { GLIABRIDGE_PACS_PASSWORD_FILE: secret })).rejects.toThrow(
      `GLIABRIDGE_PACS_PASSWORD_FILE names a file: ${secret} may not be read by ${userInfo().username} (EACCES)`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

describe('access', () => {
  const oidc = { issuer: 'https://login.example/realms/clinic', clientId: 'g', roles: { reviewer: ['radiology'] } }
  const http = { publicUrl: 'https://glioma.example' }
  const parse = (access: unknown, more: object = { http }) => parseSettings({ ...least, ...more, access }, {})

  it('opens other machines to people who sign in, without a token', () => {
    expect(parse({ oidc }, { http: { ...http, host: '0.0.0.0' } }).access).toMatchObject({
      oidc,
      idleMinutes: 30,
      hours: 10,
    })
  })

  it.each([
    ['no address of ours', { oidc }, {}, 'http.publicUrl is needed for access'],
    [
      'an address of ours by http',
      { oidc },
      { http: { publicUrl: 'http://glioma.example' } },
      'http.publicUrl must begin with https',
    ],
    [
      'a provider by http',
      { oidc: { ...oidc, issuer: 'http://login.example' } },
      { http },
      'access.oidc.issuer must begin with https',
    ],
    [
      'a provider that gives nobody a role',
      { oidc: { ...oidc, roles: {} } },
      { http },
      'access.oidc.roles must give somebody a role',
    ],
    [
      'one EHR twice',
      { smart: [1, 2].map(() => ({ issuer: 'https://ehr.example/fhir', clientId: 'g' })) },
      { http },
      'access.smart must name each issuer once',
    ],
    [
      'an unknown role',
      { smart: [{ issuer: 'https://ehr.example/fhir', clientId: 'g', roles: ['root'] }] },
      { http },
      'must be one of viewer, reviewer',
    ],
    [
      'opinions of people whom nobody knows',
      {},
      { review: { ownOpinionFirst: true } },
      'review.ownOpinionFirst needs people who sign in',
    ],
  ])('refuses %s', (_, access, more, message) => {
    expect(() => parse(access, more)).toThrow(message)
  })
})

describe('config', () => {
  const config = (name: string) => new URL(`../../config/${name}`, import.meta.url)

  it('has every default in default.json (regenerate with vitest -u)', async () => {
    const { pacs, ehr, ...rest } = parseSettings(least, {})
    const { url: _pacs, ...pacsDefaults } = pacs
    const { url: _ehr, identifierSystem: _id, analysisSystem: _analysis, ...ehrDefaults } = ehr
    const text = `${JSON.stringify({ pacs: pacsDefaults, ehr: ehrDefaults, ...rest }, null, 2)}\n`
    await expect(text).toMatchFileSnapshot(config('default.json').pathname)
  })

  it('has the JSON schema that editors use (regenerate with vitest -u)', async () => {
    await expect(`${JSON.stringify(settingsJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      config('settings.schema.json').pathname,
    )
  })

  it('has the reference of all settings in docs/settings.md (regenerate with vitest -u)', async () => {
    const reference = settingsReference()
    for (const { name, path } of environmentVariables()) {
      expect(reference).toContain(`\`${name}\``)
      expect(reference).toContain(`\`${path.join('.')}\``)
    }
    await expect(reference).toMatchFileSnapshot(new URL('../../docs/settings.md', import.meta.url).pathname)
  })

  it('has an example that a site can start from', async () => {
    const example: unknown = JSON.parse(await readFile(config('site.example.json'), 'utf8'))
    const env = {
      GLIABRIDGE_PACS_PASSWORD: 'a',
      GLIABRIDGE_EHR_CLIENT_SECRET: 'b',
      GLIABRIDGE_HTTP_TOKEN: 'c',
      DATABASE_URL: 'postgres://x',
    }
    expect(parseSettings(example, env).http.token).toBe('c')
    expect(problems(example)).toHaveLength(4)
  })
})

it.each([
  [{ pol: {} }, 'pacs.pol is not a setting; did you mean pacs.poll?'],
  [{ ulr: 'x' }, 'pacs.ulr is not a setting; did you mean pacs.url?'],
  [{ foo: 1 }, 'pacs.foo is not a setting'],
  [{ timeoutms: 1 }, 'pacs.timeoutms is not a setting; did you mean pacs.timeoutMs?'],
])('names the setting that was most likely meant, and none by chance: %j', (wrong, message) => {
  expect(problems({ ...least, pacs: { ...least.pacs, ...wrong } })).toEqual([message])
})
