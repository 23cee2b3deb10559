// The EHR over FHIR R4: the only file that knows @medplum/core's client.
import { MedplumClient } from '@medplum/core'
import type { Bundle, BundleEntry, CapabilityStatement, Resource, ResourceType } from '@medplum/fhirtypes'
import { baseUrlOf } from '../../domain/base-url.ts'
import { AppError, asAppError } from '../../domain/errors.ts'
import { jsonOf } from '../../domain/json-text.ts'
import type { LedgerEntry } from '../../domain/ports/write-ledger.ts'
import { ifNoneExist, type Key, relativeReference } from '../resources/identifiers.ts'
import { createCredentials } from './auth.ts'
import type { EhrAuth } from './auth-settings.ts'
import { StatusFailure, statusFailure } from './failures.ts'
import type { Created, RecordStore } from './record-store.ts'
import { createTransport } from './transport.ts'

export interface ConnectionOptions {
  /** FHIR R4 base URL, for example "https://ehr.example/fhir". */
  url: string
  auth: EhrAuth
  timeoutMs: number
  /** How requests are sent. */
  fetch?: typeof fetch
  now?: () => Date
}

const PAGE_SIZE = 100
const FHIR_JSON = { 'content-type': 'application/fhir+json', accept: 'application/fhir+json, */*; q=0.1' }
const MAX_PAGES = 20

/** Reads and writes on any FHIR R4 server. */
export function createRecordStore(options: ConnectionOptions): RecordStore {
  return connectRecordStores(options)()
}

/** Stores on one server that share its credentials; each sends its requests through the `fetch` that it is given. */
export function connectRecordStores(options: ConnectionOptions): (send?: typeof fetch) => RecordStore {
  const { timeoutMs, auth } = options
  const baseUrl = baseUrlOf(options.url)
  const now = options.now ?? (() => new Date())
  const direct = options.fetch ?? fetch
  const credentials = createCredentials(auth, { baseUrl, send: direct, timeoutMs, now })
  return (send = direct) => recordStore(baseUrl, createTransport({ baseUrl, timeoutMs, credentials, send, now }))
}

/** The client never retries and never caches: reading first decides what to repeat. */
function recordStore(baseUrl: string, transport: ReturnType<typeof createTransport>): RecordStore {
  const medplum = new MedplumClient({
    baseUrl,
    fhirUrlPath: '',
    fetch: transport,
    extendedMode: false,
    maxRetries: 0,
    cacheTime: 0,
  })

  /** The server's answer: the resource if it returns it, otherwise where it is, from Location (FHIR R4 http, 3.1.0.8). */
  const post = async (resource: Resource, condition: Record<string, string>): Promise<Created> => {
    const response = await guard(
      transport(`${baseUrl}/${resource.resourceType}`, {
        method: 'POST',
        headers: { ...FHIR_JSON, ...condition, prefer: 'return=representation' },
        body: JSON.stringify(resource),
      }),
    )
    const text = await response.text()
    const body = resourceIn(text)
    const place = placeOf(response.headers.get('location') ?? '', response.headers.get('etag') ?? '')
    return {
      ...(body?.resourceType === resource.resourceType && body.id && { resource: body }),
      ...(place?.reference.startsWith(`${resource.resourceType}/`) && { place }),
    }
  }

  return {
    async search(resourceType, param, tokens, more = {}) {
      const query = new URLSearchParams({ [param]: tokens.join(','), ...more, _count: String(PAGE_SIZE) })
      const resources: Resource[] = []
      let url: string | undefined = `${baseUrl}/${resourceType}?${query}`
      for (let page = 0; url !== undefined; page++) {
        if (page === MAX_PAGES) throw new AppError('EHR_ERROR', `GET ${resourceType}: more than ${MAX_PAGES} pages`)
        const bundle: Bundle = await expect(medplum.get<Bundle>(url), `GET ${resourceType}`)
        resources.push(...resourcesOf(bundle, resourceType))
        url = bundle.link?.find((link) => link.relation === 'next')?.url
      }
      return resources
    },

    async read(reference) {
      try {
        return await medplum.get<Resource>(`${baseUrl}/${reference}`)
      } catch (error) {
        if (error instanceof StatusFailure && (error.status === 404 || error.status === 410)) return undefined
        throw asAppError(error)
      }
    },

    capabilities: () => guard(medplum.get<CapabilityStatement>(`${baseUrl}/metadata`)),

    async createIfNone(resource, key: Key) {
      return post(resource, { 'If-None-Exist': ifNoneExist(key) })
    },

    create: (resource) => post(resource, {}),

    async update(resource, version) {
      const headers = { 'If-Match': `W/"${version}"`, Prefer: 'return=representation' }
      const url = `${baseUrl}/${resource.resourceType}/${resource.id}`
      const updated = await guard(medplum.put(url, resource, undefined, { headers }))
      return updated?.resourceType === resource.resourceType ? updated : undefined
    },

    async remove(reference) {
      await guard(transport(`${baseUrl}/${reference}`, { method: 'DELETE', headers: { accept: FHIR_JSON.accept } }))
    },

    async transact(entries: BundleEntry[]) {
      const bundle: Bundle = { resourceType: 'Bundle', type: 'transaction', entry: entries }
      const answer = await guard(medplum.post<Bundle | undefined>(baseUrl, bundle, undefined, {}))
      checkTransaction(answer)
      return entries.map((_, index) => {
        const { location = '', etag = '' } = answer?.entry?.[index]?.response ?? {}
        return placeOf(location, etag)
      })
    },
  }
}

/** The transport lets only FHIR JSON through, or nothing. */
function resourceIn(text: string): Resource | undefined {
  const body = jsonOf(text)
  const isResource = (value: unknown): value is Resource =>
    typeof value === 'object' && value !== null && 'resourceType' in value
  return isResource(body) ? body : undefined
}

/** Where a resource is, from the answer to its creation: "Type/id/_history/version" or an ETag, depending on the server. */
function placeOf(location: string, etag: string): LedgerEntry | undefined {
  const [path, versionInPath] = location.split('/_history/')
  const reference = relativeReference(path ?? '')
  if (!/^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(reference)) return undefined
  const version = /^(?:W\/)?"(.+)"$/.exec(etag)?.[1] ?? versionInPath
  return { reference, ...(version && { version }) }
}

function resourcesOf(bundle: Bundle, resourceType: ResourceType): Resource[] {
  return (bundle.entry ?? []).flatMap(({ search, resource }) =>
    resource?.resourceType === resourceType && search?.mode !== 'include' && search?.mode !== 'outcome'
      ? [resource]
      : [],
  )
}

async function expect(answer: Promise<Bundle | undefined>, what: string): Promise<Bundle> {
  const bundle = await guard(answer)
  if (bundle?.resourceType !== 'Bundle') throw new AppError('EHR_ERROR', `${what}: the answer is not a Bundle`)
  return bundle
}

/** Servers that cannot do transactions may silently run one as a batch: then it was not all or nothing. */
function checkTransaction(answer: Bundle | undefined): void {
  const exchange = { what: 'POST transaction', write: true }
  for (const entry of answer?.entry ?? []) {
    const status = Number.parseInt(entry.response?.status ?? '200', 10)
    if (!(status >= 200 && status < 300)) throw statusFailure(exchange, status, undefined, entry.response?.outcome)
  }
  if (answer?.type === 'batch-response') {
    throw new AppError(
      'EHR_REJECTED',
      'POST transaction: the FHIR server ran it as a batch; enable transactions on the server',
    )
  }
}

/** Any error of the client itself, which may quote the answer, becomes INTERNAL with nothing but its name. */
async function guard<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw asAppError(error)
  }
}
