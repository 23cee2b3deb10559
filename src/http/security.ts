// What a browser may do with an answer, and from which pages a change may come; the paths of requests that are not a page's.
import type { MiddlewareHandler } from 'hono'
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
/** Where an identity provider sends people back to whom it has signed out. */
export const SIGNED_OUT_PATH = '/sign-in/out'
/** Where an identity provider says, without a browser, that it has signed somebody out. */
export const BACK_CHANNEL_PATH = '/sign-in/back-channel'
/** CDS Hooks; each call has its own token. */
export const CDS_PATH = '/cds-services'

const VOLUME_VIEW_PATH = /^\/analyses\/[^/]+\/images\/3d$/

/** Browsers and proxies must not store patient data, send it on in referrers, or let other sites frame it. */
export function secureHeaders(settings: HttpSettings): MiddlewareHandler {
  const ancestors = settings.frameAncestors.join(' ')
  const policy = (own: string) => `default-src 'none'; ${own}base-uri 'none'; form-action 'self'; frame-ancestors `
  const pages = `${policy("style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; ")}${ancestors}`
  const others = ancestors === "'none'" ? '' : ` ${ancestors.replace("'self'", '').trim()}`
  // The study page shows two things in a frame: the report, where the browser's PDF viewer brings its own styles, and the 3D view, where NiiVue
  // brings pictures of its letters and its light.
  const framed = (own: string) => `${policy(own)}'self'${others}`.trim()
  const pdf = framed("style-src 'unsafe-inline'; object-src 'self'; ")
  const volumes = framed(
    "style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; ",
  )
  const policyOf = (path: string, type: string) => {
    if (type.startsWith('application/pdf')) return pdf
    return VOLUME_VIEW_PATH.test(path) ? volumes : pages
  }
  return async (c, next) => {
    await next()
    const type = c.res.headers.get('content-type') ?? ''
    c.header('content-security-policy', policyOf(c.req.path, type))
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
    c.header('cross-origin-opener-policy', 'same-origin')
    c.header('cross-origin-resource-policy', 'same-origin')
    c.header('permissions-policy', 'camera=(), microphone=(), geolocation=()')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
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

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
