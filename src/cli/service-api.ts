// Requests to the service running on this machine, through the same API that is open to anybody with the token.
import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import { AppError } from '../domain/errors.ts'
import type { Settings } from '../settings/schema.ts'

export interface Asked {
  status: number
  body: unknown
}

/** Undefined if no service answers on the port in the settings. */
export async function askService(http: Settings['http'], path: string, post?: unknown): Promise<Asked | undefined> {
  const response = await send(http, path, post)
  return response && { status: response.status, body: await response.json().catch(() => undefined) }
}

/** The same, but throws if the service does not run or refuses. */
export async function mustAnswer(http: Settings['http'], path: string, post?: unknown): Promise<unknown> {
  return (await mustSend(http, path, post)).json().catch(() => undefined)
}

/** The same, for a file instead of JSON. */
export async function mustAnswerBytes(http: Settings['http'], path: string, post?: unknown): Promise<Uint8Array> {
  return new Uint8Array(await (await mustSend(http, path, post)).arrayBuffer())
}

async function mustSend(http: Settings['http'], path: string, post: unknown): Promise<Response> {
  const response = await send(http, path, post)
  if (response === undefined)
    throw new AppError('SERVICE_NOT_RUNNING', `no service answers on port ${http.port} of this machine`)
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => undefined)
  const { code = 'no code', detail = '' } = (body ?? {}) as { code?: string; detail?: string }
  throw new AppError('STATE_CONFLICT', `the service answered ${response.status} ${code}: ${detail}`)
}

async function send(http: Settings['http'], path: string, post: unknown): Promise<Response | undefined> {
  return fetchOwn(http, path, {
    ...(post === undefined ? {} : { method: 'POST', body: JSON.stringify(post) }),
    headers: {
      'content-type': 'application/json',
      ...(http.token === undefined ? {} : { authorization: `Bearer ${http.token}` }),
    },
    signal: AbortSignal.timeout(120_000),
  }).catch(() => undefined)
}

/**
 * Fetches from this machine only, bypassing any proxy. With https, the certificate must be the one in the settings, whatever its
 * name. Rejects if nothing answers.
 */
export async function fetchOwn(
  { port, tls }: Pick<Settings['http'], 'port' | 'tls'>,
  path: string,
  init: { method?: string; body?: string; headers?: Record<string, string>; signal: AbortSignal },
): Promise<Response> {
  const connect = tls && {
    ca: readFileSync(tls.certificate),
    allowPartialTrustChain: true,
    checkServerIdentity: () => undefined,
  }
  const dispatcher = new Agent(connect && { connect })
  const answer = await fetch(`${tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`, { ...init, dispatcher })
  // The package's own Response, which the platform's types do not know.
  return answer as unknown as Response
}
