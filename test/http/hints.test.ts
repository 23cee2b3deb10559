// Hints over HTTP: signed, answered at once, refused and slowed down when not.
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../support/manual-clock.ts'
import { sampleApp } from '../support/sample-app.ts'

const SECRET = 'a key of the router'
const BODY = '{"StudyInstanceUID":"1.2.3","PatientName":"Müller"}'
const sign = (body: string, secret = SECRET) => createHmac('sha256', secret).update(body).digest('hex')

function hooked(settings = {}) {
  const taken: [string, unknown][] = []
  const slept: number[] = []
  const hint = (kind: string, body: unknown) => {
    taken.push([kind, body])
    return true
  }
  const clock = { ...createManualClock(), sleep: async (ms: number) => void slept.push(ms) }
  const { app, log } = sampleApp({ token: 'abc', hookSecret: SECRET, ...settings }, { deps: { hint, clock } })
  const send = (path: string, body: string, headers: Record<string, string>, method = 'POST') =>
    app.request(path, { method, headers, ...(body !== '' && { body }) })
  return { taken, slept, send, log }
}

describe('hints over HTTP', () => {
  it.each<[string, Record<string, string>]>([
    ['the signature of the body', { 'x-hub-signature-256': `sha256=${sign(BODY)}` }],
    ['the signature as Medplum sends it', { 'x-signature': sign(BODY) }],
    ['the secret, in the header of an R4 subscription', { authorization: `Bearer ${SECRET}` }],
  ])('are taken with %s, without the token of the pages', async (_, headers) => {
    const { send, taken, slept } = hooked()
    const answer = await send('/hints/webhook', BODY, headers)
    expect([answer.status, await answer.text()]).toEqual([202, ''])
    expect(taken).toEqual([['webhook', { StudyInstanceUID: '1.2.3', PatientName: 'Müller' }]])
    expect(slept).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['the signature of another body', { 'x-hub-signature-256': `sha256=${sign(`${BODY} `)}` }],
    ['another key', { 'x-signature': sign(BODY, 'other') }],
    ['an empty signature beside the right secret', { 'x-signature': '', authorization: `Bearer ${SECRET}` }],
    ['the token of the pages', { authorization: 'Bearer abc' }],
    ['the secret as password', { authorization: `Basic ${Buffer.from(`x:${SECRET}`).toString('base64')}` }],
  ])('are refused with %s, slower each time', async (_, headers) => {
    const { send, taken, slept } = hooked()
    for (let n = 0; n < 2; n += 1) expect((await send('/hints/webhook', BODY, headers)).status).toBe(401)
    expect(taken).toEqual([])
    expect(slept).toEqual([250, 500])
  })

  it('take notifications of FHIR servers by POST and PUT, with content or none', async () => {
    const { send, taken } = hooked()
    const bearer = { authorization: `Bearer ${SECRET}` }
    expect((await send('/hints/fhir', '', bearer)).status).toBe(202)
    expect((await send('/hints/fhir/ImagingStudy/12', '{"resourceType":"ImagingStudy"}', bearer, 'PUT')).status).toBe(
      202,
    )
    expect(taken).toEqual([
      ['fhir', undefined],
      ['fhir', { resourceType: 'ImagingStudy' }],
    ])
    expect((await send('/hints/fhir', 'not JSON', bearer)).status).toBe(400)
  })

  it('have no page without a secret, and none where nothing is watched', async () => {
    const { app } = sampleApp({ token: 'abc' })
    const bearer = { method: 'POST', headers: { authorization: 'Bearer abc' } }
    expect((await app.request('/hints/webhook', bearer)).status).toBe(404)
    expect((await app.request('/hints/webhook', { method: 'POST' })).status).toBe(401)
    const idle = sampleApp({ token: 'abc', hookSecret: SECRET })
    const signed = { method: 'POST', headers: { authorization: `Bearer ${SECRET}` } }
    expect((await idle.app.request('/hints/webhook', signed)).status).toBe(404)
  })
})
