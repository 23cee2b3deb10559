// Sign-in against a real provider (oidc-provider) and a real store: OpenID Connect, SMART launches, local accounts, sessions.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccessStore, AccountStore } from '../../src/domain/ports/access-store.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { hashPassword, isPassword, passwordProblem } from '../../src/identity/passwords.ts'
import { type ClientKey, createProvider } from '../../src/identity/providers.ts'
import { createSignIn, type SignInParts } from '../../src/identity/sign-in.ts'
import { createAccessStore, createAccountStore } from '../../src/store/access.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../support/database.ts'
import { failureOf } from '../support/failure-of.ts'
import { CLIENT, followTo, type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'

const BACK = 'http://127.0.0.1:9/sign-in/callback'
const OUT = 'http://127.0.0.1:9/sign-in/out'
const PEOPLE = {
  dora: { name: 'Dora Nine', preferred_username: 'P-77', groups: ['radiology', 'staff'], fhirUser: 'Practitioner/d9' },
  paul: { name: 'Paul Patient', preferred_username: 'x', groups: ['patients'], fhirUser: 'Patient/12' },
}
const SYSTEM = 'https://hospital.example/staff'
/** A hash states its own cost; at the usual one, these tests would do little else than hash. */
const quickHash = (password: string) => hashPassword(password, { logN: 4, r: 8, p: 1 })

let db: Database
let store: AccessStore
let accounts: AccountStore
let idp: IdentityProvider
let rows: AuditEntry[]
let nowMs: number
/** Real time passes for the provider's tokens; `ahead` is what a test adds. */
let ahead: number
const clock = { now: () => new Date(nowMs + ahead), sleep: async () => undefined }

beforeAll(async () => {
  db = await openDatabase()
  store = createAccessStore(db)
  accounts = createAccountStore(db, clock)
}, 120_000)
afterAll(() => db?.close())
beforeEach(() => {
  rows = []
  ahead = 0
  nowMs = Date.now()
})
const withProvider = () => {
  beforeEach(async () => {
    idp = await startIdentityProvider({ redirectUri: BACK, people: PEOPLE })
  })
  afterEach(() => idp.close())
}

function opened(changes: Partial<SignInParts> = {}, key?: ClientKey) {
  const effects = {
    redirectUri: BACK,
    signedOutUri: OUT,
    send: fetch,
    now: clock.now,
    ...(key && { signingKey: async () => key }),
  }
  const { clientId } = CLIENT
  const clientSecret = key ? undefined : CLIENT.clientSecret
  const oidc = {
    provider: createProvider(
      { issuer: idp.issuer, kind: 'oidc', clientId, clientSecret, scope: 'openid profile' },
      effects,
    ),
    identifierClaim: 'preferred_username',
    rolesClaim: 'groups',
    roles: { reviewer: ['radiology'], administrator: ['it'] },
  }
  const scope = 'openid fhirUser user/Practitioner.rs'
  const ehrs = [
    {
      provider: createProvider({ issuer: idp.ehr, kind: 'smart', clientId, clientSecret, scope }, effects),
      name: 'EHR',
      roles: ['reviewer'] as const,
      identifierSystem: SYSTEM,
    },
  ]
  const audit = { record: async (entry: AuditEntry) => void rows.push(entry) }
  const patientIds = async (reference: string) => [{ patientId: `of ${reference}` }]
  return createSignIn({
    store,
    audit,
    clock,
    oidc,
    ehrs,
    accounts: true,
    idleMinutes: 30,
    hours: 10,
    patientIds,
    ...changes,
  })
}
const newKey = async (alg: ClientKey['alg']): Promise<{ key: ClientKey; publicJwk: JWK }> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const named = { kid: `of-${alg}`, alg }
  return {
    key: { ...named, jwk: await exportJWK(privateKey) },
    publicJwk: { ...(await exportJWK(publicKey)), ...named },
  }
}
const queryOf = async (url: string) => (await followTo(url, BACK)).searchParams

describe('OpenID Connect', () => {
  withProvider()
  it('signs a person in with the identifier and the roles that the claims state', async () => {
    const signIn = opened()
    const { url, browser } = await signIn.toOidc('/board')
    const asked = new URL(url).searchParams
    expect(asked.get('code_challenge_method')).toBe('S256')
    expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    const { token, to } = await signIn.comeBack(await queryOf(url), browser)
    expect(to).toBe('/board')
    expect(await signIn.visitor(token, true)).toEqual({
      person: { identifier: 'P-77', system: idp.issuer, name: 'Dora Nine' },
      roles: ['reviewer'],
    })
    expect(rows).toEqual([
      expect.objectContaining({
        interaction: 'login',
        outcome: 'success',
        user: { identifier: 'P-77', name: 'Dora Nine' },
      }),
    ])
    await signIn.end(token)
    expect(await signIn.visitor(token, true)).toBeUndefined()
    expect(rows.at(-1)).toMatchObject({ interaction: 'logout' })
  })

  it('refuses whoever has no role here, in words that name the setting', async () => {
    idp.context.accountId = 'paul'
    const signIn = opened()
    const { url, browser } = await signIn.toOidc('/')
    const query = await queryOf(url)
    expect(await failureOf(signIn.comeBack(query, browser))).toMatchObject({
      code: 'SIGN_IN_REFUSED',
      message: expect.stringContaining('access.oidc.roles'),
    })
    expect(rows.some(({ outcome }) => outcome === 'success')).toBe(false)
  })

  it('takes no answer twice, none of another browser, and none that came too late', async () => {
    const signIn = opened()
    const first = await signIn.toOidc('/')
    const query = await queryOf(first.url)
    expect(await failureOf(signIn.comeBack(query, 'another browser'))).toMatchObject({ code: 'SIGN_IN_REFUSED' })
    expect(await failureOf(signIn.comeBack(query, first.browser))).toMatchObject({ code: 'SIGN_IN_REFUSED' })
    const second = await signIn.toOidc('/')
    const late = await queryOf(second.url)
    ahead = 11 * 60_000
    expect(await failureOf(signIn.comeBack(late, second.browser))).toMatchObject({ code: 'SIGN_IN_REFUSED' })
    ahead = 0
    const third = await signIn.toOidc('/')
    const good = await queryOf(third.url)
    await signIn.comeBack(good, third.browser)
    expect(await failureOf(signIn.comeBack(good, third.browser))).toMatchObject({ code: 'SIGN_IN_REFUSED' })
  })

  it('says that the provider is not there', async () => {
    const signIn = opened()
    await idp.close()
    expect(await failureOf(signIn.toOidc('/'))).toMatchObject({ code: 'IDENTITY_UNREACHABLE' })
  })
})

describe('a launch from the EHR', () => {
  withProvider()
  const launch = async (signIn: ReturnType<typeof opened>, token: string | undefined = 'abc') => {
    const { url, browser } = await signIn.toEhr(idp.ehr, token)
    return signIn.comeBack(await queryOf(url), browser)
  }

  it('signs the Practitioner in for the launched patient alone', async () => {
    const identifier = [
      { system: 'urn:other', value: '1' },
      { system: SYSTEM, value: 'P-77' },
    ]
    idp.context.practitioner = { name: [{ family: 'Nine', given: ['Dora', 'M.'], prefix: ['Dr.'] }], identifier }
    idp.context.patient = '12'
    const signIn = opened()
    const { token, to } = await launch(signIn)
    expect(idp.asked[0]).toMatchObject({ aud: idp.ehr, launch: 'abc', code_challenge_method: 'S256' })
    expect(String(idp.asked[0]?.scope)).toMatch(/ launch$/)
    expect(to).toBe('/patient')
    expect(await signIn.visitor(token, true)).toEqual({
      person: { identifier: 'P-77', system: SYSTEM, name: 'Dr. Dora M. Nine' },
      roles: ['reviewer'],
      patient: { reference: 'Patient/12', ids: [{ patientId: 'of Patient/12' }] },
    })
  })

  it('asks for the patient when it begins here, and goes where a card leads', async () => {
    idp.context.practitioner = { name: [{ text: 'Dora Nine' }], identifier: [{ system: SYSTEM, value: 'P-77' }] }
    Object.assign(idp.context, { patient: '12', appContext: '{"analysisId":"a1"}' })
    const signIn = opened()
    const { url, browser } = await signIn.toEhr(`${idp.ehr}/`, undefined)
    expect(new URL(url).searchParams.get('scope')).toMatch(/ launch\/patient$/)
    expect((await signIn.comeBack(await queryOf(url), browser)).to).toBe('/patient?analysis=a1')
  })

  it.each([
    [
      'of an issuer that is not on the list',
      async (signIn: ReturnType<typeof opened>) => signIn.toEhr('https://evil.example/fhir', 'x'),
      'access.smart',
    ],
    ['without a patient', async (signIn: ReturnType<typeof opened>) => launch(signIn), 'names no patient'],
    [
      'of a patient, who is no staff',
      async (signIn: ReturnType<typeof opened>) => {
        Object.assign(idp.context, { accountId: 'paul', patient: '12' })
        return launch(signIn)
      },
      'no Practitioner',
    ],
    [
      'of a Practitioner without the identifier that reviews need',
      async (signIn: ReturnType<typeof opened>) => {
        Object.assign(idp.context, { patient: '12', practitioner: { name: [{ text: 'Dora Nine' }] } })
        return launch(signIn)
      },
      'access.smart.identifierSystem',
    ],
  ])('is refused %s', async (_, begin, said) => {
    idp.context.practitioner = { name: [{ text: 'Dora Nine' }], identifier: [{ system: SYSTEM, value: 'P-77' }] }
    expect(await failureOf(begin(opened()))).toMatchObject({
      code: 'SIGN_IN_REFUSED',
      message: expect.stringContaining(said),
    })
  })

  it.each([
    ['no PKCE by S256', { code_challenge_methods_supported: ['plain'] }],
    ['no usable token_endpoint', { token_endpoint: 'ftp://x' }],
    ['no issuer', { issuer: undefined }],
  ])('is refused by an EHR with %s', async (said, change) => {
    Object.assign(idp.context.smart, change)
    expect(await failureOf(opened().toEhr(idp.ehr, 'x'))).toMatchObject({
      code: 'IDENTITY_INVALID',
      message: expect.stringContaining(said),
    })
  })

  it('is refused when the token is of another issuer than the EHR states', async () => {
    idp.context.smart.issuer = 'http://127.0.0.1:1'
    idp.context.patient = '12'
    expect(await failureOf(launch(opened()))).toMatchObject({ code: 'IDENTITY_INVALID' })
  })
})

describe('local accounts', () => {
  const person = { identifier: 'P-1', name: 'Ada Local' }
  beforeEach(async () => {
    await accounts.removeAccount('ada')
    await accounts.addAccount({
      name: 'ada',
      person,
      roles: ['viewer'],
      passwordHash: await quickHash('correct horse battery'),
    })
  })

  it('let in with the right password alone', async () => {
    const signIn = opened()
    expect(await signIn.withPassword('ada', 'wrong horse battery')).toBeUndefined()
    expect(await signIn.withPassword('eva', 'correct horse battery')).toBeUndefined()
    const { token = '' } = (await signIn.withPassword('ada', 'correct horse battery')) ?? {}
    expect(await signIn.visitor(token, true)).toEqual({ person, roles: ['viewer'], account: 'ada' })
    expect(rows.map(({ outcome }) => outcome)).toEqual(['failure', 'failure', 'success'])
    expect(await opened({ accounts: false }).withPassword('ada', 'correct horse battery')).toBeUndefined()
  })

  it('are locked for a quarter of an hour by five wrong passwords, however many come at once', async () => {
    const signIn = opened()
    await Promise.all(Array.from({ length: 6 }, () => signIn.withPassword('ada', 'wrong horse battery')))
    expect(await signIn.withPassword('ada', 'correct horse battery')).toBeUndefined()
    expect(rows.at(-1)).toMatchObject({ what: 'sign-in to a locked account', outcome: 'failure' })
    ahead = 15 * 60_000 + 1
    expect(await signIn.withPassword('ada', 'correct horse battery')).toBeDefined()
  })

  it('end their sessions with a new password, and with the account', async () => {
    const signIn = opened()
    const { token = '' } = (await signIn.withPassword('ada', 'correct horse battery')) ?? {}
    await accounts.setPassword('ada', await quickHash('another horse battery'))
    expect(await signIn.visitor(token, true)).toBeUndefined()
    const again = (await signIn.withPassword('ada', 'another horse battery'))?.token ?? ''
    await accounts.removeAccount('ada')
    expect(await signIn.visitor(again, true)).toBeUndefined()
  })

  it.each([
    ['short', '12 to 200'],
    ['I am ADA, open up', 'name of the account'],
    ['correct horse\nbattery staple', 'one line'],
    ['x'.repeat(201), '12 to 200'],
  ])('take no password such as %j', (password, said) => {
    expect(passwordProblem(password, 'ada')).toContain(said)
    expect(passwordProblem('correct horse battery', 'ada')).toBeUndefined()
  })

  it('have passwords as scrypt of any composition, and no two hashes alike', async () => {
    const [one, two] = [await hashPassword('Zoë Zoë Zoë Zoë'), await hashPassword('Zoë Zoë Zoë Zoë')]
    expect(one).toMatch(/^scrypt\$15\$8\$3\$/)
    expect(one).not.toBe(two)
    expect(await isPassword('Zoë Zoë Zoë Zoë'.normalize('NFD'), one)).toBe(true)
    expect(await isPassword('', one)).toBe(false)
  })
})

describe('a session', () => {
  const enter = async (signIn: ReturnType<typeof opened>) => {
    await accounts.addAccount({
      name: 'eve',
      person: { identifier: 'P-2', name: 'Eve' },
      roles: ['viewer'],
      passwordHash: await quickHash('correct horse battery'),
    })
    return (await signIn.withPassword('eve', 'correct horse battery'))!.token
  }

  it('ends when nobody does anything, not while somebody does, and at last all the same', async () => {
    const signIn = opened()
    const token = await enter(signIn)
    for (let minutes = 20; minutes < 600; minutes += 20) {
      ahead = minutes * 60_000
      expect(await signIn.visitor(token, true)).toBeDefined()
    }
    ahead = 600 * 60_000
    expect(await signIn.visitor(token, true)).toBeUndefined()
    ahead = 0
    const other = await enter(signIn)
    ahead = 29 * 60_000
    expect(await signIn.visitor(other, false)).toBeDefined()
    ahead = 30 * 60_000
    expect(await signIn.visitor(other, true)).toBeUndefined()
  })

  it('is in the database as a digest, which opens nothing', async () => {
    const signIn = opened()
    const token = await enter(signIn)
    const kept = await db.query<{ digest: string }>('select digest from gliabridge.sessions')
    expect(kept.map(({ digest }) => digest)).not.toContain(token)
    for (const { digest } of kept) expect(await signIn.visitor(digest, true)).toBeUndefined()
  })
})

describe('our client at a provider', () => {
  afterEach(() => idp.close())

  it.each(['RS384', 'ES384'] as const)(
    'signs with its key (private_key_jwt, %s) instead of sending a secret',
    async (alg) => {
      const { key, publicJwk } = await newKey(alg)
      idp = await startIdentityProvider({ redirectUri: BACK, people: PEOPLE, clientKeys: [publicJwk] })
      idp.context.patient = '12'
      idp.context.practitioner = { name: [{ text: 'Dora Nine' }], identifier: [{ system: SYSTEM, value: 'P-77' }] }
      const signIn = opened({}, key)
      const atSite = await signIn.toOidc('/')
      const arrival = await signIn.comeBack(await queryOf(atSite.url), atSite.browser)
      expect(await signIn.visitor(arrival.token, true)).toMatchObject({ roles: ['reviewer'] })
      const fromEhr = await signIn.toEhr(idp.ehr, 'abc')
      const launched = await signIn.comeBack(await queryOf(fromEhr.url), fromEhr.browser)
      expect(await signIn.visitor(launched.token, true)).toMatchObject({ patient: { reference: 'Patient/12' } })
      expect(idp.assertions.map(({ header }) => header)).toEqual(Array(2).fill({ alg, kid: key.kid, typ: 'JWT' }))
      const [first, second] = idp.assertions.map(({ claims }) => claims)
      // OpenID providers want the issuer; SMART App Launch the token endpoint.
      expect([first!.aud, second!.aud]).toEqual([idp.issuer, `${idp.issuer}/token`])
      for (const claims of [first!, second!]) {
        expect(claims).toMatchObject({ iss: CLIENT.clientId, sub: CLIENT.clientId })
        expect(Number(claims.exp) - Date.now() / 1000).toBeLessThanOrEqual(300)
      }
      expect(first!.jti).not.toBe(second!.jti)
    },
  )

  it('is refused with another key than the registered one', async () => {
    const [registered, other] = [await newKey('ES384'), await newKey('ES384')]
    idp = await startIdentityProvider({ redirectUri: BACK, people: PEOPLE, clientKeys: [registered.publicJwk] })
    const signIn = opened({}, other.key)
    const { url, browser } = await signIn.toOidc('/')
    const query = await queryOf(url)
    expect(await failureOf(signIn.comeBack(query, browser))).toMatchObject({
      code: 'IDENTITY_INVALID',
      message: 'the provider refused our client: invalid_client (status 401)',
    })
    expect(rows.some(({ outcome }) => outcome === 'success')).toBe(false)
  })
})

describe('signed out by the provider', () => {
  let server: Server
  let received: string[]
  let signIn: ReturnType<typeof opened>
  beforeEach(async () => {
    received = []
    // What the service's own address does with it.
    server = createServer(async (request, response) => {
      const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString())
      received.push(form.get('logout_token')!)
      response.writeHead((await signIn.signedOut(received.at(-1)!)) ? 200 : 400).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const backChannel = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    idp = await startIdentityProvider({ redirectUri: BACK, people: PEOPLE, backChannel })
    signIn = opened()
  })
  afterEach(async () => {
    await idp.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const arrive = async () => {
    const { url, browser } = await signIn.toOidc('/')
    const { token, idToken } = await signIn.comeBack(await queryOf(url), browser)
    const { sub, sid } = decodeJwt(idToken!) as { sub: string; sid: string }
    return { token, idToken: idToken!, sub, sid }
  }

  it('ends that session and no other, once, and leaves a row', async () => {
    const [one, other] = [await arrive(), await arrive()]
    expect(one.sid).not.toBe(other.sid)
    await idp.signOut(one.sub, one.sid)
    expect(received).toHaveLength(1)
    expect(await signIn.visitor(one.token, true)).toBeUndefined()
    expect(await signIn.visitor(other.token, true)).toMatchObject({ person: { identifier: 'P-77' } })
    expect(rows.at(-1)).toMatchObject({ outcome: 'success', interaction: 'logout', user: { identifier: 'P-77' } })
    expect(await signIn.signedOut(received[0]!)).toBe(false)
  })

  it('ends all sessions of a person where it names no session', async () => {
    const [one, other] = [await arrive(), await arrive()]
    expect(await store.closeSessionsAt({ sub: 'nobody' })).toEqual([])
    expect(await store.closeSessionsAt({})).toEqual([])
    expect((await store.closeSessionsAt({ sub: one.sub })).length).toBeGreaterThanOrEqual(2)
    for (const { token } of [one, other]) expect(await signIn.visitor(token, true)).toBeUndefined()
  })

  it('takes nothing else for a logout token: an ID token, one of other keys, of another client, too old, changed', async () => {
    const { token, idToken, sub, sid } = await arrive()
    await idp.signOut(sub, 'of another session')
    const [genuine] = received as [string]
    const [header, , signature] = genuine.split('.') as [string, string, string]
    const changed = Buffer.from(JSON.stringify({ ...decodeJwt(genuine), sid })).toString('base64url')
    const { privateKey } = await generateKeyPair('RS256')
    const forged = (claims: object) =>
      new SignJWT({ ...decodeJwt(genuine), sid, ...claims }).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    for (const bad of [
      idToken,
      '',
      'x.y.z',
      `${header}.${changed}.${signature}`,
      await forged({}),
      await forged({ aud: 'x' }),
    ])
      expect(await signIn.signedOut(bad)).toBe(false)
    expect(await signIn.visitor(token, true)).toBeDefined()
    const later = opened({ clock: { ...clock, now: () => new Date(nowMs + 3_600_000) } })
    await idp.signOut(sub, sid).catch(() => undefined)
    expect(await later.signedOut(received.at(-1)!)).toBe(false)
  })
})

describe('signing out of the provider too', () => {
  withProvider()

  it('leads to its end_session_endpoint with the id token and the way back', async () => {
    const signIn = opened()
    const { url, browser } = await signIn.toOidc('/')
    const { token, idToken } = await signIn.comeBack(await queryOf(url), browser)
    const leaving = await signIn.end(token, idToken)
    const to = new URL(leaving!.url)
    expect(`${to.origin}${to.pathname}`).toBe(`${idp.issuer}/session/end`)
    expect(Object.fromEntries(to.searchParams)).toEqual({
      client_id: CLIENT.clientId,
      id_token_hint: idToken,
      post_logout_redirect_uri: OUT,
    })
    // The provider takes the token and the address: with another address it would answer 400.
    expect((await fetch(to)).status).toBe(200)
    to.searchParams.set('post_logout_redirect_uri', 'http://127.0.0.1:9/elsewhere')
    expect((await fetch(to)).status).toBe(400)
    expect(await signIn.end(token, idToken)).toBeUndefined()
  })

  it('is not for launches from the EHR and local accounts, nor where the provider announces no such endpoint', async () => {
    idp.context.patient = '12'
    idp.context.practitioner = { name: [{ text: 'Dora Nine' }], identifier: [{ system: SYSTEM, value: 'P-77' }] }
    const signIn = opened()
    const { url, browser } = await signIn.toEhr(idp.ehr, 'abc')
    const launched = await signIn.comeBack(await queryOf(url), browser)
    expect(launched).not.toHaveProperty('idToken')
    expect(await signIn.end(launched.token)).toBeUndefined()
    const effects = { redirectUri: BACK, signedOutUri: OUT, now: clock.now }
    const send: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      if (!String(input).endsWith('openid-configuration')) return answer
      const { end_session_endpoint: _, ...stated } = (await answer.json()) as Record<string, unknown>
      return Response.json(stated)
    }
    const settings = { issuer: idp.issuer, kind: 'oidc', scope: 'openid', ...CLIENT } as const
    expect(await createProvider(settings, { ...effects, send }).signOutUrl('x')).toBeUndefined()
  })

  it('ends the session here also when the provider cannot be reached, and leaves a row', async () => {
    const signIn = opened()
    const { url, browser } = await signIn.toOidc('/')
    const { token, idToken } = await signIn.comeBack(await queryOf(url), browser)
    ahead = 2 * 3_600_000
    await idp.close()
    expect(await signIn.end(token, idToken)).toBeUndefined()
    expect(await signIn.visitor(token, true)).toBeUndefined()
    expect(rows.at(-1)).toMatchObject({ outcome: 'failure', interaction: 'logout' })
  })
})
