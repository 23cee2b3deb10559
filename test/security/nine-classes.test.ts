// Nine classes of holes that hospital software of this kind was found to have, each as a regression test by name.
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { EhrAuth } from '../../src/fhir/connection/auth-settings.ts'
import { createRecordStore } from '../../src/fhir/connection/client.ts'
import { createWebhookChannel } from '../../src/notices/client-webhook.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { EmbeddedDatabase } from '../../src/store/pglite.ts'
import { createWatchStore } from '../../src/store/watch.ts'
import { openDatabase } from '../support/database.ts'
import { quietLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'
import { delivered } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'
import { failedNotice } from '../support/sample-notice.ts'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, code: readFileSync(join(SRC, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '') }))

/** Every route of the service, with something in the place of its parameters. */
const routes = () => {
  const all = sampleApp().app.routes.filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
  return [
    ...new Map(
      all.map(({ method, path }) => [`${method} ${path}`, { method, path: path.replace(/:\w+/g, 'x1') }]),
    ).values(),
  ]
}

it('CSRF: no page of another site can change anything, on any route', async () => {
  const changing = routes().filter(({ method }) => method !== 'GET')
  expect(changing.length).toBeGreaterThan(5)
  for (const { method, path } of changing) {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
    ]) {
      const { app, calls } = sampleApp()
      const answer = await app.request(path, { method, headers, body: '{}' })
      expect([path, answer.status, calls]).toEqual([path, 403, []])
    }
  }
})

it('code evaluation: nothing turns text into code', () => {
  const evaluating = /\beval\s*\(|\bnew Function\b|from 'node:vm'|setTimeout\(\s*['"`]|setInterval\(\s*['"`]/
  expect(sources.length).toBeGreaterThan(300)
  expect(sources.filter(({ code }) => evaluating.test(code)).map(({ name }) => name)).toEqual([])
})

describe('SQL injection', () => {
  let db: EmbeddedDatabase
  beforeAll(async () => {
    db = await openDatabase()
  }, 120_000)
  afterAll(() => db?.close())

  it('hostile texts are kept as texts', async () => {
    const hostile = `x'); drop table gliabridge.analyses; -- \${1} $1 \\'`
    const analyses = createAnalysisStore(db, realClock)
    const watch = createWatchStore(db, realClock)
    await analyses.register({
      analysisId: hostile,
      studyInstanceUid: hostile,
      bundleId: hostile,
      bundleDigest: 'd',
      modelDigest: 'm',
      instanceSetDigest: 's',
    })
    expect((await analyses.byStudy(hostile)).map(({ bundleId }) => bundleId)).toEqual([hostile])
    await analyses.note(hostile, { kind: hostile, text: hostile })
    expect((await analyses.events(hostile)).at(-1)).toMatchObject({ kind: hostile, text: hostile })
    await watch.setCursor(hostile, hostile)
    expect(await watch.cursor(hostile)).toBe(hostile)
    await watch.addOwn([hostile])
    expect([...(await watch.isOwn([hostile, 'other']))]).toEqual([hostile])
    expect((await analyses.list({})).length).toBe(1)
  }, 120_000)
})

it('command injection: other programs are our own, started without a shell', () => {
  const starters = sources.flatMap(({ name, code }) =>
    [...code.matchAll(/import\s*\{([^}]*)\}\s*from\s*'node:child_process'/g)].map(([, names]) => ({
      name,
      names: names!,
    })),
  )
  expect(starters.length).toBeGreaterThan(0)
  for (const { name, names } of starters) {
    const taken = names
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '' && !one.startsWith('type '))
    expect([name, taken]).toEqual([name, ['fork']])
  }
})

it('path traversal: no address leads out of what is served', async () => {
  const { app } = sampleApp()
  const secret = '"devDependencies"'
  for (const path of [
    '/assets/fonts/..%2f..%2f..%2f/x/package.json',
    '/assets/fonts/noto-sans/..%2f..%2f/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/analyses/..%2f..%2fpackage.json',
    '/analyses/..%5c..%5cpackage.json/report.pdf',
  ]) {
    const answer = await app.request(path)
    expect([400, 404], path).toContain(answer.status)
    expect(await answer.text()).not.toContain(secret)
  }
})

it('cross-site scripting: what images and people say is text on every page', async () => {
  const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(2)>`
  const { app, change } = sampleApp()
  const { patient, study } = delivered.summary!
  change({
    ...delivered,
    summary: {
      ...delivered.summary,
      patient: { ...patient!, patientName: hostile, patientId: hostile },
      study: { ...study!, studyDescription: hostile },
    },
  })
  for (const path of ['/', `/analyses/${delivered.analysisId}`]) {
    const answer = await app.request(path)
    const page = await answer.text()
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('<img src=x')
    expect(page).toContain('&lt;script&gt;')
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'")
  }
})

it('missing authentication: every route but probes and public keys asks for the token', async () => {
  const { app } = sampleApp({ token: 'secret' })
  const open: string[] = []
  for (const { method, path } of routes()) {
    const answer = await app.request(path, { method, ...(method === 'GET' ? {} : { body: '{}' }) })
    if (answer.status !== 401) open.push(path)
  }
  expect([...new Set(open)].sort()).toEqual(['/.well-known/jwks.json', '/healthz', '/readyz'])
})

describe('server-side request forgery', () => {
  it('a link that the EHR gives to another place is not followed, and gets no credentials', async () => {
    for (const next of [
      'http://169.254.169.254/latest/meta-data',
      'https://ehr.example.evil.example/fhir?page=2',
      'file:///etc/passwd',
    ]) {
      const asked: string[] = []
      const send: typeof fetch = async (input) => {
        asked.push(String(input))
        return Response.json({ resourceType: 'Bundle', type: 'searchset', link: [{ relation: 'next', url: next }] })
      }
      const store = createRecordStore({
        url: 'https://ehr.example/fhir',
        auth: { type: 'bearer', token: 't' },
        timeoutMs: 1000,
        fetch: send,
      })
      await expect(store.search('Patient', 'identifier', ['a|b'])).rejects.toMatchObject({ code: 'EHR_ERROR' })
      expect(asked.map((url) => new URL(url).origin)).toEqual(['https://ehr.example'])
    }
  })

  it('addresses in the metadata of images are never asked', async () => {
    const asked: string[] = []
    const elsewhere = 'http://169.254.169.254/bulk'
    const send: typeof fetch = async (input) => {
      asked.push(String(input))
      return Response.json(
        [
          {
            '0020000D': { vr: 'UI', Value: ['1.2'] },
            '0020000E': { vr: 'UI', Value: ['1.2.3'] },
            '00080018': { vr: 'UI', Value: ['1.2.3.4'] },
            '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.4'] },
            '00080060': { vr: 'CS', Value: ['MR'] },
            '00081190': { vr: 'UR', Value: [elsewhere] },
            '7FE00010': { vr: 'OW', BulkDataURI: elsewhere },
          },
        ],
        { headers: { 'content-type': 'application/dicom+json' } },
      )
    }
    const url = 'https://pacs.example/dicom-web'
    const archive = createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 1000, log: quietLog, fetch: send })
    await archive.retrieveMetadata('1.2').catch(() => undefined)
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked.map((one) => new URL(one).origin))).toEqual(new Set(['https://pacs.example']))
  })

  it('a redirect of the archive is an answer, and no way to elsewhere', async () => {
    const asked: (string | undefined)[] = []
    const send: typeof fetch = async (_input, init) => {
      asked.push(init?.redirect)
      return new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } })
    }
    const archive = createDicomWebClient({
      url: 'https://pacs.example/dicom-web',
      auth: { type: 'none' },
      timeoutMs: 1000,
      log: quietLog,
      fetch: send,
    })
    await expect(archive.searchStudies({ from: '20260101' })).rejects.toMatchObject({ code: 'ARCHIVE_NOT_DICOMWEB' })
    expect(new Set(asked)).toEqual(new Set(['manual']))
  })
})

describe('a redirect of a peer leads nowhere', () => {
  const visits: string[] = []
  const servers: Server[] = []
  const listen = async (answer: RequestListener) => {
    const server = createServer(answer)
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  let peer: string
  beforeAll(async () => {
    const inside = await listen((request, response) => {
      visits.push(request.url ?? '')
      response.writeHead(200, { 'content-type': 'application/fhir+json' })
      response.end(
        JSON.stringify({ resourceType: 'Bundle', type: 'searchset', access_token: 't', token_type: 'Bearer' }),
      )
    })
    peer = await listen((request, response) => {
      // 307 keeps method and body: it would take a secret or a notice along.
      response.writeHead(307, { location: inside + request.url }).end()
    })
  })
  afterAll(() => {
    for (const server of servers) server.close()
  })
  const record = (auth: EhrAuth) => createRecordStore({ url: `${peer}/fhir`, auth, timeoutMs: 5000, fetch })

  it.each<[string, () => Promise<unknown>]>([
    ['the EHR', () => record({ type: 'bearer', token: 't' }).search('Patient', 'identifier', ['a|b'])],
    [
      'its token endpoint',
      () => {
        const auth = {
          type: 'client-credentials',
          clientId: 'g',
          clientSecret: 's',
          tokenUrl: `${peer}/token`,
        } as const
        return record(auth).search('Patient', 'identifier', ['a|b'])
      },
    ],
    [
      'its SMART configuration',
      () =>
        record({ type: 'client-credentials', clientId: 'g', clientSecret: 's' }).search('Patient', 'identifier', [
          'a|b',
        ]),
    ],
    [
      'a receiver of notices',
      () =>
        createWebhookChannel({ url: peer, secret: 's' }, { detail: 'link', publicUrl: 'https://glioma.example' }).send(
          failedNotice,
          new Map(),
        ),
    ],
  ])('%s', async (_, ask) => {
    await expect(ask()).rejects.toThrow()
    expect(visits).toEqual([])
  })
})

it('hostile bodies: prototypes stay as they are, and what is too large is not read', async () => {
  const { app, calls } = sampleApp()
  const review = (body: string) =>
    app.request(`/api/analyses/${delivered.analysisId}/review`, {
      method: 'POST',
      headers: { 'idempotency-key': 'key-00001' },
      body,
    })
  expect((await review('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')).status).toBe(
    400,
  )
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  expect((await review(`{"reason": "${'x'.repeat(520 * 1024)}"}`)).status).toBe(413)
  expect(calls).toEqual([])
})
