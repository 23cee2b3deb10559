// Credentials for the FHIR server: none, Basic, a fixed bearer, or OAuth 2.0 client credentials (RFC 6749 4.4) with a cached token.
import { AppError } from '../domain/errors.ts'
import { networkFailure, retryAfterSeconds } from './failures.ts'

export type EhrAuth =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }
  | { type: 'client-credentials'; tokenUrl: string; clientId: string; clientSecret: string; scope?: string }

export interface Credentials {
  /** Value of the Authorization header. */
  authorization(): Promise<string | undefined>
  /** Forgets a token that was refused; false when there is nothing to renew. */
  renew(): boolean
}

export interface AuthEffects {
  send: typeof fetch
  timeoutMs: number
  now(): Date
}

/** Tokens are given up a little before they expire, so none expires under way. */
const MARGIN_SECONDS = 30
/** For servers that do not say. */
const DEFAULT_LIFETIME_SECONDS = 300

export function createCredentials(auth: EhrAuth, effects: AuthEffects): Credentials {
  if (auth.type === 'none') return fixed(undefined)
  if (auth.type === 'bearer') return fixed(`Bearer ${auth.token}`)
  if (auth.type === 'basic') return fixed(basic(auth.username, auth.password))
  let current: { header: string; until: number } | undefined
  let underway: Promise<string> | undefined
  const request = async () => {
    const { token, lifetimeSeconds } = await requestToken(auth, effects)
    const header = `Bearer ${token}`
    current = { header, until: effects.now().getTime() + (lifetimeSeconds - MARGIN_SECONDS) * 1000 }
    return header
  }
  return {
    async authorization() {
      if (current && effects.now().getTime() < current.until) return current.header
      underway ??= request().finally(() => {
        underway = undefined
      })
      return underway
    },
    renew() {
      current = undefined
      return true
    },
  }
}

function fixed(header: string | undefined): Credentials {
  return { authorization: async () => header, renew: () => false }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

async function requestToken(
  auth: Extract<EhrAuth, { type: 'client-credentials' }>,
  { send, timeoutMs, now }: AuthEffects,
): Promise<{ token: string; lifetimeSeconds: number }> {
  const what = 'POST ehr.auth.tokenUrl'
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(auth.scope && { scope: auth.scope }) })
  try {
    const response = await send(auth.tokenUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        // RFC 6749 2.3.1: both are form-encoded first.
        authorization: basic(encodeURIComponent(auth.clientId), encodeURIComponent(auth.clientSecret)),
      },
      body: form.toString(),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body = (await response.json().catch(() => undefined)) as Record<string, unknown> | undefined
    if (!response.ok)
      throw tokenFailure(what, response.status, retryAfterSeconds(response.headers.get('retry-after'), now()), body)
    if (typeof body?.access_token !== 'string')
      throw new AppError('EHR_AUTH', `${what}: the answer has no access_token`)
    const lifetime = Number(body.expires_in)
    return { token: body.access_token, lifetimeSeconds: lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS }
  } catch (error) {
    if (error instanceof AppError) throw error
    // Asking for a token changes nothing, so a lost answer is only an unreachable server.
    throw networkFailure({ what, write: false }, error)
  }
}

function tokenFailure(
  what: string,
  status: number,
  wait: number | undefined,
  body: Record<string, unknown> | undefined,
): AppError {
  const reason = typeof body?.error === 'string' && /^[a-z_]{1,40}$/.test(body.error) ? ` (${body.error})` : ''
  const message = `${what}: status ${status}${reason}`
  if (status === 429)
    return new AppError('EHR_THROTTLED', message, wait === undefined ? {} : { retryAfterSeconds: wait })
  return new AppError(status >= 500 ? 'EHR_ERROR' : 'EHR_AUTH', message)
}
