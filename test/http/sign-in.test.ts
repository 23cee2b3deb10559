// Who signed in: rights by role, one patient after a launch, cookies, the way in and out, and decisions under the person's own name.
import { describe, expect, it } from 'vitest'
import { type LaunchedPatient, RIGHTS, ROLES, type Role, type Visitor } from '../../src/domain/access.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { SignIn } from '../../src/domain/ports/sign-in.ts'
import type { HttpSettings } from '../../src/http/deps.ts'
import { rightNeeded } from '../../src/http/rights.ts'
import { delivered, held } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'

const PERSON = { identifier: 'P-77', system: 'urn:oid:1.2.3', name: 'Dora Nine' }
const PUBLIC = 'https://glioma.hospital.example'
const identity = delivered.summary!.patient!
const LAUNCHED: LaunchedPatient = { reference: 'Patient/12', ids: [{ patientId: identity.patientId }] }

function opened(
  { roles = ['reviewer'], patient }: { roles?: readonly Role[]; patient?: LaunchedPatient } = {},
  settings: Partial<HttpSettings> = {},
) {
  const rows: AuditEntry[] = []
  const active: boolean[] = []
  const visitor: Visitor = { person: PERSON, roles, ...(patient && { patient }) }
  const ended: string[] = []
  const signIn: SignIn = {
    offers: { oidc: true, accounts: true, ehrs: [{ name: 'Orbis', issuer: 'https://ehr.example/fhir' }] },
    toOidc: async (to) => ({ url: `https://login.example/?to=${encodeURIComponent(to)}`, browser: 'b' }),
    toEhr: async (issuer, launch) => ({
      url: `https://ehr.example/authorize?aud=${issuer}&launch=${launch}`,
      browser: 'b',
    }),
    comeBack: async (_, browser) => ({ token: `of-${browser}`, to: '/patient' }),
    withPassword: async (name, password) => (name === 'dora' && password === 'right' ? { token: 'new' } : undefined),
    visitor: async (token, isActive) => {
      active.push(isActive)
      return token === 'good' ? visitor : undefined
    },
    end: async (token) => void ended.push(token),
    signedOut: async (token) => token === 'genuine',
  }
  const sample = sampleApp(
    { publicUrl: PUBLIC, ...settings },
    { deps: { signIn, audit: { record: async (entry) => void rows.push(entry) } } },
  )
  const cookie = `${(settings.publicUrl ?? PUBLIC).startsWith('https') ? '__Host-' : ''}gliabridge=good`
  const ask = (path: string, init: RequestInit = {}) =>
    sample.app.request(path, {
      ...init,
      headers: { cookie, 'sec-fetch-site': 'same-origin', ...(init.headers as object) },
    })
  return { ...sample, rows, active, ended, ask }
}
const id = delivered.analysisId
const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })
const accept = form({ decision: 'accept', version: '0' })

describe('the table of rights', () => {
  it('has every route of the service that is not open, or is for programs alone', () => {
    const { app } = opened()
    const missing = app.routes
      .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
      .map(({ method, path }) => ({ method, path: path.replace(/:\w+(\{[^}]+\})?/g, '1.png') }))
      .filter(({ method, path }) => rightNeeded(method, path) === undefined)
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^\/(healthz|readyz|\.well-known|hints|dicom-web|assets|sign-in|sign-out|launch|cds-services)/.test(path),
      )
    expect(missing).toEqual([])
  })

  it.each(ROLES)('%s can do what the table says, and nothing else', async (role) => {
    const has = (right: keyof typeof RIGHTS) => (RIGHTS[right] as readonly Role[]).includes(role)
    const asked: Record<keyof typeof RIGHTS, [string, RequestInit?]> = {
      see: [`/analyses/${id}`],
      list: ['/not-analysed'],
      meet: ['/board'],
      decide: [`/analyses/${id}/review`, accept],
      resolve: [`/analyses/${held.analysisId}/resolve`, form({})],
      operate: ['/metrics'],
    }
    for (const [right, [path, init]] of Object.entries(asked) as [keyof typeof RIGHTS, [string, RequestInit?]][]) {
      const { ask, calls, rows } = opened({ roles: [role] })
      const { status } = await ask(path, init)
      expect([right, status === 403]).toEqual([right, !has(right)])
      if (has(right)) continue
      expect(calls).toEqual([])
      expect(rows.at(-1)).toMatchObject({ outcome: 'failure', user: { identifier: 'P-77', name: 'Dora Nine' } })
    }
  })

  it('offers on the page what the person may do', async () => {
    const pageOf = async (roles: Role[]) => (await opened({ roles }).ask(`/analyses/${id}`)).text()
    expect(await pageOf(['viewer'])).not.toContain('name="decision"')
    const page = await pageOf(['reviewer'])
    expect(page).toContain('name="decision"')
    expect(page).toContain('Dora Nine')
    expect(page).not.toContain('name="identifier"')
  })
})

describe('a person', () => {
  it('decides under their own name, whatever the request says', async () => {
    const sent: unknown[] = []
    const { ask, deps } = opened()
    deps.review = async (_, request) => {
      sent.push(request.reviewer)
      return { review: { ...request, reviewId: 'r', analysisId: id, number: 1, at: '', deliveries: [] }, created: true }
    }
    expect(
      (
        await ask(
          `/analyses/${id}/review`,
          form({ decision: 'accept', version: '0', name: 'Somebody', identifier: 'X' }),
        )
      ).status,
    ).toBe(303)
    const body = JSON.stringify({
      decision: 'accept',
      version: 0,
      reviewer: { identifier: 'X', name: 'Somebody Else' },
    })
    expect(
      (await ask(`/api/analyses/${id}/review`, { method: 'POST', body, headers: { 'idempotency-key': 'key-0001' } }))
        .status,
    ).toBe(201)
    expect(sent).toEqual([PERSON, PERSON])
  })

  it('asks under their own name', async () => {
    const { ask, calls } = opened()
    await ask('/studies/1.2.3/analyse', form({ by: 'Somebody' }))
    expect(calls).toEqual(['analyse 1.2.3 Dora Nine (P-77)'])
  })

  it('is named in the audit of what they look at', async () => {
    const { ask, rows } = opened()
    await ask(`/analyses/${id}`)
    expect(rows).toEqual([
      expect.objectContaining({ outcome: 'success', user: { identifier: 'P-77', name: 'Dora Nine' } }),
    ])
  })

  it('stays signed in by what they do, not by what the page does by itself', async () => {
    const { ask, active } = opened()
    await ask(`/analyses/${id}`)
    await ask(`/analyses/${id}`, { headers: { 'sec-fetch-dest': 'empty' } })
    await ask(`/events?analysis=${id}`, { method: 'HEAD' })
    expect(active).toEqual([true, false, false])
  })

  it('cannot be made to act by a request without the headers of a browser', async () => {
    const { app, calls } = opened()
    const bare = { ...accept, headers: { cookie: '__Host-gliabridge=good' } }
    expect((await app.request(`/analyses/${id}/review`, bare)).status).toBe(403)
    expect(calls).toEqual([])
  })
})

describe('after a launch for one patient', () => {
  const launched = () => opened({ patient: LAUNCHED })

  it('shows that patient, and nobody else', async () => {
    const { ask, rows } = launched()
    expect((await ask(`/analyses/${id}`)).status).toBe(200)
    for (const path of [
      `/analyses/${held.analysisId}`,
      `/api/analyses/${held.analysisId}`,
      `/analyses/${held.analysisId}/report.pdf`,
      `/analyses/${held.analysisId}/images`,
      `/analyses/${held.analysisId}/images/axial/1/picture.png?of=T1c:0-4095`,
      `/analyses/${held.analysisId}/images/volumes/T1c.nii.gz`,
      `/events?analysis=${held.analysisId}`,
      '/events',
      '/analyses/nobody',
    ]) {
      const answer = await ask(path)
      expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        path,
        403,
        'OTHER_PATIENT',
      ])
    }
    expect(rows.filter(({ outcome }) => outcome === 'failure')).toHaveLength(9)
    for (const path of ['/not-analysed', '/api/analyses', '/board'])
      expect([path, (await ask(path)).status]).toEqual([path, 403])
    expect((await ask('/')).headers.get('location')).toBe('/patient')
  })

  it('believes the patient to whom the report was written before the identifier of the images', async () => {
    const { ask, records, change } = launched()
    const record = records.get(id)!
    const legs = record.legs.map((leg) =>
      leg.leg === 'ehr' ? { ...leg, receipt: { ...leg.receipt, patient: 'Patient/99' } } : leg,
    )
    change({ ...record, legs })
    expect((await ask(`/analyses/${id}`)).status).toBe(403)
  })

  it('leads to the one analysis, or to the one that a card spoke of', async () => {
    expect((await launched().ask('/patient')).headers.get('location')).toBe(`/analyses/${id}`)
    const { ask } = opened({ patient: { reference: 'Patient/13', ids: [] } })
    expect(await (await ask('/patient')).text()).toContain('no result for this patient')
  })
})

describe('the way in', () => {
  it('leads a person to the sign-in page and back, and a program to a token', async () => {
    const { app } = opened()
    const page = await app.request(`/analyses/${id}?x=1`, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(303)
    expect(page.headers.get('location')).toBe(`/sign-in?to=${encodeURIComponent(`/analyses/${id}?x=1`)}`)
    expect((await app.request('/api/analyses')).status).toBe(401)
    const sent = await app.request(`/analyses/${id}/review`, {
      ...accept,
      headers: { accept: 'text/html', 'sec-fetch-site': 'same-origin' },
    })
    expect([sent.status, await sent.text()]).toEqual([401, expect.stringContaining('Sign in in another tab')])
    const text = await (await app.request('/sign-in?to=/board')).text()
    expect(text).toContain('href="/sign-in/oidc?to=%2Fboard"')
    expect(text).toContain('Choose a patient in Orbis')
    expect(text).toContain('type="password"')
  })

  it('takes the token of programs as before', async () => {
    const { app } = opened({}, { token: 'secret' })
    expect((await app.request('/api/analyses', { headers: { authorization: 'Bearer secret' } })).status).toBe(200)
    expect((await app.request('/api/analyses', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
  })

  it('opens a session by password, and refuses a wrong one without saying why', async () => {
    const { app, ended } = opened()
    const send = (password: string, to = '/') =>
      app.request('/sign-in', {
        ...form({ name: 'dora', password, to }),
        headers: { 'sec-fetch-site': 'same-origin', cookie: '__Host-gliabridge=old' },
      })
    const answer = await send('right', `/analyses/${id}`)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/analyses/${id}`])
    expect(answer.headers.get('set-cookie')).toBe('__Host-gliabridge=new; Path=/; HttpOnly; Secure; SameSite=Lax')
    expect(ended).toEqual(['old'])
    expect((await send('wrong')).status).toBe(401)
    for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
      expect((await send('right', to)).headers.get('location')).toBe('/')
  })

  it('keeps the cookie in a frame of the EHR apart for each embedding site', async () => {
    const { app } = opened({}, { frameAncestors: ['https://ehr.example'] })
    const launch = await app.request('/launch?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=abc')
    expect(launch.status).toBe(302)
    expect(launch.headers.get('location')).toBe('https://ehr.example/authorize?aud=https://ehr.example/fhir&launch=abc')
    expect(launch.headers.get('set-cookie')).toBe(
      '__Host-gliabridge-sign-in=b; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=None; Partitioned',
    )
    expect(launch.headers.get('content-security-policy')).toContain('frame-ancestors https://ehr.example')
    const back = await app.request('/sign-in/callback?state=s&code=c', {
      headers: { cookie: '__Host-gliabridge-sign-in=mine' },
    })
    expect([back.status, back.headers.get('location')]).toEqual([303, '/patient'])
    expect(back.headers.get('set-cookie')).toContain(
      '__Host-gliabridge=of-mine; Path=/; HttpOnly; Secure; SameSite=None; Partitioned',
    )
  })

  it('has no secure cookie on this machine by http, where none would be kept', async () => {
    const { app } = opened({}, { publicUrl: 'http://127.0.0.1:8080' })
    const answer = await app.request('/sign-in/oidc')
    expect(answer.headers.get('set-cookie')).toBe('gliabridge-sign-in=b; Max-Age=600; Path=/; HttpOnly; SameSite=Lax')
  })

  it('takes a logout token of the provider without a browser, and slows down whoever sends others', async () => {
    const { app } = opened()
    const send = (body: string) =>
      app.request('/sign-in/back-channel', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      })
    const good = await send('logout_token=genuine')
    expect([good.status, good.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const bad = await send('logout_token=forged')
    expect([bad.status, await bad.json()]).toEqual([400, { error: 'invalid_request' }])
    expect((await send('x=1')).status).toBe(400)
  })

  it('ends a session by signing out', async () => {
    const { ask, ended } = opened()
    const answer = await ask('/sign-out', { method: 'POST' })
    expect(answer.headers.get('location')).toBe('/sign-in?said=out')
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-gliabridge=; Max-Age=0; Path=\/; (HttpOnly; )?Secure/)
    expect(ended).toEqual(['good'])
  })

  it('keeps the id token of an identity provider in a cookie, and leads to the provider when the person signs out', async () => {
    const { ask, deps } = opened()
    const given: (string | undefined)[] = []
    deps.signIn!.comeBack = async () => ({ token: 'new', to: '/', idToken: 'aaa.bbb.ccc' })
    deps.signIn!.end = async (_, idToken) => {
      given.push(idToken)
      return { url: 'https://login.example/end?id_token_hint=aaa.bbb.ccc&client_id=g' }
    }
    const back = await ask('/sign-in/callback?state=s', { headers: { cookie: '__Host-gliabridge-sign-in=b' } })
    const kept = back.headers.getSetCookie().find((one) => one.startsWith('__Host-gliabridge-id-token='))
    expect(kept).toMatch(/^__Host-gliabridge-id-token=aaa\.bbb\.ccc; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const answer = await ask('/sign-out', {
      method: 'POST',
      headers: { cookie: '__Host-gliabridge=good; __Host-gliabridge-id-token=aaa.bbb.ccc' },
    })
    expect(given).toEqual(['aaa.bbb.ccc'])
    expect(answer.status).toBe(200)
    const address = 'https://login.example/end?id_token_hint=aaa.bbb.ccc&amp;client_id=g'
    const page = await answer.text()
    expect(page).toContain(`<meta http-equiv="refresh" content="0;url=${address}">`)
    expect(page).toContain(`href="${address}"`)
    expect(answer.headers.getSetCookie().filter((one) => one.includes('Max-Age=0'))).toHaveLength(2)
    expect((await ask('/sign-in/out')).headers.get('location')).toBe('/sign-in?said=both')
  })

  it('keeps no id token that is too long for a cookie', async () => {
    const { ask, deps } = opened()
    deps.signIn!.comeBack = async () => ({ token: 'new', to: '/', idToken: 'a'.repeat(3801) })
    const back = await ask('/sign-in/callback?state=s', { headers: { cookie: '__Host-gliabridge-sign-in=b' } })
    const kept = back.headers.getSetCookie().find((one) => one.startsWith('__Host-gliabridge-id-token='))
    expect(kept).toMatch(/^__Host-gliabridge-id-token=; Max-Age=0/)
  })
})
