// CDS Hooks: discovery, cards that lead to the result, of the hook's patient alone, and for signed tokens of the EHRs on the list alone.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { ReviewFact } from '../../src/domain/review.ts'
import { createCdsClients } from '../../src/identity/cds-clients.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { delivered } from '../support/sample-analyses.ts'
import { type SampleApp, sampleApp } from '../support/sample-app.ts'

const PUBLIC = 'https://glioma.hospital.example'
const ISSUER = 'https://ehr.example'
const FHIR = 'https://ehr.example/fhir'
const VIEW = `${PUBLIC}/cds-services/patient-view`
const { patientId } = delivered.summary!.patient!

let keys: Awaited<ReturnType<typeof generateKeyPair>>
let others: typeof keys
let server: Server
let jwksUrl: string
beforeAll(async () => {
  keys = await generateKeyPair('ES384')
  others = await generateKeyPair('ES384')
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES384' }
  server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] })),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
})
afterAll(() => server?.close())

let rows: AuditEntry[]
let sample: SampleApp
let used: Set<string>
beforeEach(() => {
  rows = []
  used = new Set()
  const clock = createManualClock()
  const store = { isFirstUse: async (digest: string) => !used.has(digest) && used.add(digest).size > 0 }
  const cds = {
    clientOf: createCdsClients([{ issuer: ISSUER, jwksUrl }], {
      store,
      clock: { ...clock, now: () => new Date() },
      send: fetch,
    }),
    patientIds: async (reference: string) => (reference === 'Patient/12' ? [{ patientId }] : []),
    servers: [FHIR],
    publicUrl: PUBLIC,
    canLaunch: true,
  }
  sample = sampleApp(
    { token: 'secret' },
    { deps: { cds, clock, audit: { record: async (entry) => void rows.push(entry) } } },
  )
})

let serial = 0
async function tokenOf(changes: Record<string, unknown> = {}, key = keys.privateKey, header: object = {}) {
  serial += 1
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: ISSUER, aud: VIEW, iat: now, exp: now + 300, jti: `t${serial}`, ...changes }
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES384', kid: 'k1', typ: 'JWT', ...header }).sign(key)
}
const hookOf = (changes: object = {}, context: object = {}) => ({
  hook: 'patient-view',
  hookInstance: 'd1577c69-dfbe-44ad-ba6d-3e05e953b2ea',
  fhirServer: FHIR,
  context: { userId: 'Practitioner/d9', patientId: '12', ...context },
  ...changes,
})
const call = async (token: string, body: object = hookOf(), service = 'patient-view') =>
  sample.app.request(`/cds-services/${service}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
const cardsOf = async (answer: Response) => ((await answer.json()) as { cards: Record<string, unknown>[] }).cards

describe('an EHR that calls too often', () => {
  it('is refused with the seconds to wait, once its token is checked', async () => {
    const limited = sampleApp(
      { token: 'secret', requestsPerMinute: 60 },
      { deps: { cds: { ...sample.deps.cds!, clientOf: async () => ISSUER }, clock: createManualClock() } },
    )
    const ask = () =>
      limited.app.request('/cds-services/patient-view', {
        method: 'POST',
        body: JSON.stringify(hookOf({}, { patientId: 'unknown' })),
        headers: { 'content-type': 'application/json' },
      })
    for (let n = 0; n < 60; n += 1) expect((await ask()).status).toBe(200)
    const refused = await ask()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  })
})

describe('the services', () => {
  it('are discovered without a token', async () => {
    const { services } = (await (await sample.app.request('/cds-services')).json()) as {
      services: { id: string; hook: string; description: string }[]
    }
    expect(services.map(({ id, hook }) => [id, hook])).toEqual([
      ['patient-view', 'patient-view'],
      ['order-select', 'order-select'],
    ])
    expect(services.every(({ description }) => description.length > 20)).toBe(true)
  })

  it('are not there where no EHR may call', async () => {
    expect((await sampleApp().app.request('/cds-services')).status).toBe(404)
  })
})

describe('a card', () => {
  it('leads to the result of the patient whose chart was opened, without values that nobody reviewed', async () => {
    const answer = await call(await tokenOf())
    expect(answer.status).toBe(200)
    const [card, ...more] = await cardsOf(answer)
    expect(more).toEqual([])
    expect(card).toMatchObject({
      summary: expect.stringMatching(/^Glioma analysis of the MRI of .*: made by software, not reviewed yet$/),
      indicator: 'info',
      source: { label: 'Gliabridge' },
      links: [
        {
          label: 'Open the result',
          type: 'smart',
          url: `${PUBLIC}/launch`,
          appContext: `{"analysisId":"${delivered.analysisId}"}`,
        },
      ],
    })
    expect(String(card!.summary).length).toBeLessThanOrEqual(140)
    expect(JSON.stringify(card)).not.toMatch(/mL|IDH|Müller/)
    expect(rows).toEqual([
      expect.objectContaining({
        what: `card of analysis ${delivered.analysisId} (patient-view)`,
        user: { identifier: 'Practitioner/d9', name: 'Practitioner/d9' },
      }),
    ])
  })

  it('says what a reviewer accepted, and nothing of what one rejected', async () => {
    const record = sample.records.get(delivered.analysisId)!
    const review = {
      number: 1,
      decision: 'accept',
      at: '',
      reviewer: 'Dora',
      edits: [],
      delivered: true,
    } satisfies ReviewFact
    sample.change({ ...record, review })
    const [card] = await cardsOf(await call(await tokenOf()))
    expect(card!.summary).toMatch(/accepted by a reviewer$/)
    expect(card!.detail).toMatch(/mL/)
    sample.change({ ...record, review: { ...review, decision: 'reject' } })
    expect(await cardsOf(await call(await tokenOf()))).toEqual([])
  })

  it('is of nobody else, and is not there for a patient without a result', async () => {
    expect(await cardsOf(await call(await tokenOf(), hookOf({}, { patientId: '13' })))).toEqual([])
    const record = sample.records.get(delivered.analysisId)!
    const legs = record.legs.map((leg) =>
      leg.leg === 'ehr' ? { ...leg, receipt: { ...leg.receipt, patient: 'Patient/99' } } : leg,
    )
    sample.change({ ...record, legs })
    expect(await cardsOf(await call(await tokenOf()))).toEqual([])
  })

  it('comes with an order of a service, and not with one of a drug', async () => {
    const order = (selections: string[]) =>
      hookOf({ hook: 'order-select' }, { selections, draftOrders: { resourceType: 'Bundle' } })
    const aud = `${PUBLIC}/cds-services/order-select`
    expect(await cardsOf(await call(await tokenOf({ aud }), order(['ServiceRequest/a']), 'order-select'))).toHaveLength(
      1,
    )
    expect(await cardsOf(await call(await tokenOf({ aud }), order(['MedicationRequest/a']), 'order-select'))).toEqual(
      [],
    )
  })
})

describe('a call is refused', () => {
  const now = () => Math.floor(Date.now() / 1000)
  it.each([
    ['without a token', async () => ''],
    ['of an EHR that is not on the list', () => tokenOf({ iss: 'https://evil.example' })],
    ['signed with another key', () => tokenOf({}, others.privateKey)],
    ['with keys named in the token itself', () => tokenOf({}, others.privateKey, { jku: jwksUrl, kid: 'k2' })],
    ['for another service', () => tokenOf({ aud: `${PUBLIC}/cds-services/order-select` })],
    ['too late', () => tokenOf({ iat: now() - 600, exp: now() - 300 })],
    ['that would last longer than five minutes', () => tokenOf({ exp: now() + 3600 })],
    ['without an id', () => tokenOf({ jti: undefined })],
  ])('%s', async (_, token) => {
    expect((await call(await token())).status).toBe(401)
    expect(rows).toEqual([])
  })

  it('with a token that was used before', async () => {
    const token = await tokenOf()
    expect((await call(token)).status).toBe(200)
    expect((await call(token)).status).toBe(401)
  })

  it.each([
    ['for patients of another server', hookOf({ fhirServer: 'https://other.example/fhir' }), 'fhirServer'],
    ['for another hook than the address says', hookOf({ hook: 'order-select' }), 'hook must be patient-view'],
    ['for a patient that is no id', hookOf({}, { patientId: '../Observation' }), 'context.patientId'],
  ])('%s', async (_, body, said) => {
    const answer = await call(await tokenOf(), body)
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringContaining(said),
    ])
  })
})
