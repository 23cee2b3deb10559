// Who may ask, from where, and what a browser may do with the answer.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { HttpSettings } from './deps.ts'
import { RequestProblem } from './problems.ts'

/** Where the EHR fetches our public keys (SMART Backend Services). */
export const PUBLIC_KEYS_PATH = '/.well-known/jwks.json'
/** Where messages carry a signature of their own. */
export const HINTS_PATH = '/hints'
/** Open without credentials: probes of the platform, and public keys. */
const OPEN = new Set(['/healthz', '/readyz', PUBLIC_KEYS_PATH])
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Patient data must not be kept by browsers or proxies, nor be sent on in referrers, nor be framed by others. */
export function secureHeaders(settings: HttpSettings): MiddlewareHandler {
  const ancestors = settings.frameAncestors.join(' ')
  const policy = (own: string) => `default-src 'none'; ${own}base-uri 'none'; form-action 'self'; frame-ancestors `
  const pages = `${policy("style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; ")}${ancestors}`
  // Our own study page shows the report in a frame; the browser's PDF viewer brings styles of its own.
  const others = ancestors === "'none'" ? '' : ` ${ancestors.replace("'self'", '').trim()}`
  const pdf = `${policy("style-src 'unsafe-inline'; object-src 'self'; ")}'self'${others}`.trim()
  return async (c, next) => {
    await next()
    const type = c.res.headers.get('content-type') ?? ''
    c.header('content-security-policy', type.startsWith('application/pdf') ? pdf : pages)
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
    c.header('cross-origin-opener-policy', 'same-origin')
    c.header('cross-origin-resource-policy', 'same-origin')
    c.header('permissions-policy', 'camera=(), microphone=(), geolocation=()')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
}

/**
 * With a token: `Authorization: Bearer <token>`, or Basic with the token as password of any user, so that browsers can ask.
 * Without one and for this machine alone: only by a name of this machine, or a foreign page could read along by DNS rebinding.
 */
export function requireAccess(settings: HttpSettings, onWrongToken: () => Promise<void>): MiddlewareHandler {
  const { token, host, allowUnauthenticated } = settings
  return async (c, next) => {
    if (OPEN.has(c.req.path) || (settings.hookSecret !== undefined && c.req.path.startsWith(`${HINTS_PATH}/`)))
      return next()
    if (token !== undefined) {
      const given = credentialOf(c.req.header('authorization'))
      if (!matches(given, token)) {
        if (given !== undefined) await onWrongToken()
        c.header('www-authenticate', 'Basic realm="Gliabridge", charset="UTF-8"')
        throw new RequestProblem(
          401,
          'UNAUTHENTICATED',
          'a token is needed',
          'Sign in with any user name and the token as password, or send it as a bearer token.',
        )
      }
    } else if (
      !allowUnauthenticated &&
      LOOPBACK.test(host.includes(':') ? `[${host}]` : host) &&
      !LOOPBACK.test(new URL(c.req.url).hostname)
    ) {
      throw new RequestProblem(
        421,
        'WRONG_HOST',
        'this service answers only under names of its own machine',
        'Use http://localhost, or set http.token and http.host to serve other machines.',
      )
    }
    return next()
  }
}

/** A change asked for by another site's page is refused; programs that are no browsers send neither header. */
export const refuseForeignOrigins: MiddlewareHandler = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const foreign =
      site !== undefined
        ? site !== 'same-origin' && site !== 'none'
        : origin !== undefined && hostOf(origin) !== new URL(c.req.url).host
    if (foreign)
      throw new RequestProblem(
        403,
        'FOREIGN_ORIGIN',
        'the request came from a page of another site',
        'Use the pages of this service.',
      )
  }
  return next()
}

function credentialOf(header: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(' ')
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.includes(':') ? text.slice(text.indexOf(':') + 1) : undefined
}

/** The name with which a person signed in (Basic); a token alone says nothing of who holds it. */
export function userOf(header: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(' ')
  if (scheme.toLowerCase() !== 'basic') return undefined
  const [name = ''] = Buffer.from(value, 'base64').toString('utf8').split(':')
  return name.slice(0, 100) || undefined
}

/** Compares digests, which have one length, in constant time. */
function matches(given: string | undefined, token: string): boolean {
  if (given === undefined) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
