// The demo EHR must be as strict as a real one, or the tests that rest upon it prove nothing.
import type {
  Bundle,
  BundleEntry,
  DiagnosticReport,
  Observation,
  OperationOutcome,
  Patient,
  Resource,
} from '@medplum/fhirtypes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoEhr, demoPatient, startDemoEhr } from '../../demo/ehr/ehr-server.ts'
import { PATIENT } from '../support/fhir-report.ts'
import { create, list, readJson } from '../support/fhir-server.ts'

describe('the demo EHR', () => {
  let ehr: DemoEhr
  beforeAll(async () => {
    ehr = await startDemoEhr({ patients: [{ ...demoPatient(PATIENT, 'urn:mrn'), id: 'p1' }] })
  })
  afterAll(() => ehr.close())

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(ehr.url + path, {
      method,
      headers: { 'content-type': 'application/fhir+json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as Resource & { issue?: unknown },
    }
  }

  const observation = (change: object = {}): Observation => ({
    resourceType: 'Observation',
    status: 'preliminary',
    code: { text: 'x' },
    subject: { reference: 'Patient/p1' },
    ...change,
  })
  const post = (resource: Resource, fullUrl?: string): BundleEntry => ({
    ...(fullUrl && { fullUrl }),
    resource,
    request: { method: 'POST', url: resource.resourceType },
  })
  const transaction = (entry: BundleEntry[]): Bundle => ({ resourceType: 'Bundle', type: 'transaction', entry })
  const count = async () => (await list(ehr.url, 'Observation')).length

  it('knows the seeded patient, names in every script', async () => {
    const patient = await readJson<Patient>(`${ehr.url}/Patient/p1`)
    expect(patient).toMatchObject({
      identifier: [{ system: 'urn:mrn', value: 'MRN-0042/7' }],
      name: [
        { family: 'Müller-Okafor', given: ['Zoë', 'Ann'] },
        { family: '山田', given: ['花子'] },
      ],
      gender: 'female',
      birthDate: '1961-03-07',
    })
    expect(await list(ehr.url, `Patient?identifier=${encodeURIComponent('urn:mrn|MRN-0042/7')}`)).toHaveLength(1)
    expect(await list(ehr.url, `Patient?identifier=${encodeURIComponent('urn:other|MRN-0042/7')}`)).toHaveLength(0)
  })

  it('says what it is', async () => {
    const { body } = await send('GET', '/metadata')
    expect(body).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' })
  })

  it.each<[string, unknown]>([
    ['a status outside the required value set', observation({ status: 'banana' })],
    ['a missing required element', { resourceType: 'Observation', status: 'final' }],
    ['an unknown element', observation({ bogus: 1 })],
    ['a wrong type', observation({ issued: 7 })],
    ['a broken invariant (obs-6)', observation({ valueString: 'x', dataAbsentReason: { text: 'y' } })],
    ['a malformed date', observation({ effectiveDateTime: '20250131' })],
    ['a reference to nothing', observation({ subject: { reference: 'Patient/nobody' } })],
    [
      'a urn:uuid that no entry has',
      observation({ subject: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000000' } }),
    ],
    ['another type than the address says', { resourceType: 'Device' }],
    ['a body that is no JSON', '{"resourceType":'],
    ['a body that is no object', 'null'],
  ])('rejects %s', async (_what, body) => {
    const before = await count()
    const answer = await send('POST', '/Observation', body)
    expect(answer.status).toBe(400)
    expect((answer.body as OperationOutcome).resourceType).toBe('OperationOutcome')
    expect(await count()).toBe(before)
  })

  it('rejects a code of another system in a required CodeableConcept binding', async () => {
    const bundle = transaction([{ resource: observation(), request: { method: 'FETCH' as 'GET', url: 'Observation' } }])
    expect((await send('POST', '', bundle)).status).toBeGreaterThanOrEqual(400)
  })

  it('chooses the ids, versions everything, and gives ETag and Location', async () => {
    const answer = await send('POST', '/Observation', { ...observation(), id: 'mine' })
    expect(answer.status).toBe(201)
    expect(answer.body.id).not.toBe('mine')
    expect(answer.headers.get('etag')).toBe(`W/"${answer.body.meta?.versionId}"`)
    expect(answer.headers.get('location')).toContain(`/Observation/${answer.body.id}/_history/`)
  })

  it('honours If-Match, and keeps history newest first', async () => {
    const first = await create(ehr.url, observation())
    const path = `/Observation/${first.id}`
    const match = { 'if-match': `W/"${first.meta?.versionId}"` }
    expect((await send('PUT', path, { ...first, status: 'final' }, match)).status).toBe(200)
    expect((await send('PUT', path, { ...first, status: 'amended' }, match)).status).toBe(412)
    for (let i = 0; i < 2; i++) {
      const history = await readJson<Bundle>(`${ehr.url}${path}/_history`)
      expect(history.entry?.map(({ resource }) => (resource as Observation).status)).toEqual(['final', 'preliminary'])
    }
    expect((await readJson<Observation>(`${ehr.url}${path}/_history/${first.meta?.versionId}`)).status).toBe(
      'preliminary',
    )
  })

  it('creates conditionally: once, even for six at a time; several matches are 412', async () => {
    const body = observation({ identifier: [{ system: 'urn:c', value: '1' }] })
    const headers = { 'if-none-exist': 'identifier=urn:c|1' }
    const answers = await Promise.all(Array.from({ length: 6 }, () => send('POST', '/Observation', body, headers)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201])
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    await create(ehr.url, body)
    expect((await send('POST', '/Observation', body, headers)).status).toBe(412)
    const invalid = { ...observation({ status: 'banana' }), identifier: [{ system: 'urn:c', value: '2' }] }
    expect((await send('POST', '/Observation', invalid, { 'if-none-exist': 'identifier=urn:c|2' })).status).toBe(400)
  })

  it('does a transaction as a whole, forward references included', async () => {
    const urn = 'urn:uuid:11111111-1111-4111-8111-111111111111'
    const report: DiagnosticReport = {
      resourceType: 'DiagnosticReport',
      status: 'preliminary',
      code: { text: 'x' },
      result: [{ reference: urn }],
    }
    const answer = (await send('POST', '', transaction([post(report), post(observation(), urn)]))).body as Bundle
    expect(answer.type).toBe('transaction-response')
    expect(answer.entry?.map((entry) => entry.response?.status)).toEqual(['201', '201'])
    const stored = answer.entry?.[0]?.resource as DiagnosticReport
    expect(stored.result?.[0]?.reference).toBe(`Observation/${answer.entry?.[1]?.resource?.id}`)
  })

  it.each<[string, BundleEntry]>([
    [
      'an invalid entry',
      {
        resource: { resourceType: 'Observation', status: 'banana' } as unknown as Observation,
        request: { method: 'POST', url: 'Observation' },
      },
    ],
    [
      'a reference to nothing',
      {
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'x' },
          subject: { reference: 'Patient/no' },
        },
        request: { method: 'POST', url: 'Observation' },
      },
    ],
    [
      'a version that is not current',
      {
        resource: { resourceType: 'Patient', id: 'p1' },
        request: { method: 'PUT', url: 'Patient/p1', ifMatch: 'W/"old"' },
      },
    ],
  ])('undoes a transaction with %s', async (_what, bad) => {
    const before = await count()
    const patient = await readJson<Patient>(`${ehr.url}/Patient/p1`)
    const answer = await send('POST', '', transaction([post(observation()), post(observation()), bad]))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(await count()).toBe(before)
    expect(await readJson<Patient>(`${ehr.url}/Patient/p1`)).toEqual(patient)
    expect((await send('POST', '/Observation', observation())).status).toBe(201)
  })

  it('serves bytes as they are, from a Binary or an attachment', async () => {
    const bytes = Uint8Array.from([37, 80, 68, 70, 0, 255, 7])
    const put = await fetch(`${ehr.url}/Binary`, {
      method: 'POST',
      headers: { 'content-type': 'application/pdf' },
      body: bytes,
    })
    const { id } = (await put.json()) as { id: string }
    const got = await fetch(`${ehr.url}/Binary/${id}`, { headers: { accept: '*/*' } })
    expect(got.headers.get('content-type')).toBe('application/pdf')
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes)
    const document = await create(ehr.url, {
      resourceType: 'DocumentReference',
      status: 'current',
      content: [{ attachment: { contentType: 'application/pdf', url: `Binary/${id}` } }],
    })
    const file = await fetch(new URL(`/attachments/DocumentReference/${document.id}`, ehr.url))
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes)
    expect((await fetch(new URL('/attachments/DocumentReference/none', ehr.url))).status).toBe(404)
  })

  it('shows JSON in a browser', async () => {
    const response = await fetch(`${ehr.url}/Patient/p1`, { headers: { accept: 'text/html,application/xhtml+xml' } })
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(await response.text()).toContain('\n  "resourceType": "Patient"')
  })

  it('answers 404 for what is not there', async () => {
    expect((await send('GET', '/Patient/none')).status).toBe(404)
    expect((await fetch(new URL('/nothing', ehr.url))).status).toBe(404)
  })
})
