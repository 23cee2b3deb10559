// The fetch given to the FHIR client: credentials, time limit, complete answers only, and every failure as an AppError.
import type { Bundle } from '@medplum/fhirtypes'
import { cleanJsonText } from '../../domain/clean-text.ts'
import { AppError } from '../../domain/errors.ts'
import { jsonExcess } from '../../domain/json-excess.ts'
import { jsonOf } from '../../domain/json-text.ts'
import { type Exchange, networkFailure, retryAfterSeconds, statusFailure } from './failures.ts'

export interface Credentials {
  /** Value of the Authorization header. */
  authorization(): Promise<string | undefined>
  /** Forgets a token that was refused; false if there is nothing to renew. */
  renew(): boolean
}

export interface TransportOptions {
  /** FHIR base URL without a trailing slash. */
  baseUrl: string
  timeoutMs: number
  credentials: Credentials
  send: typeof fetch
  now(): Date
}

const KEPT_HEADERS = ['content-type', 'location', 'content-location', 'etag', 'last-modified']

/** Resolves only with a complete 2xx answer that is FHIR JSON (or empty). */
export function createTransport(options: TransportOptions): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const exchange = describe(options.baseUrl, url, init.method ?? 'GET')
    const first = await once(options, exchange, url, init)
    if (first.status === 401 && options.credentials.renew() && mayRepeat(init)) {
      return answer(options, exchange, await once(options, exchange, url, init))
    }
    return answer(options, exchange, first)
  }
}

/** A read, or a write that states what it expects: repeating it is safe even if a gateway refused it after the server had done it. */
function mayRepeat(init: RequestInit): boolean {
  const headers = new Headers(init.headers)
  const method = init.method ?? 'GET'
  if (method === 'GET' || headers.has('if-match') || headers.has('if-none-exist')) return true
  const body = typeof init.body === 'string' ? jsonOf(init.body) : undefined
  return isBundle(body) && (body.entry ?? []).some(({ request }) => request?.ifMatch !== undefined)
}

/** Said of our own requests. */
function isBundle(body: unknown): body is Bundle {
  return typeof body === 'object' && body !== null && 'resourceType' in body && body.resourceType === 'Bundle'
}

interface Answer {
  status: number
  headers: Headers
  text: string
}

/** Tokens are sent to the configured server only: a link to anywhere else is refused. */
function describe(baseUrl: string, url: string, method: string): Exchange {
  const path = url.startsWith(baseUrl) ? url.slice(baseUrl.length) : undefined
  if (path === undefined || !/^([/?]|$)/.test(path)) {
    throw new AppError(
      'EHR_ERROR',
      'the FHIR server gave a link outside ehr.url; set ehr.url to the address that it uses itself',
    )
  }
  const type = /^\/([A-Za-z]+)/.exec(path)?.[1]
  return { what: `${method} ${type ?? (method === 'POST' ? 'transaction' : 'base')}`, write: method !== 'GET' }
}

async function once(options: TransportOptions, exchange: Exchange, url: string, init: RequestInit): Promise<Answer> {
  const headers = new Headers(init.headers)
  headers.delete('authorization')
  // Searches that decide whether something is written twice must be fresh: HAPI answers from its own cache for a minute.
  if (!exchange.write) headers.set('cache-control', 'no-cache')
  const authorization = await options.credentials.authorization()
  if (authorization) headers.set('authorization', authorization)
  const { send } = options
  try {
    const response = await send(url, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    throw networkFailure(exchange, error)
  }
}

function answer(options: TransportOptions, exchange: Exchange, { status, headers, ...got }: Answer): Response {
  const excess = jsonExcess(got.text)
  if (excess)
    throw new AppError(exchange.write ? 'EHR_AMBIGUOUS' : 'EHR_ERROR', `${exchange.what}: the answer ${excess}`)
  const text = cleanJsonText(got.text)
  const body = jsonOf(text)
  const ok = status >= 200 && status < 300
  if (!ok) throw statusFailure(exchange, status, retryAfterSeconds(headers.get('retry-after'), options.now()), body)
  if (text !== '' && (typeof body !== 'object' || body === null || !('resourceType' in body)))
    throw notFhir(exchange, headers)
  const kept = KEPT_HEADERS.flatMap((name): [string, string][] => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  return new Response(text === '' ? null : text, { status: text === '' ? 204 : status, headers: kept })
}

/** JSON that ends early is a lost answer; anything else that is not FHIR comes from something in front of the server. */
function notFhir(exchange: Exchange, headers: Headers): AppError {
  const type = headers.get('content-type') ?? ''
  if (exchange.write && /json/.test(type)) {
    return new AppError('EHR_AMBIGUOUS', `${exchange.what}: the answer was lost (JSON not complete)`)
  }
  return new AppError(
    'EHR_ERROR',
    `${exchange.what}: the answer is not FHIR JSON; check ehr.url and any proxy before it`,
  )
}
