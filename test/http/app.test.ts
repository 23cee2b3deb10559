// The HTTP side, driven in process: answers, problems, headers, access, live updates; and once through a socket.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { StudyStage } from '../../src/domain/study-stage.ts'
import { serve } from '../../src/http/serve.ts'
import { ASSET_PATHS } from '../../src/web/assets.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { delivered, delivering, held, running, waiting } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'

/** Body as JSON, of which a test asks what it expects. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is under test
const jsonOf = (answer: Response): Promise<any> => answer.json()
const HTML = { headers: { accept: 'text/html' } }
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const basic = (password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`someone:${password}`).toString('base64')}` },
})

describe('pages and files', () => {
  it('serves worklist, study page, report and segmentation', async () => {
    const { app } = sampleApp()
    const list = await app.request('/')
    expect(list.status).toBe(200)
    expect(await list.text()).toContain('Müller-Lüdenscheid')
    const page = await app.request(`/analyses/${delivered.analysisId}`)
    expect(await page.text()).toContain('<h1>Müller-Lüdenscheid, Käthe Maria</h1>')
    const pdf = await app.request(`/analyses/${delivered.analysisId}/report.pdf`)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(await pdf.text()).toBe('%PDF-1.4 sample')
    const seg = await app.request(`/analyses/${delivered.analysisId}/segmentation.dcm`)
    expect(seg.headers.get('content-disposition')).toBe('attachment; filename="segmentation-00000000.dcm"')
    expect((await seg.arrayBuffer()).byteLength).toBe(32)
  })

  it('filters by state', async () => {
    const { app } = sampleApp()
    const text = await (await app.request('/?state=held')).text()
    expect(text).toContain('Fernández')
    expect(text).not.toContain('Müller')
  })

  it('links to the viewer of the hospital by study UID alone', async () => {
    const { app } = sampleApp({ viewerUrl: 'https://viewer.example/?u={studyInstanceUid}' })
    const text = await (await app.request(`/analyses/${delivered.analysisId}`)).text()
    expect(text).toContain(`href="https://viewer.example/?u=${delivered.studyInstanceUid}"`)
  })

  it('lets assets be kept for ever and pages not at all', async () => {
    const { app } = sampleApp()
    for (const path of Object.values(ASSET_PATHS)) {
      const answer = await app.request(path)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toContain('immutable')
    }
    for (const path of ['/', '/api/analyses', `/analyses/${delivered.analysisId}/report.pdf`]) {
      expect((await app.request(path)).headers.get('cache-control')).toBe('no-store')
    }
  })

  it('releases a hold by a form, twice without harm', async () => {
    const { app, calls, records } = sampleApp()
    for (let i = 0; i < 2; i += 1) {
      const answer = await app.request(`/analyses/${held.analysisId}/resolve`, { method: 'POST' })
      expect(answer.status).toBe(303)
      expect(answer.headers.get('location')).toBe(`/analyses/${held.analysisId}`)
    }
    expect(calls).toEqual([`resolve ${held.analysisId}`, `resolve ${held.analysisId}`])
    expect(records.get(held.analysisId)?.state).toBe('queued')
  })
})

describe('the API', () => {
  it('lists, shows, and tells the history', async () => {
    const { app } = sampleApp()
    const list = await jsonOf(await app.request('/api/analyses?state=delivered&limit=1'))
    expect(list.analyses.map((record: { analysisId: string }) => record.analysisId)).toEqual([delivered.analysisId])
    expect(list.counts).toMatchObject({ delivered: 2, held: 1 })
    expect(await jsonOf(await app.request(`/api/analyses/${held.analysisId}`))).toEqual(held)
    const { events } = await jsonOf(await app.request(`/api/analyses/${held.analysisId}/events`))
    expect(events.at(-1).data).toEqual({ from: 'running', to: 'held' })
  })

  it('releases, tries again and replays', async () => {
    const { app, calls } = sampleApp()
    const post = (path: string) => app.request(path, { method: 'POST' })
    expect((await jsonOf(await post(`/api/analyses/${held.analysisId}/resolve`))).state).toBe('queued')
    expect((await post(`/api/analyses/${delivering.analysisId}/retry`)).status).toBe(200)
    expect((await post(`/api/analyses/${delivered.analysisId}/replay`)).status).toBe(200)
    expect(calls).toEqual([
      `resolve ${held.analysisId}`,
      `due ${delivering.analysisId}`,
      `retry reviews ${delivering.analysisId}`,
      `replay ${delivered.analysisId}`,
    ])
  })

  it('confirms a patient, by JSON or by the form of the page, and takes nothing half said', async () => {
    const { app, calls } = sampleApp()
    const api = (body: string) => app.request(`/api/analyses/${held.analysisId}/resolve`, { method: 'POST', body })
    expect((await api('{"patient":"Patient/p-7","by":" Dr. Grey "}')).status).toBe(200)
    const form = new URLSearchParams({ patient: 'p.8', by: 'x' })
    const answer = await app.request(`/analyses/${held.analysisId}/resolve`, { method: 'POST', body: form })
    expect(answer.status).toBe(303)
    expect(calls.splice(0)).toEqual([
      `confirm ${held.analysisId} Patient/p-7 Dr. Grey`,
      `confirm ${held.analysisId} p.8 x`,
    ])
    const wrong = ['{"patient":"p7"}', '{"by":"x"}', '{"patient":"a/b","by":"x"}', '{"patient":"","by":"x"}', '{"x":1}']
    for (const body of [...wrong, '{"patient":"p7","by":" "}', '[]', 'geheim']) {
      const refused = await api(body)
      expect(refused.status, body).toBe(400)
      expect(await refused.text()).not.toContain('geheim')
    }
    expect(calls).toEqual([])
  })

  it('releases a held one also when asked to try again', async () => {
    const { app, calls } = sampleApp()
    await app.request(`/api/analyses/${held.analysisId}/retry`, { method: 'POST' })
    expect(calls).toEqual([`resolve ${held.analysisId}`])
  })
})

describe('problems', () => {
  it('are problem+json with a code and what to do', async () => {
    const { app } = sampleApp()
    const answer = await app.request('/api/analyses/none')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toEqual({
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: 'no analysis none',
      code: 'NOT_FOUND',
      hint: 'No such study or analysis here; check the id.',
    })
    expect((await app.request('/api/nothing')).status).toBe(404)
    expect((await app.request(`/analyses/${running.analysisId}/report.pdf`)).status).toBe(404)
  })

  it('are pages for people', async () => {
    const { app } = sampleApp()
    const answer = await app.request('/analyses/none', HTML)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('<h1>Not found</h1>')
  })

  it('name every wrong parameter', async () => {
    const { app } = sampleApp()
    const answer = await app.request('/api/analyses?state=lost&limit=9999&color=red')
    expect(answer.status).toBe(400)
    const { code, detail } = await jsonOf(answer)
    expect(code).toBe('REQUEST_INVALID')
    expect(detail).toMatch(/state must be one of queued.*limit .*color is not a parameter/)
    expect((await app.request('/api/analyses/..%2F..%2Fetc')).status).toBe(400)
  })

  it('say nothing of an error that was not foreseen but its kind, and are logged by code', async () => {
    const boom = { ready: async () => Promise.reject(new TypeError('Doe^Jane')) }
    const { app, log } = sampleApp({}, { deps: boom })
    const answer = await app.request('/readyz')
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('Doe')
    expect(log.lines).toMatchObject([{ level: 'error', fields: { code: 'INTERNAL', status: 500, kind: 'TypeError' } }])
    expect(log.lines[0]?.fields.frames).toContain('test/http/app.test.ts:')
    expect(JSON.stringify(log.lines)).not.toContain('Doe')
  })

  it('tell conflict and absence apart', async () => {
    const of = async (error: AppError) =>
      (await sampleApp({}, { deps: { ready: () => Promise.reject(error) } }).app.request('/readyz')).status
    expect(await of(new AppError('DATABASE_UNREACHABLE', 'x'))).toBe(503)
    expect(await of(new AppError('STATE_CONFLICT', 'x'))).toBe(409)
  })
})

describe('probes and metrics', () => {
  it('answer', async () => {
    const { app } = sampleApp({ token: 'secret' })
    expect((await app.request('/healthz')).status).toBe(200)
    expect((await app.request('/readyz')).status).toBe(200)
    expect((await app.request('/metrics')).status).toBe(401)
    const metrics = await app.request('/metrics', bearer('secret'))
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await metrics.text()).toContain('gliabridge_analyses')
  })
})

describe('older studies', () => {
  it('are listed and taken by date, with a name', async () => {
    const { app, calls } = sampleApp()
    const list = await jsonOf(await app.request('/api/backfill?from=20250131'))
    expect(list.studies).toEqual([{ studyInstanceUid: '1.2.840.77.3', studyDate: '20250131', instanceCount: 7 }])
    const post = (body: object) => app.request('/api/backfill', { method: 'POST', body: JSON.stringify(body) })
    expect((await post({ from: '20250131', by: 'Dora' })).status).toBe(202)
    expect(calls).toEqual(['backfill 20250131 Dora'])
    const refused = await post({ from: '2025-01-31' })
    expect(refused.status).toBe(400)
    expect(await jsonOf(refused)).toMatchObject({
      hint: 'Correct the body.',
      detail: expect.stringMatching(/by must say.*from must be a date|from must be a date.*by must say/),
    })
  })
})

describe('readiness', () => {
  const failing = {
    since: '2026-03-01T03:10:00.000Z',
    code: 'ARCHIVE_AUTH' as const,
    message: 'the archive answered 401 to search of studies (http://pacs.intern/dicom-web/studies)',
    hint: 'Check the credentials.',
  }
  const outage = { peers: () => [{ peer: 'pacs' as const, up: false, failing }, { peer: 'ehr' as const }] }

  it('is false while a peer fails or was not asked, and tells which, without addresses', async () => {
    const { app } = sampleApp({ token: 'secret' }, { deps: outage })
    const answer = await app.request('/readyz')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({
      ready: false,
      parts: [
        { peer: 'database', up: true },
        { peer: 'pacs', up: false, since: failing.since, code: 'ARCHIVE_AUTH' },
        { peer: 'ehr', up: null },
      ],
    })
    expect((await app.request('/healthz')).status).toBe(200)
  })

  it('stands over the worklist with what it means, and an empty worklist does not claim that there is no study', async () => {
    const analyses = { ...sampleApp().deps.analyses, list: async () => [] }
    const { app } = sampleApp({}, { deps: { ...outage, analyses } })
    const page = await (await app.request('/')).text()
    expect(page).toContain('The PACS does not answer correctly')
    expect(page).toContain('New studies are not noticed')
    expect(page).toContain('ARCHIVE_AUTH')
    expect(page).toContain('the PACS has not answered')
    expect(page).not.toContain('No study yet')
    const well = await (await sampleApp({}, { deps: { analyses } }).app.request('/')).text()
    expect(well).toContain('No study yet')
    expect(well).not.toContain('does not answer')
  })

  it('says of studies whose images may still be coming that they were seen', async () => {
    const analyses = { ...sampleApp().deps.analyses, list: async () => [] }
    const page = async (...stages: StudyStage[]) => {
      const studies = async () => stages.map((stage) => ({ stage }))
      return (await sampleApp({}, { deps: { analyses, studies } }).app.request('/')).text()
    }
    expect(await page('not-eligible')).toContain('No study yet')
    expect(await page('growing', 'disappeared')).toContain('One study has been seen. It will appear here once')
    expect(await page('discovered', 'settled')).toContain('2 studies have been seen. They will appear here once')
  })
})

describe('access', () => {
  it('needs the token when there is one, as bearer or as password', async () => {
    const { app } = sampleApp({ token: 'sécret:x' })
    for (const path of ['/', '/api/analyses', `/analyses/${delivered.analysisId}`, '/events', ASSET_PATHS.style]) {
      const answer = await app.request(path)
      expect(answer.status, path).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Basic')
      expect(await answer.text()).not.toContain('Müller')
    }
    expect((await app.request('/', basic('sécret:x'))).status).toBe(200)
    expect((await sampleApp({ token: 'abc' }).app.request('/', bearer('abc'))).status).toBe(200)
    for (const wrong of [
      bearer('abcd'),
      basic(''),
      basic('ab'),
      { headers: { authorization: 'Basic !!!' } },
      { headers: { authorization: 'abc' } },
    ]) {
      expect((await sampleApp({ token: 'abc' }).app.request('/', wrong)).status).toBe(401)
    }
  })

  it('makes who tries tokens wait, longer each time, and says so in the log; the right token never waits', async () => {
    const clock = createManualClock()
    const slept: number[] = []
    const { app, log } = sampleApp(
      { token: 'abc' },
      { deps: { clock: { ...clock, sleep: async (ms: number) => void slept.push(ms) } } },
    )
    for (let n = 0; n < 7; n += 1) expect((await app.request('/', bearer('x'))).status).toBe(401)
    expect(slept).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])
    expect(log.lines.at(-1)).toEqual({
      level: 'warn',
      fields: { code: 'UNAUTHENTICATED', failures: 7 },
      message: 'a request with a wrong token was refused',
    })
    expect((await app.request('/', bearer('abc'))).status).toBe(200)
    // A browser asks without a token first.
    expect((await app.request('/')).status).toBe(401)
    expect(slept).toHaveLength(7)
    clock.advance(61)
    await app.request('/', bearer('x'))
    expect(slept.at(-1)).toBe(250)
  })

  it('lets few wait at once, and refuses the others without looking longer', async () => {
    const waiting: (() => void)[] = []
    const { app } = sampleApp(
      { token: 'abc' },
      {
        deps: { clock: { ...createManualClock(), sleep: () => new Promise<void>((resolve) => waiting.push(resolve)) } },
      },
    )
    const asked = Array.from({ length: 30 }, () => app.request('/api/analyses', bearer('x')))
    while (waiting.length < 20) await new Promise((resolve) => setImmediate(resolve))
    for (const go of waiting) go()
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    expect([statuses.filter((s) => s === 401).length, statuses.filter((s) => s === 429).length]).toEqual([20, 10])
  })

  it('answers without a token only under names of this machine', async () => {
    const { app } = sampleApp()
    for (const host of ['localhost', '127.0.0.1:8080', '[::1]'])
      expect((await app.request(`http://${host}/`)).status).toBe(200)
    expect((await app.request('http://evil.example/')).status).toBe(421)
    expect((await sampleApp({ token: 't' }).app.request('http://any.example/', bearer('t'))).status).toBe(200)
    expect(
      (await sampleApp({ host: '0.0.0.0', allowUnauthenticated: true }).app.request('http://any.example/')).status,
    ).toBe(200)
  })

  it('refuses changes asked for by pages of other sites', async () => {
    const { app, calls } = sampleApp()
    const post = (headers: Record<string, string>) =>
      app.request(`/analyses/${held.analysisId}/resolve`, { method: 'POST', headers })
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await post({ origin: 'null' })).status).toBe(403)
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect(calls).toEqual([])
    expect((await post({ origin: 'http://localhost' })).status).toBe(303)
    expect((await post({ 'sec-fetch-site': 'same-origin', origin: 'http://localhost' })).status).toBe(303)
  })

  it('tells browsers to run nothing but our own script, and to be framed by nobody', async () => {
    const { app } = sampleApp()
    const page = await app.request('/')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    const pdf = await app.request(`/analyses/${delivered.analysisId}/report.pdf`)
    expect(pdf.headers.get('content-security-policy')).toMatch(/frame-ancestors 'self'$/)
    const framed = sampleApp({ frameAncestors: ["'self'", 'https://ehr.example'] })
    expect((await framed.app.request('/')).headers.get('content-security-policy')).toContain(
      "frame-ancestors 'self' https://ehr.example",
    )
    for (const path of ['/nothing', '/api/nothing'])
      expect((await app.request(path)).headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('takes no large bodies', async () => {
    const { app } = sampleApp()
    const answer = await app.request(`/api/analyses/${held.analysisId}/resolve`, {
      method: 'POST',
      body: 'x'.repeat(70_000),
    })
    expect(answer.status).toBe(413)
  })
})

describe('live updates', () => {
  const reader = (answer: Response) => {
    const stream = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    return {
      async until(wanted: string) {
        while (!text.includes(wanted)) {
          const { value, done } = await stream.read()
          if (done) throw new Error(`ended without ${wanted}: ${text}`)
          text += value
        }
        return text
      },
      cancel: () => stream.cancel(),
    }
  }

  it('tell a page that something changed since it was made', async () => {
    const { app, change } = sampleApp()
    // Asked for its headers, again and again, it opens nothing that would have to be closed.
    for (let n = 0; n < 250; n += 1) {
      const head = await app.request(`/events?analysis=${running.analysisId}`, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([200, ''])
    }
    const answer = await app.request(`/events?analysis=${running.analysisId}&since=1`)
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const events = reader(answer)
    await events.until('retry: 3000')
    change({ ...running, state: 'analysed' })
    expect(await events.until('event: change')).toContain('id: 2')
    await events.cancel()
  })

  it('tell at once what was missed while the connection was lost', async () => {
    const { app, change } = sampleApp()
    change(running)
    const events = reader(await app.request('/events', { headers: { 'last-event-id': '1' } }))
    await events.until('event: change')
    await events.cancel()
  })

  it('are not given for an unknown analysis', async () => {
    expect((await sampleApp().app.request('/events?analysis=none')).status).toBe(404)
  })
})

describe('serve', () => {
  it('listens, says where, refuses a taken port by name, and closes with a live page open', async () => {
    const { app } = sampleApp()
    const server = await serve(app, { host: '127.0.0.1', port: 0 })
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const port = Number(new URL(server.url).port)
    await expect(serve(app, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: `http.host 127.0.0.1, http.port ${port} is used by another program`,
    })
    expect(await (await fetch(`${server.url}/healthz`)).text()).toBe('ok\n')
    const live = await fetch(`${server.url}/events`)
    await server.close()
    await live.text().catch(() => undefined)
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  })
})

describe('a study that was left', () => {
  const post = (app: ReturnType<typeof sampleApp>['app'], path: string, body: unknown) =>
    app.request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

  it('is listed with its reason, and analysed when a person asks for it by name', async () => {
    const { app, calls } = sampleApp()
    const listed = await (await app.request('/api/studies/not-analysed')).json()
    expect(listed).toMatchObject({
      count: 2,
      studies: [{ decision: { outcome: 'declined', reason: expect.stringContaining('body part KNEE') } }, {}],
    })
    expect((await post(app, '/api/studies/1.2.840.77.1/analyse', { by: ' Dr Ada ' })).status).toBe(202)
    expect(calls).toEqual(['analyse 1.2.840.77.1 Dr Ada'])
  })

  it('is not analysed for nobody, nor for an address that is no UID', async () => {
    const { app, calls } = sampleApp()
    expect((await post(app, '/api/studies/1.2.840.77.1/analyse', { by: ' ' })).status).toBe(400)
    expect((await post(app, '/api/studies/1.2.840.77.1/analyse', {})).status).toBe(400)
    expect((await post(app, '/api/studies/..%2Fx/analyse', { by: 'A' })).status).toBe(400)
    expect(calls).toEqual([])
  })

  it('has a page whose form does the same, and leads to the analysis', async () => {
    const { app, calls } = sampleApp()
    expect(await (await app.request('/not-analysed')).text()).toContain('body part KNEE')
    const form = new URLSearchParams({ by: 'Dr Ada' })
    const answer = await app.request('/studies/1.2.840.77.2/analyse', { method: 'POST', body: form })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch(/^\/analyses\//)
    expect(calls).toEqual(['analyse 1.2.840.77.2 Dr Ada'])
  })
})

describe('series', () => {
  it('have a picture each, and are chosen on the page and by API', async () => {
    const sample = sampleApp()
    const { analysisId } = delivered
    const page = await (await sample.app.request(`/analyses/${analysisId}`)).text()
    const [, path = ''] = /<img src="([^"]+\/series\/[\d.]+\/picture\.png)"/.exec(page) ?? []
    expect((await sample.app.request(path)).headers.get('content-type')).toBe('image/png')
    const taken = delivered.summary!.decisions!.find(({ sequence }) => sequence === 'T1c')!
    const other = delivered.summary!.decisions!.find(({ selected }) => !selected)!
    expect(page).toMatch(new RegExp(`<select name="T1c"><option value="">${taken.seriesNumber} `))
    const body = new URLSearchParams({ by: 'Dr Nine', T1: '', T1c: other.seriesInstanceUid })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await sample.app.request(`/analyses/${analysisId}/series`, { method: 'POST', body, headers })
    expect(answer.status).toBe(303)
    const asked = { by: 'Dr Nine', series: { T1c: other.seriesInstanceUid } }
    const api = await sample.app.request(`/api/analyses/${analysisId}/series`, {
      method: 'POST',
      body: JSON.stringify(asked),
    })
    expect(api.status).toBe(202)
    const call = `choose ${analysisId} Dr Nine {"T1c":"${other.seriesInstanceUid}"}`
    expect(sample.calls.filter((one) => one.startsWith('choose'))).toEqual([call, call])
  })
})

describe('what goes first, and who has it open', () => {
  const post = (app: ReturnType<typeof sampleApp>['app'], path: string, body: object) =>
    app.request(path, { method: 'POST', headers: { host: 'localhost' }, body: JSON.stringify(body) })

  it('sets the priority by the API and by the form, with a name', async () => {
    const { app, calls } = sampleApp()
    const path = `/analyses/${waiting.analysisId}/priority`
    expect((await post(app, `/api${path}`, { priority: 'first', by: 'Dora Nine' })).status).toBe(200)
    expect((await post(app, `/api${path}`, { priority: 'now', by: 'Dora Nine' })).status).toBe(400)
    expect((await post(app, `/api${path}`, { priority: 'first' })).status).toBe(400)
    const form = await app.request(path, {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ priority: 'backfill', by: 'Eve Ten' }).toString(),
    })
    expect(form.status).toBe(303)
    expect(calls).toEqual([
      `prioritise ${waiting.analysisId} first Dora Nine`,
      `prioritise ${waiting.analysisId} backfill Eve Ten`,
    ])
  })

  it('tells the second of two that the first has it open, and the worklist too', async () => {
    const { app } = sampleApp()
    const path = `/analyses/${delivered.analysisId}/claim`
    const claim = async (identifier: string, name: string, leaves = false) =>
      (await (await post(app, path, { identifier, name, leaves })).json()) as { others: { name: string }[] }
    expect(await claim('P-77', 'Dora Nine')).toEqual({ others: [] })
    expect((await claim('P-78', 'Eve Ten')).others.map(({ name }) => name)).toEqual(['Dora Nine'])
    const worklist = async () => (await app.request('/', { headers: { host: 'localhost' } })).text()
    expect(await worklist()).toContain('Open: Dora Nine, Eve Ten')
    await claim('P-77', 'Dora Nine', true)
    expect(await worklist()).toContain('Open: Eve Ten')
    expect((await post(app, path, { identifier: '', name: 'x' })).status).toBe(400)
  })
})
