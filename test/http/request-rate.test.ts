// Requests of those who were let in: a bucket for each person and one for the token, refilled by the clock.
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { Visitor } from '../../src/domain/access.ts'
import { answerProblem } from '../../src/http/problems.ts'
import { createRequestCount, limitRequests } from '../../src/http/request-rate.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { sampleApp } from '../support/sample-app.ts'

const PER_MINUTE = 60
const named = (name: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${name}:abc`).toString('base64')}` },
})

describe('requests with the token', () => {
  it('are refused beyond the limit, under whatever names, with the seconds to wait, and taken again after them', async () => {
    const clock = createManualClock()
    const { app, log } = sampleApp({ token: 'abc', requestsPerMinute: PER_MINUTE }, { deps: { clock } })
    for (let n = 0; n < PER_MINUTE; n += 1)
      expect((await app.request('/api/analyses', named(`n${n}`))).status).toBe(200)
    const refused = await app.request('/api/analyses', named('another'))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      hint: expect.stringContaining('Retry-After'),
    })
    // One that goes on is logged once a minute, however often it comes.
    expect((await app.request('/api/analyses', named('another'))).status).toBe(429)
    const logged = () => log.lines.filter(({ fields }) => fields.code === 'TOO_MANY_REQUESTS').length
    expect(logged()).toBe(1)
    // Probes go on, and wrong tokens take nothing from the holders.
    expect((await app.request('/healthz')).status).toBe(200)
    clock.advance(1)
    expect((await app.request('/api/analyses', named('another'))).status).toBe(200)
    expect((await app.request('/api/analyses', named('another'))).status).toBe(429)
    // Set back, it refills nothing and lets nobody wait for longer.
    clock.advance(-7200)
    expect((await app.request('/api/analyses', named('another'))).status).toBe(429)
    clock.advance(60)
    for (let n = 0; n < PER_MINUTE; n += 1) expect((await app.request('/metrics', named('x'))).status).toBe(200)
    expect((await app.request('/metrics', named('x'))).status).toBe(429)
    expect(logged()).toBeGreaterThan(1)
  })

  it('that is wrong are not counted', async () => {
    const { app } = sampleApp(
      { token: 'abc', requestsPerMinute: PER_MINUTE },
      { deps: { clock: { ...createManualClock(), sleep: async () => undefined } } },
    )
    for (let n = 0; n <= PER_MINUTE; n += 1)
      expect((await app.request('/', { headers: { authorization: 'Bearer x' } })).status).toBe(401)
    expect((await app.request('/', { headers: { authorization: 'Bearer abc' } })).status).toBe(200)
  })
})

describe('signed hints', () => {
  it('are counted once their signature is checked, apart from the requests of others', async () => {
    const clock = { ...createManualClock(), sleep: async () => undefined }
    const settings = { token: 'abc', hookSecret: 'key of a router', requestsPerMinute: PER_MINUTE }
    const { app } = sampleApp(settings, { deps: { clock, hint: () => true } })
    const hint = async (secret: string) =>
      (await app.request('/hints/webhook', { method: 'POST', headers: { authorization: `Bearer ${secret}` } })).status
    for (let n = 0; n < PER_MINUTE; n += 1) expect(await hint('wrong')).toBe(401)
    for (let n = 0; n < PER_MINUTE; n += 1) expect(await hint(settings.hookSecret)).toBe(202)
    expect(await hint(settings.hookSecret)).toBe(429)
    expect((await app.request('/api/analyses', named('another'))).status).toBe(200)
  })
})

describe('people who are signed in', () => {
  it('have a bucket each', async () => {
    const app = new Hono()
    app.use((c, next) => {
      const identifier = c.req.header('x-test-person')!
      c.set('visitor', { person: { identifier, name: 'N' } } as Visitor)
      return next()
    })
    const settings = {
      host: '127.0.0.1',
      allowUnauthenticated: false,
      requestsPerMinute: PER_MINUTE,
      frameAncestors: [],
    }
    app.use(limitRequests(createRequestCount({ settings, clock: createManualClock(), log: createKeptLog() })))
    app.get('*', (c) => c.text('in'))
    app.onError((thrown, c) => answerProblem(c, thrown))
    const ask = async (who: string, path = '/') =>
      (await app.request(path, { headers: { 'x-test-person': who } })).status
    for (let n = 0; n < PER_MINUTE; n += 1) expect(await ask('P-77')).toBe(200)
    expect(await ask('P-77')).toBe(429)
    expect(await ask('P-78')).toBe(200)
    // Images that are sent here have limits of their own.
    expect(await ask('P-77', '/dicom-web/studies')).toBe(200)
  })
})
