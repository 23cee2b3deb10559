// A token that expires in mid-flight: renewed once, and the request repeated only where a repetition can do no harm.
import { describe, expect, it } from 'vitest'
import { createTransport } from '../../../src/fhir/connection/transport.ts'

const BASE = 'https://ehr.example/fhir'

/** Counts what reaches a server that takes the second token only. */
function transport() {
  const calls: (string | null)[] = []
  let token = 1
  const send = createTransport({
    baseUrl: BASE,
    timeoutMs: 5000,
    now: () => new Date(0),
    credentials: {
      authorization: async () => `Bearer t${token}`,
      renew() {
        token += 1
        return true
      },
    },
    send: async (_url, init) => {
      const authorization = new Headers(init?.headers).get('authorization')
      calls.push(authorization)
      return authorization === 'Bearer t2'
        ? Response.json({ resourceType: 'Bundle', type: 'searchset' })
        : new Response('', { status: 401 })
    },
  })
  return { send, calls }
}

const bundle = (ifMatch?: string) =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { request: { method: 'POST', url: 'Observation' } },
      { request: { method: 'PUT', url: 'DiagnosticReport/1', ...(ifMatch && { ifMatch }) } },
    ],
  })

describe('a token refused in mid-flight', () => {
  it.each<[string, string, RequestInit]>([
    ['a read', '/Patient?identifier=x', {}],
    ['a conditional create', '/Device', { method: 'POST', headers: { 'If-None-Exist': 'identifier=x' }, body: '{}' }],
    ['an update of a version', '/Device/1', { method: 'PUT', headers: { 'If-Match': 'W/"1"' }, body: '{}' }],
    ['a transaction with a version in it', '', { method: 'POST', body: bundle('W/"3"') }],
  ])('%s is repeated once with a new token', async (_name, path, init) => {
    const { send, calls } = transport()
    expect((await send(BASE + path, init)).status).toBe(200)
    expect(calls).toEqual(['Bearer t1', 'Bearer t2'])
  })

  it.each<[string, string, RequestInit]>([
    ['a create without condition', '/Binary', { method: 'POST', body: '{"resourceType":"Binary"}' }],
    ['an update without version', '/Device/1', { method: 'PUT', body: '{}' }],
    ['a transaction without version', '', { method: 'POST', body: bundle() }],
  ])('%s is not; the next attempt has the new token', async (_name, path, init) => {
    const { send, calls } = transport()
    await expect(send(BASE + path, init)).rejects.toMatchObject({ code: 'EHR_AUTH', class: 'transient' })
    expect(calls).toEqual(['Bearer t1'])
    await send(`${BASE}/Patient`)
    expect(calls.at(-1)).toBe('Bearer t2')
  })
})
