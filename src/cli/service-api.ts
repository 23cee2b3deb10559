// Asks the service that runs on this machine, as its API lets anybody with the token ask.
import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import { AppError } from '../domain/errors.ts'
import type { Settings } from '../settings/schema.ts'

export interface Asked {
  status: number
  body: unknown
}

/** undefined where no service answers on the port of the settings. */
export async function askService(http: Settings['http'], path: string, post?: unknown): Promise<Asked | undefined> {
  const response = await send(http, path, post)
  return response && { status: response.status, body: await response.json().catch(() => undefined) }
}

/** The same, where the service must run and must not refuse. */
export async function mustAnswer(http: Settings['http'], path: string, post?: unknown): Promise<unknown> {
  return (await mustSend(http, path, post)).json().catch(() => undefined)
}

/** A file instead of JSON. */
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
 * To this machine and no other, past any proxy. By https its certificate is the one of the settings, whatever name it is for.
 * Rejects where nothing answers.
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
  // The package's own, which the types of the platform's do not know.
  return answer as unknown as Response
}
