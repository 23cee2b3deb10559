// SMART Backend Services against an authorization server of the test's own: it verifies every assertion with our published keys, once by jose and once by node:crypto.
import { createPublicKey, verify } from 'node:crypto'
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
} from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCredentials } from '../../../src/fhir/connection/auth.ts'
import type { AuthEffects, EhrAuth } from '../../../src/fhir/connection/auth-settings.ts'
import { createPublicKeys } from '../../../src/fhir/connection/tokens.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { MRN_SYSTEM, PATIENT, recordOptions } from '../../support/fhir-report.ts'
import { patientWith } from '../../support/fhir-server.ts'
import { sampleApp } from '../../support/sample-app.ts'

const BASE = 'https://ehr.example/fhir'
const TOKEN_URL = 'https://login.example/oauth2/token'
const CLIENT_ID = 'glia-bridge-7'
const files = new Map<string, string>()

async function makeKey(file: string, alg: 'RS384' | 'ES384', kid?: string): Promise<void> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  files.set(file, JSON.stringify({ ...(await exportJWK(privateKey)), ...(kid && { kid }) }))
}

const readText = async (path: string) => {
  const text = files.get(path)
  if (text === undefined) throw Object.assign(new Error('secret place'), { code: 'ENOENT' })
  return text
}

function smartAuth(keyFiles: string[], tokenUrl?: string): EhrAuth {
  const scope = 'system/Patient.rs system/DiagnosticReport.cruds'
  return { type: 'smart-backend', clientId: CLIENT_ID, keyFiles, scope, ...(tokenUrl && { tokenUrl }) }
}

/** Our JWKS as the EHR would fetch it, through the HTTP app, without credentials. */
async function fetchJwks(auth: EhrAuth): Promise<{ keys: JWK[] }> {
  const { app } = sampleApp({ token: 'needed elsewhere' }, { deps: { publicKeys: createPublicKeys(auth, readText) } })
  const response = await app.request('/.well-known/jwks.json')
  expect(response.status).toBe(200)
  return (await response.json()) as { keys: JWK[] }
}

interface ServerOptions {
  /** The server's copy of our keys. */
  jwks: { keys: JWK[] }
  /** How far its clock is ahead, milliseconds. */
  skewMs?: number
  expiresIn?: unknown
  discovery?: () => Response
}

const NOW = Date.parse('2025-01-31T03:21:09Z')

function authorizationServer({ jwks, skewMs = 0, expiresIn = 300, discovery }: ServerOptions) {
  const seen: { url: string; form: URLSearchParams }[] = []
  const jtis = new Set<string>()
  const assertions: string[] = []
  const headers = { date: new Date(NOW + skewMs).toUTCString() }
  const send: typeof fetch = async (input, init) => {
    const form = new URLSearchParams(String(init?.body ?? ''))
    seen.push({ url: String(input), form })
    if (String(input).endsWith('/.well-known/smart-configuration'))
      return discovery?.() ?? Response.json({ token_endpoint: TOKEN_URL })
    const assertion = form.get('client_assertion') ?? ''
    assertions.push(assertion)
    const currentDate = new Date(NOW + skewMs)
    const verified = await jwtVerify(assertion, createLocalJWKSet(jwks), {
      issuer: CLIENT_ID,
      subject: CLIENT_ID,
      audience: TOKEN_URL,
      typ: 'JWT',
      algorithms: ['RS384', 'ES384'],
      requiredClaims: ['exp', 'jti'],
      currentDate,
      clockTolerance: 0,
    }).catch(() => undefined)
    const jti = verified?.payload.jti ?? ''
    const tooLong = (verified?.payload.exp ?? 0) > currentDate.getTime() / 1000 + 300
    if (!verified || tooLong || jtis.has(jti))
      return Response.json({ error: 'invalid_client' }, { status: 401, headers })
    jtis.add(jti)
    return Response.json({ access_token: `t${jtis.size}`, token_type: 'bearer', expires_in: expiresIn }, { headers })
  }
  return { send, seen, assertions }
}

function credentials(auth: EhrAuth, send: typeof fetch, change: Partial<AuthEffects> = {}) {
  return createCredentials(auth, {
    baseUrl: BASE,
    send,
    timeoutMs: 5000,
    now: () => new Date(NOW),
    readText,
    ...change,
  })
}

beforeAll(async () => {
  await makeKey('rsa', 'RS384')
  await makeKey('ec', 'ES384', 'the-ec-key')
  await makeKey('ec2', 'ES384')
})

describe('SMART Backend Services', () => {
  it.each([
    ['RS384', 'rsa'],
    ['ES384', 'ec'],
  ])('%s: the assertion is what the specification asks for, by two verifiers', async (alg, file) => {
    const auth = smartAuth([file])
    const jwks = await fetchJwks(auth)
    const server = authorizationServer({ jwks })
    expect(await credentials(auth, server.send).authorization()).toBe('Bearer t1')
    expect(server.seen.map(({ url }) => url)).toEqual([`${BASE}/.well-known/smart-configuration`, TOKEN_URL])
    const { form } = server.seen[1]!
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs system/DiagnosticReport.cruds',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: expect.any(String),
    })
    const assertion = form.get('client_assertion')!
    expect(decodeProtectedHeader(assertion)).toEqual({ alg, kid: jwks.keys[0]!.kid, typ: 'JWT' })
    const claims = decodeJwt(assertion)
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iss', 'jti', 'sub'])
    expect(claims.exp! - NOW / 1000).toBeGreaterThan(60)
    expect(claims.exp! - NOW / 1000).toBeLessThanOrEqual(300)
    const [head, body, signature] = assertion.split('.')
    const key = createPublicKey({ key: jwks.keys[0] as never, format: 'jwk' })
    const signed = (text: string) =>
      verify('sha384', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature!, 'base64url'))
    expect(signed(`${head}.${body}`)).toBe(true)
    expect(signed(`${head}.${body}x`)).toBe(false)
  })

  it('publishes two keys and nothing private; other credentials publish nothing', async () => {
    const { keys } = await fetchJwks(smartAuth(['rsa', 'ec']))
    expect(keys.map(({ kty, alg, use }) => [kty, alg, use])).toEqual([
      ['RSA', 'RS384', 'sig'],
      ['EC', 'ES384', 'sig'],
    ])
    expect(keys[1]!.kid).toBe('the-ec-key')
    for (const key of keys)
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(member)
    expect(createPublicKeys({ type: 'none' })).toBeUndefined()
    expect((await sampleApp().app.request('http://localhost/.well-known/jwks.json')).status).toBe(404)
  })

  it('uses each jti once: a second token has a second assertion', async () => {
    const auth = smartAuth(['ec'], TOKEN_URL)
    const server = authorizationServer({ jwks: await fetchJwks(auth) })
    const held = credentials(auth, server.send)
    expect(await held.authorization()).toBe('Bearer t1')
    held.renew()
    expect(await held.authorization()).toBe('Bearer t2')
    expect(new Set(server.assertions.map((assertion) => decodeJwt(assertion).jti)).size).toBe(2)
  })

  it.each([
    ['ahead', 20 * 60_000],
    ['behind', -20 * 60_000],
  ])('corrects its clock when the server is %s', async (_name, skewMs) => {
    const auth = smartAuth(['rsa'], TOKEN_URL)
    const server = authorizationServer({ jwks: await fetchJwks(auth), skewMs })
    const held = credentials(auth, server.send)
    expect(await held.authorization()).toBe('Bearer t1')
    expect(server.seen).toHaveLength(2)
    held.renew()
    await held.authorization()
    expect(server.seen).toHaveLength(3)
  })

  it('rotates: the second key while the server knows only that, a changed file without a restart', async () => {
    const old = await fetchJwks(smartAuth(['ec']))
    const server = authorizationServer({ jwks: old })
    expect(await credentials(smartAuth(['rsa', 'ec'], TOKEN_URL), server.send).authorization()).toBe('Bearer t1')
    expect(server.assertions.map((assertion) => decodeProtectedHeader(assertion).alg)).toEqual(['RS384', 'ES384'])

    files.set('current', files.get('ec')!)
    const jwks = { keys: [...old.keys, ...(await fetchJwks(smartAuth(['ec2']))).keys] }
    const second = authorizationServer({ jwks })
    const held = credentials(smartAuth(['current'], TOKEN_URL), second.send)
    await held.authorization()
    files.set('current', files.get('ec2')!)
    held.renew()
    expect(await held.authorization()).toBe('Bearer t2')
    const kids = second.assertions.map((assertion) => decodeProtectedHeader(assertion).kid)
    expect(kids).toEqual(['the-ec-key', jwks.keys[1]!.kid])
  })

  it('refused with every key: EHR_AUTH, each key tried once', async () => {
    const server = authorizationServer({ jwks: await fetchJwks(smartAuth(['ec2'])) })
    await expect(credentials(smartAuth(['rsa', 'ec'], TOKEN_URL), server.send).authorization()).rejects.toMatchObject({
      code: 'EHR_AUTH',
      message: 'POST ehr.auth.tokenUrl: status 401 (invalid_client)',
    })
    expect(server.seen).toHaveLength(2)
  })

  it('refuses keys that it cannot use, names the file by its setting and quotes nothing', async () => {
    await makeKey('p384', 'ES384')
    const good = JSON.parse(files.get('ec')!) as JWK
    const { d: _private, ...onlyPublic } = good
    const bad: [string, string][] = [
      ['-----BEGIN geheim-----', 'is not a JWK'],
      [JSON.stringify(onlyPublic), 'not a private one'],
      [JSON.stringify({ ...good, crv: 'P-256' }), 'P-384'],
      [JSON.stringify({ ...good, alg: 'ES256' }), '"alg" must be ES384'],
      [JSON.stringify({ ...good, x: 'AAAA' }), 'damaged'],
      [JSON.stringify({ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'geheim' }), '2048 bits'],
    ]
    for (const [text, why] of bad) {
      files.set('bad', text)
      const error = await credentials(smartAuth(['p384', 'bad'], TOKEN_URL), fetch)
        .authorization()
        .catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code: 'EHR_AUTH', message: expect.stringContaining('ehr.auth.keyFiles.1') })
      expect((error as Error).message).toContain(why)
      expect((error as Error).message).not.toContain('geheim')
    }
    await expect(credentials(smartAuth(['missing'], TOKEN_URL), fetch).authorization()).rejects.toMatchObject({
      message: 'ehr.auth.keyFiles.0: missing does not exist (ENOENT)',
    })
    await expect(credentials(smartAuth(['ec', 'ec'], TOKEN_URL), fetch).authorization()).rejects.toThrow('same "kid"')
  })

  it.each<[string, () => Response, string]>([
    ['is not there', () => new Response('', { status: 404 }), 'EHR_AUTH'],
    ['would lead to plain http', () => Response.json({ token_endpoint: 'http://login.example/t' }), 'EHR_AUTH'],
    ['has no token_endpoint', () => Response.json({}), 'EHR_AUTH'],
    ['is down', () => new Response('', { status: 503 }), 'EHR_ERROR'],
  ])('discovery that %s: no assertion leaves', async (_name, discovery, code) => {
    const server = authorizationServer({ jwks: { keys: [] }, discovery })
    await expect(credentials(smartAuth(['rsa']), server.send).authorization()).rejects.toMatchObject({ code })
    expect(server.assertions).toEqual([])
  })
})

describe('other token servers', () => {
  it('client secret in the form', async () => {
    const seen: RequestInit[] = []
    const send: typeof fetch = async (_input, init) => {
      seen.push(init!)
      return Response.json({ access_token: 'x', expires_in: 60 })
    }
    const auth: EhrAuth = {
      type: 'client-credentials',
      tokenUrl: TOKEN_URL,
      clientId: 'a&b',
      clientSecret: 'p=ß',
      clientAuthentication: 'post',
    }
    await credentials(auth, send).authorization()
    expect(new Headers(seen[0]!.headers).has('authorization')).toBe(false)
    expect(Object.fromEntries(new URLSearchParams(String(seen[0]!.body)))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'a&b',
      client_secret: 'p=ß',
    })
  })

  it('Entra: scope .default, seconds as text, a JWT with appid and no client_id, no refresh token', async () => {
    const jwt = ['{"alg":"none"}', '{"appid":"other","azp":"other","aud":"api"}', 's']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')
    let asked = 0
    let now = NOW
    const send: typeof fetch = async (input, init) => {
      if (String(input) === TOKEN_URL) {
        asked += 1
        expect(new URLSearchParams(String(init?.body)).get('scope')).toBe('api://fhir/.default')
        return Response.json({ token_type: 'Bearer', expires_in: '3599', ext_expires_in: '3599', access_token: jwt })
      }
      expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${jwt}`)
      const resource = { id: 'p1', ...patientWith(MRN_SYSTEM, PATIENT.patientId) }
      return Response.json({ resourceType: 'Bundle', type: 'searchset', entry: [{ resource }] })
    }
    const auth: EhrAuth = {
      type: 'client-credentials',
      tokenUrl: TOKEN_URL,
      clientId: 'c',
      clientSecret: 's',
      scope: 'api://fhir/.default',
    }
    const record = createClinicalRecord({
      ...recordOptions(BASE),
      auth,
      timeoutMs: 5000,
      fetch: send,
      now: () => new Date(now),
    })
    await record.matchPatient(PATIENT)
    now += 3_500_000
    await record.matchPatient(PATIENT)
    expect(asked).toBe(1)
    now += 90_000
    await record.matchPatient(PATIENT)
    expect(asked).toBe(2)
  })
})
