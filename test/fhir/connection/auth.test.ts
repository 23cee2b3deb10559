// Credentials on the wire: what is sent, when a token is asked for, and what is said when it is refused.
import { describe, expect, it } from 'vitest'
import { createCredentials } from '../../../src/fhir/connection/auth.ts'
import type { EhrAuth } from '../../../src/fhir/connection/auth-settings.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { ANALYSIS_SYSTEM, MRN_SYSTEM, PATIENT, recordOptions, silentLog } from '../../support/fhir-report.ts'
import { patientWith } from '../../support/fhir-server.ts'

const CLIENT: EhrAuth = {
  type: 'client-credentials',
  tokenUrl: 'https://login.example/token',
  clientId: 'glia:bridge',
  clientSecret: 'p%ss wörd',
  scope: 'system/*.crus',
}

/** An EHR and its token endpoint, in one fetch; tokens are t1, t2 … and `accepts` says which the EHR takes. */
function fakeServer(accepts: (token: string) => boolean, tokenAnswer?: () => Response) {
  const seen: { url: string; authorization: string | null; body: string }[] = []
  let tokens = 0
  const send: typeof fetch = async (input, init) => {
    const authorization = new Headers(init?.headers).get('authorization')
    seen.push({ url: String(input).replace(/\?.*/, ''), authorization, body: String(init?.body ?? '') })
    if (String(input) === 'https://login.example/token') {
      return tokenAnswer?.() ?? Response.json({ access_token: `t${++tokens}`, token_type: 'Bearer', expires_in: 300 })
    }
    if (!accepts(authorization?.replace('Bearer ', '') ?? '')) return new Response('', { status: 401 })
    const resource = { id: 'p1', ...patientWith(MRN_SYSTEM, PATIENT.patientId) }
    return Response.json({ resourceType: 'Bundle', type: 'searchset', entry: [{ resource }] })
  }
  const record = (auth: EhrAuth) =>
    createClinicalRecord({
      ...recordOptions('https://ehr.example/fhir/'),
      auth,
      timeoutMs: 5000,
      fetch: send,
    })
  return { seen, record, ehrCalls: () => seen.filter(({ url }) => url === 'https://ehr.example/fhir/Patient') }
}

describe('credentials', () => {
  it.each<[string, EhrAuth, string | null]>([
    ['none', { type: 'none' }, null],
    ['bearer', { type: 'bearer', token: 'abc' }, 'Bearer abc'],
    [
      'basic, in UTF-8',
      { type: 'basic', username: 'u', password: 'pä' },
      `Basic ${Buffer.from('u:pä').toString('base64')}`,
    ],
  ])('%s', async (_name, auth, header) => {
    const server = fakeServer(() => true)
    await server.record(auth).matchPatient(PATIENT)
    expect(server.ehrCalls()[0]?.authorization).toBe(header)
  })

  it('client credentials: one token for many calls, asked for as RFC 6749 says', async () => {
    const server = fakeServer((token) => token === 't1')
    const record = server.record(CLIENT)
    await Promise.all([record.matchPatient(PATIENT), record.matchPatient(PATIENT)])
    await record.matchPatient(PATIENT)
    const asked = server.seen.filter(({ url }) => url === 'https://login.example/token')
    expect(asked).toHaveLength(1)
    expect(new URLSearchParams(asked[0]?.body).get('grant_type')).toBe('client_credentials')
    expect(new URLSearchParams(asked[0]?.body).get('scope')).toBe('system/*.crus')
    const [user, password] = Buffer.from(asked[0]!.authorization!.slice(6), 'base64').toString().split(':')
    expect([decodeURIComponent(user!), decodeURIComponent(password!)]).toEqual(['glia:bridge', 'p%ss wörd'])
    expect(server.ehrCalls().map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1'])
  })

  it('client credentials: a refused token is renewed once', async () => {
    const server = fakeServer((token) => token === 't2')
    await server.record(CLIENT).matchPatient(PATIENT)
    expect(server.ehrCalls().map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  })

  it('client credentials: refused again is EHR_AUTH', async () => {
    const server = fakeServer(() => false)
    await expect(server.record(CLIENT).matchPatient(PATIENT)).rejects.toMatchObject({ code: 'EHR_AUTH' })
    expect(server.ehrCalls()).toHaveLength(2)
  })

  it('client credentials: a token is given up before it expires', async () => {
    let now = Date.parse('2025-01-31T00:00:00Z')
    let tokens = 0
    const send: typeof fetch = async () => Response.json({ access_token: `t${++tokens}`, expires_in: 100 })
    const credentials = createCredentials(CLIENT, {
      baseUrl: 'https://ehr.example/fhir',
      send,
      timeoutMs: 1000,
      now: () => new Date(now),
    })
    expect(await credentials.authorization()).toBe('Bearer t1')
    now += 69_000
    expect(await credentials.authorization()).toBe('Bearer t1')
    now += 2000
    expect(await credentials.authorization()).toBe('Bearer t2')
  })

  it.each<[string, () => Response, string, string]>([
    [
      'a wrong secret',
      () => Response.json({ error: 'invalid_client', error_description: 'p%ss' }, { status: 401 }),
      'EHR_AUTH',
      'POST ehr.auth.tokenUrl: status 401 (invalid_client)',
    ],
    [
      'no token in the answer',
      () => Response.json({}),
      'EHR_AUTH',
      'POST ehr.auth.tokenUrl: the answer has no access_token',
    ],
    [
      'a broken login server',
      () => new Response('<html>', { status: 502 }),
      'EHR_ERROR',
      'POST ehr.auth.tokenUrl: status 502',
    ],
    [
      'a busy login server',
      () => new Response('', { status: 429, headers: { 'retry-after': '9' } }),
      'EHR_THROTTLED',
      'POST ehr.auth.tokenUrl: status 429',
    ],
  ])('client credentials: %s', async (_name, answer, code, message) => {
    const server = fakeServer(() => true, answer)
    await expect(server.record(CLIENT).matchPatient(PATIENT)).rejects.toMatchObject({ code, message })
    expect(server.ehrCalls()).toHaveLength(0)
  })

  it('refuses systems that would break a search', () => {
    const options = {
      url: 'https://e',
      auth: { type: 'none' } as const,
      timeoutMs: 1,
      log: silentLog,
      analysisSystem: ANALYSIS_SYSTEM,
    }
    for (const identifierSystem of ['', 'mrn', 'https://a|b', 'https://a,b', 'urn:oid:1 2']) {
      expect(() => createClinicalRecord({ ...options, identifierSystem })).toThrow(
        expect.objectContaining({ code: 'SETTINGS_INVALID' }),
      )
    }
  })
})
