// Who may make requests, from where, and what a browser may do with the answer.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import type { SignIn } from '../domain/ports/sign-in.ts'
import type { Cookies } from './cookies.ts'
import type { HttpSettings } from './deps.ts'
import { RequestProblem } from './problems.ts'

/** Where the EHR fetches our public keys (SMART Backend Services). */
export const PUBLIC_KEYS_PATH = '/.well-known/jwks.json'
/** Messages here carry their own signature. */
export const HINTS_PATH = '/hints'
export const SIGN_IN_PATH = '/sign-in'
/** Where the EHR opens the pages (SMART App Launch), and where identity providers send people back to. */
export const LAUNCH_PATH = '/launch'
export const CALLBACK_PATH = '/sign-in/callback'
/** CDS Hooks; each call has its own token. */
export const CDS_PATH = '/cds-services'
/** Open without credentials: health probes and public keys. */
const OPEN = new Set(['/healthz', '/readyz', PUBLIC_KEYS_PATH])
/** Open where people sign in here: signing in and out, and what the sign-in page is drawn with. */
const WAY_IN = new RegExp(`^(${SIGN_IN_PATH}(/.*)?|${LAUNCH_PATH}|/sign-out|/assets/.+)$`)

export function isOpen(path: string): boolean {
  return OPEN.has(path) || WAY_IN.test(path) || isService(path)
}
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Browsers and proxies must not store patient data, send it on in referrers, or let other sites frame it. */
export function secureHeaders(settings: HttpSettings): MiddlewareHandler {
  const ancestors = settings.frameAncestors.join(' ')
  const policy = (own: string) => `default-src 'none'; ${own}base-uri 'none'; form-action 'self'; frame-ancestors `
  const pages = `${policy("style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; ")}${ancestors}`
  // The study page shows the report in a frame; the browser's PDF viewer brings its own styles.
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

/** People who sign in here, and the cookie that identifies them. */
export interface Door {
  signIn: SignIn
  cookies: Cookies
}

/**
 * With a token: `Authorization: Bearer <token>`, or Basic with the token as any user's password, so that browsers can ask for
 * it. Where people sign in here: a session, otherwise the token. With neither, only this machine may ask, and only by one of
 * its own names; otherwise a foreign page could read along by DNS rebinding.
 */
export function requireAccess(
  settings: HttpSettings,
  onWrongToken: () => Promise<void>,
  door?: Door,
): MiddlewareHandler {
  const { token, host, allowUnauthenticated } = settings
  return async (c, next) => {
    const { path } = c.req
    if (OPEN.has(path) || isHint(settings, path) || isService(path)) return next()
    const given = credentialOf(c.req.header('authorization'))
    if (token !== undefined && matches(given, token)) return next()
    if (door) {
      if (given !== undefined) await onWrongToken()
      else if (await isSignedIn(c, door)) return next()
      if (WAY_IN.test(path)) return next()
      if (isNavigation(c)) return c.redirect(`${SIGN_IN_PATH}?${new URLSearchParams(wayBack(c, door))}`, 303)
      throw notSignedIn()
    }
    if (token !== undefined) {
      if (given !== undefined) await onWrongToken()
      c.header('www-authenticate', 'Basic realm="Gliabridge", charset="UTF-8"')
      throw unauthenticated('Sign in with any user name and the token as password, or send it as a bearer token.')
    }
    if (!allowUnauthenticated && isLoopbackName(host) && !LOOPBACK.test(new URL(c.req.url).hostname)) throw wrongHost()
    return next()
  }
}

const READING = new Set(['GET', 'HEAD'])
const isHint = ({ hookSecret }: HttpSettings, path: string) =>
  hookSecret !== undefined && path.startsWith(`${HINTS_PATH}/`)
const isService = (path: string) => path === CDS_PATH || path.startsWith(`${CDS_PATH}/`)
const isLoopbackName = (host: string) => LOOPBACK.test(host.includes(':') ? `[${host}]` : host)

/** Only what a person opens, sends or scrolls keeps a session alive, not what a page fetches by itself. */
async function isSignedIn(c: Context, { signIn, cookies }: Door): Promise<boolean> {
  const token = cookies.session(c)
  if (token === undefined) return false
  const { method, path } = c.req
  const isByItself = path === '/events' || (c.req.header('sec-fetch-dest') === 'empty' && !path.includes('/images/'))
  const visitor = await signIn.visitor(token, !READING.has(method) || !isByItself)
  if (visitor) c.set('visitor', visitor)
  return visitor !== undefined
}

function isNavigation(c: Context): boolean {
  const mode = c.req.header('sec-fetch-mode')
  const wantsPage = (c.req.header('accept') ?? '').includes('text/html')
  return c.req.method === 'GET' && wantsPage && (mode === undefined || mode === 'navigate')
}

function wayBack(c: Context, { cookies }: Door): Record<string, string> {
  const { pathname, search } = new URL(c.req.url)
  const ended = cookies.session(c) !== undefined
  return { ...(pathname !== '/' && { to: `${pathname}${search}` }), ...(ended && { said: 'ended' }) }
}

function unauthenticated(hint: string): RequestProblem {
  return new RequestProblem(401, 'UNAUTHENTICATED', 'a token is needed', hint)
}

/** What was typed into a form is not lost. */
function notSignedIn(): RequestProblem {
  return new RequestProblem(
    401,
    'UNAUTHENTICATED',
    'you are not signed in, or your session has ended',
    'Sign in in another tab, then load this page again: what you sent is taken then. Programs send the token of http.token as a bearer token.',
  )
}

function wrongHost(): RequestProblem {
  return new RequestProblem(
    421,
    'WRONG_HOST',
    'this service answers only under names of its own machine',
    'Use http://localhost, or set http.token and http.host to serve other machines.',
  )
}

/** Refuses a change that another site's page requests; programs other than browsers send neither header. */
export const refuseForeignOrigins: MiddlewareHandler = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const foreign =
      site !== undefined
        ? site !== 'same-origin' && site !== 'none'
        : origin !== undefined
          ? hostOf(origin) !== new URL(c.req.url).host
          : // Browsers send at least one of the two with every change, so a cookie without either does not come from a browser.
            c.get('visitor') !== undefined
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

/** Compares digests, which are of equal length, in constant time. */
function matches(given: string | undefined, token: string): boolean {
  if (given === undefined) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
