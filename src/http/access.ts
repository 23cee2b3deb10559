// Who may make requests: people who sign in, programs with a token, or this machine alone; one middleware for each.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import type { SignIn } from '../domain/ports/sign-in.ts'
import type { Cookies } from './cookies.ts'
import type { HttpSettings } from './deps.ts'
import { RequestProblem } from './problems.ts'
import { CDS_PATH, HINTS_PATH, LAUNCH_PATH, PUBLIC_KEYS_PATH, SIGN_IN_PATH } from './security.ts'

/** Open without credentials: health probes and public keys. */
const OPEN = new Set(['/healthz', '/readyz', PUBLIC_KEYS_PATH])
/** Open where people sign in here: signing in and out, and what the sign-in page is drawn with. */
const WAY_IN = new RegExp(`^(${SIGN_IN_PATH}(/.*)?|${LAUNCH_PATH}|/sign-out|/assets/.+)$`)
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const READING = new Set(['GET', 'HEAD'])

/** People who sign in here, and the cookie that identifies them. */
export interface Door {
  signIn: SignIn
  cookies: Cookies
}

/** Whether no person has to sign in for this path: it is open, part of signing in, or checks its own credentials. */
export function isOpen(path: string): boolean {
  return OPEN.has(path) || WAY_IN.test(path) || isService(path)
}

/**
 * Requires what the settings ask for: a person who has signed in, otherwise the token, otherwise a name of this machine. Probes, public
 * keys, and messages with their own signature or token pass through.
 * @example app.use(requireAccess(settings, onWrongToken, { signIn, cookies }))
 */
export function requireAccess(
  { token, host, allowUnauthenticated, hookSecret }: HttpSettings,
  onWrongToken: () => Promise<void>,
  door?: Door,
): MiddlewareHandler {
  const isHint = (path: string) => hookSecret !== undefined && path.startsWith(`${HINTS_PATH}/`)
  const required = door
    ? requirePerson({ door, token, onWrongToken })
    : token !== undefined
      ? requireToken({ token, onWrongToken })
      : requireOwnName({ isNeeded: !allowUnauthenticated && isLoopbackName(host) })
  return (c, next) => {
    const { path } = c.req
    return OPEN.has(path) || isHint(path) || isService(path) ? next() : required(c, next)
  }
}

/**
 * Requires `Authorization: Bearer <token>`, or Basic with the token as any user's password, so that browsers can ask for it.
 * @throws 401 UNAUTHENTICATED, with WWW-Authenticate
 * @example app.use(requireToken({ token: 'from http.token', onWrongToken }))
 */
export function requireToken(options: { token: string; onWrongToken: () => Promise<void> }): MiddlewareHandler {
  return async (c, next) => {
    const given = credentialOf(c.req.header('authorization'))
    if (matches(given, options.token)) return next()
    if (given !== undefined) await options.onWrongToken()
    c.header('www-authenticate', 'Basic realm="Gliabridge", charset="UTF-8"')
    throw unauthenticated('Sign in with any user name and the token as password, or send it as a bearer token.')
  }
}

/**
 * Requires a session, whose visitor is then set as `visitor`, or the token, if there is one. Someone who opens a page with neither is
 * redirected to the sign-in page (303), and from there back.
 * @throws 401 UNAUTHENTICATED, for anything but opening a page
 * @example app.use(requirePerson({ door: { signIn, cookies }, token: undefined, onWrongToken }))
 */
export function requirePerson(options: {
  door: Door
  token: string | undefined
  onWrongToken: () => Promise<void>
}): MiddlewareHandler {
  const { door, token, onWrongToken } = options
  return async (c, next) => {
    const given = credentialOf(c.req.header('authorization'))
    if (token !== undefined && matches(given, token)) return next()
    if (given !== undefined) await onWrongToken()
    else if (await isSignedIn(c, door)) return next()
    if (WAY_IN.test(c.req.path)) return next()
    if (isNavigation(c)) return c.redirect(`${SIGN_IN_PATH}?${new URLSearchParams(wayBack(c, door))}`, 303)
    throw notSignedIn()
  }
}

/**
 * Requires one of this machine's own names; otherwise a foreign page could read along by DNS rebinding.
 * @throws 421 WRONG_HOST
 * @example app.use(requireOwnName({ isNeeded: true }))
 */
export function requireOwnName(options: { isNeeded: boolean }): MiddlewareHandler {
  return async (c, next) => {
    if (options.isNeeded && !LOOPBACK.test(new URL(c.req.url).hostname)) throw wrongHost()
    return next()
  }
}

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
