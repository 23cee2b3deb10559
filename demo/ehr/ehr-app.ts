// The HTTP side of the demo EHR (FHIR R4 http.html): Medplum's router, one request at a time, JSON that a browser shows.
import { badRequest, getStatus, isOperationOutcome, notFound } from '@medplum/core'
import { FhirRouter, type HttpMethod } from '@medplum/fhir-router'
import type { Binary, OperationOutcome, Resource } from '@medplum/fhirtypes'
import { type Context, Hono } from 'hono'
import { attachmentOf, binaryResponse } from './attachments.ts'
import { capabilityStatement } from './capability.ts'
import type { DemoRepository } from './repository.ts'

/** Path of the FHIR base. */
export const BASE_PATH = '/fhir/R4'
const TYPES = [
  'Patient',
  'Device',
  'ImagingStudy',
  'DiagnosticReport',
  'Observation',
  'RiskAssessment',
  'Media',
  'DocumentReference',
  'Provenance',
  'ServiceRequest',
  'Practitioner',
  'Binary',
  'Encounter',
  'Procedure',
  'Consent',
  'Communication',
  'Task',
]

export function createEhrApp(repository: DemoRepository, startedAt: string): Hono {
  const router = new FhirRouter()
  const exclusive = createQueue()
  const app = new Hono()
  app.onError((_error, c) =>
    reply(c, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception' }] }, 500),
  )

  const reports = `${BASE_PATH}/DiagnosticReport?_sort=-_lastUpdated`
  app.get('/', (c) =>
    c.html(
      `<p>Gliabridge demo EHR, FHIR R4: <a href="${BASE_PATH}/metadata">metadata</a>, <a href="${reports}">reports</a></p>`,
    ),
  )
  app.get(`${BASE_PATH}/metadata`, (c) =>
    reply(c, capabilityStatement(new URL(BASE_PATH, c.req.url).href, startedAt, TYPES)),
  )
  app.get('/attachments/:type/:id', (c) =>
    exclusive(() => attachmentOf(repository, c.req.param('type'), c.req.param('id'))),
  )
  app.get(`${BASE_PATH}/Binary/:id`, async (c, next) => {
    if (/fhir\+json/.test(c.req.header('accept') ?? '')) return next()
    return exclusive(() => binaryResponse(repository, c.req.param('id')))
  })
  app.post(`${BASE_PATH}/Binary`, async (c, next) => {
    const contentType = c.req.header('content-type') ?? ''
    if (/json/.test(contentType)) return next()
    const data = Buffer.from(await c.req.arrayBuffer()).toString('base64')
    const binary = await exclusive(() =>
      repository.createResource<Binary>({ resourceType: 'Binary', contentType, data }),
    )
    return reply(c, binary, 201)
  })
  app.all(`${BASE_PATH}/*`, (c) => handle(c))
  app.all(BASE_PATH, (c) => handle(c))
  app.notFound((c) => reply(c, notFound, 404))

  async function handle(c: Context): Promise<Response> {
    const body = await readBody(c)
    if ('outcome' in body) return reply(c, body.outcome)
    const url = new URL(c.req.url)
    const [outcome, resource] = await exclusive(() =>
      router.handleRequest(
        {
          method: c.req.method as HttpMethod,
          url: url.pathname.slice(BASE_PATH.length).replace(/^\//, '').replace(/\/$/, '') + url.search,
          pathname: '',
          params: {},
          query: {},
          body: body.value,
          headers: c.req.header(),
          config: { transactions: true },
        },
        repository,
      ),
    )
    return resource ? reply(c, resource, getStatus(outcome)) : reply(c, outcome)
  }
  return app
}

/** JSON, or the form of a search by POST. */
async function readBody(c: Context): Promise<{ value: unknown } | { outcome: OperationOutcome }> {
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.method === 'DELETE') return { value: undefined }
  const text = await c.req.text()
  if (/x-www-form-urlencoded/.test(c.req.header('content-type') ?? '')) {
    return { value: Object.fromEntries(new URLSearchParams(text)) }
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { value }
  } catch {
    // Answered below: not a body that FHIR knows.
  }
  return { outcome: badRequest('the body is not a JSON object') }
}

/** Runs requests one after the other, so that nothing is read in the middle of another request's transaction. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = tail.then(work)
    tail = result.catch(() => undefined)
    return result
  }
}

/** Browsers would download application/fhir+json; they get plain, indented JSON instead. */
function reply(c: Context, resource: Resource, status?: number): Response {
  const browser = /text\/html/.test(c.req.header('accept') ?? '')
  const code = status ?? (isOperationOutcome(resource) ? getStatus(resource) : 200)
  const headers = new Headers({
    'content-type': browser ? 'application/json; charset=utf-8' : 'application/fhir+json; charset=utf-8',
  })
  const version = resource.meta?.versionId
  if (version && resource.id) {
    headers.set('etag', `W/"${version}"`)
    if (resource.meta?.lastUpdated) headers.set('last-modified', new Date(resource.meta.lastUpdated).toUTCString())
    if (code === 201)
      headers.set(
        'location',
        new URL(`${BASE_PATH}/${resource.resourceType}/${resource.id}/_history/${version}`, c.req.url).href,
      )
  }
  return new Response(JSON.stringify(resource, undefined, browser ? 2 : 0), { status: code, headers })
}
