// Access tokens by OAuth 2.0 client credentials (RFC 6749 4.4): client secret or signed assertion; token endpoint configured or discovered.
import { readFile } from 'node:fs/promises'
import { AppError } from '../../domain/errors.ts'
import { unreadable } from '../../domain/unreadable.ts'
import { type PublicKeys, parseSigningKey, publicKeys, type SigningKey, signAssertion } from './assertion.ts'
import type { AuthEffects, EhrAuth } from './auth-settings.ts'
import { networkFailure, retryAfterSeconds } from './failures.ts'

export type TokenAuth = Extract<EhrAuth, { type: 'client-credentials' | 'smart-backend' }>

export interface Token {
  value: string
  lifetimeSeconds: number
}

/** Used if the server states no lifetime. */
const DEFAULT_LIFETIME_SECONDS = 300
/** If the clocks differ by more, ours is corrected by the token endpoint's own Date header. */
const SKEW_SECONDS = 30
const WHAT = 'POST ehr.auth.tokenUrl'
const DISCOVERY = 'GET .well-known/smart-configuration'

/** Requests a token at each call. Keys are read from their files each time, so that a rotated key is used without a restart. */
export function createTokenSource(auth: TokenAuth, effects: AuthEffects): () => Promise<Token> {
  let discovered: string | undefined
  let skewMs = 0
  const endpoint = async () => {
    discovered ??= auth.tokenUrl ?? (await discover(effects))
    return discovered
  }
  const ask = async (url: string, client: Client) => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(auth.scope && { scope: auth.scope }),
      ...client.form,
    })
    return exchange(effects, WHAT, url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...client.headers },
      body: form.toString(),
    })
  }

  async function askWithAssertion(url: string, { clientId, keyFiles }: Extract<TokenAuth, { type: 'smart-backend' }>) {
    const keys = await readKeys({ files: keyFiles, setting: EHR_KEYS }, effects.readText)
    const attempt = async (key: SigningKey) => {
      const now = new Date(effects.now().getTime() + skewMs)
      return ask(url, assertionClient(await signAssertion(key, { clientId, audience: url, jti: effects.newId(), now })))
    }
    let answer = await attempt(keys[0]!)
    const seen = refused(answer) ? skewOf(answer, effects.now()) : undefined
    if (seen !== undefined && Math.abs(seen - skewMs) > SKEW_SECONDS * 1000) {
      skewMs = seen
      answer = await attempt(keys[0]!)
    }
    // While a new key is being introduced, the server may still know only the old one.
    return refused(answer) && keys[1] ? attempt(keys[1]) : answer
  }

  return async () => {
    const url = await endpoint()
    const answer =
      auth.type === 'smart-backend' ? await askWithAssertion(url, auth) : await ask(url, secretClient(auth))
    const { status, body } = answer
    if (status < 200 || status >= 300) {
      // The endpoint may have moved.
      discovered = undefined
      throw tokenFailure(WHAT, answer, effects.now())
    }
    if (typeof body?.access_token !== 'string')
      throw new AppError('EHR_AUTH', `${WHAT}: the answer has no access_token`)
    // Some servers send the seconds as text.
    const lifetime = Number(body.expires_in)
    return { value: body.access_token, lifetimeSeconds: lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS }
  }
}

/** Files with private keys, and the setting that names them: "access.oidc.keyFiles". */
export interface KeyFiles {
  files: readonly string[]
  setting: string
}

/** The configured public keys, for our JWKS endpoint; undefined if no credentials are keys. `others`: keys that we show elsewhere than the EHR. */
export function createPublicKeys(
  auth: EhrAuth,
  readText = readKeyFile,
  others: readonly KeyFiles[] = [],
): (() => Promise<PublicKeys>) | undefined {
  const ours = auth.type === 'smart-backend' ? [{ files: auth.keyFiles, setting: EHR_KEYS }] : []
  const all = [...ours, ...others]
  if (all.length === 0) return undefined
  return async () => {
    const read = await Promise.all(all.map((one) => readKeys(one, readText)))
    // The same file may be named twice; two keys under one name may not.
    const seen = new Map(read.flat().map((key) => [JSON.stringify(key.jwk), key]))
    return publicKeys([...seen.values()])
  }
}

const EHR_KEYS = 'ehr.auth.keyFiles'

/** The first of the keys, which signs. Throws SETTINGS_INVALID if a file is none. */
export async function readSigningKey(named: KeyFiles, readText = readKeyFile): Promise<SigningKey> {
  const [first] = await readKeys(named, readText, 'SETTINGS_INVALID')
  return first!
}

export function readKeyFile(path: string): Promise<string> {
  return readFile(path, 'utf8')
}

async function readKeys(
  { files, setting: named }: KeyFiles,
  readText: (path: string) => Promise<string>,
  code: 'EHR_AUTH' | 'SETTINGS_INVALID' = 'EHR_AUTH',
): Promise<SigningKey[]> {
  const keys: SigningKey[] = []
  for (const [index, file] of files.entries()) {
    const setting = `${named}.${index}`
    const text = await readText(file).catch((error: unknown) => {
      throw new AppError(code, `${setting}: ${unreadable(file, error)}`)
    })
    keys.push(await parseSigningKey(text, setting, code))
  }
  publicKeys(keys)
  return keys
}

interface Client {
  headers?: Record<string, string>
  form?: Record<string, string>
}

/** RFC 6749 2.3.1: in the header, with both form-encoded first, or in the form. */
function secretClient(auth: Extract<TokenAuth, { type: 'client-credentials' }>): Client {
  const { clientId, clientSecret } = auth
  if (auth.clientAuthentication === 'post') return { form: { client_id: clientId, client_secret: clientSecret } }
  return { headers: { authorization: basic(encodeURIComponent(clientId), encodeURIComponent(clientSecret)) } }
}

function assertionClient(assertion: string): Client {
  return {
    form: {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    },
  }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown> | undefined
}

/** Requesting a token changes nothing, so a lost answer only means that the server is unreachable. */
async function exchange(effects: AuthEffects, what: string, url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await effects.send(url, {
      ...init,
      headers: { accept: 'application/json', ...init.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(effects.timeoutMs),
    })
    const body: unknown = await response.json().catch(() => undefined)
    const isObject = typeof body === 'object' && body !== null
    return {
      status: response.status,
      headers: response.headers,
      body: isObject ? (body as Record<string, unknown>) : undefined,
    }
  } catch (error) {
    throw networkFailure({ what, write: false }, error)
  }
}

/** The token_endpoint of the server's SMART configuration; never one that would transmit secrets less safely than the base URL. */
async function discover(effects: AuthEffects): Promise<string> {
  const answer = await exchange(effects, DISCOVERY, `${effects.baseUrl}/.well-known/smart-configuration`, {})
  if (answer.status === 429 || answer.status >= 500) throw tokenFailure(DISCOVERY, answer, effects.now())
  const text = answer.status === 200 ? answer.body?.token_endpoint : undefined
  const url = typeof text === 'string' ? URL.parse(text) : null
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && effects.baseUrl.startsWith('http:'))
  if (safe && url) return url.href
  throw new AppError('EHR_AUTH', `${DISCOVERY}: no usable token_endpoint; set ehr.auth.tokenUrl`)
}

function refused({ status }: Answer): boolean {
  return status === 400 || status === 401
}

/** How far the server's clock is ahead of ours, in milliseconds; undefined if it does not say. */
function skewOf({ headers }: Answer, now: Date): number | undefined {
  const at = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(at) ? undefined : at - now.getTime()
}

function tokenFailure(what: string, { status, headers, body }: Answer, now: Date): AppError {
  const reason = typeof body?.error === 'string' && /^[a-z_]{1,40}$/.test(body.error) ? ` (${body.error})` : ''
  const message = `${what}: status ${status}${reason}`
  const wait = retryAfterSeconds(headers.get('retry-after'), now)
  if (status === 429)
    return new AppError('EHR_THROTTLED', message, wait === undefined ? {} : { retryAfterSeconds: wait })
  return new AppError(status >= 500 ? 'EHR_ERROR' : 'EHR_AUTH', message)
}
