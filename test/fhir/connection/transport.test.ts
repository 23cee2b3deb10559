// The fetch below the FHIR client: what decides a write is read past every cache.
import { describe, expect, it } from 'vitest'
import { createTransport } from '../../../src/fhir/connection/transport.ts'

function sent(method: string): Promise<Headers> {
  return new Promise((resolve) => {
    const transport = createTransport({
      baseUrl: 'https://ehr.example/fhir',
      timeoutMs: 1000,
      credentials: { authorization: async () => undefined, renew: () => false },
      send: async (_url, init) => {
        resolve(new Headers(init?.headers))
        return new Response('{"resourceType":"Bundle","type":"searchset"}')
      },
      now: () => new Date(0),
    })
    void transport('https://ehr.example/fhir/Patient?identifier=a', { method })
  })
}

describe('reads', () => {
  it('ask for fresh answers: HAPI gives a search from its cache for a minute, and a stale "none" would be written twice', async () => {
    expect((await sent('GET')).get('cache-control')).toBe('no-cache')
  })

  it('writes say nothing of caches', async () => {
    expect((await sent('POST')).get('cache-control')).toBeNull()
  })
})
