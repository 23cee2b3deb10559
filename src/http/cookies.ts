// The cookies: a session, a sign-in in progress, and the id token for signing out at the identity provider. All are for this host only and unreadable
// for scripts.
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { HttpSettings } from './deps.ts'

const SIGN_IN_SECONDS = 600
/** Browsers refuse a cookie of more than 4096 bytes, its name and attributes included. */
const MAX_ID_TOKEN = 3800

export type Cookies = ReturnType<typeof createCookies>

/**
 * In a frame of the EHR the cookie is a third-party cookie: browsers send it only with SameSite=None, and those that block
 * third-party cookies need it partitioned by embedding site (CHIPS). Without frames it is Lax.
 */
export function createCookies({ publicUrl, frameAncestors }: Pick<HttpSettings, 'publicUrl' | 'frameAncestors'>) {
  const isSecure = publicUrl?.startsWith('https:') ?? false
  const isFramed = frameAncestors.some((one) => one !== "'none'" && one !== "'self'")
  const options: CookieOptions = {
    path: '/',
    httpOnly: true,
    // The settings allow http only within this machine.
    secure: isSecure,
    ...(isSecure && isFramed ? { sameSite: 'None', partitioned: true } : { sameSite: 'Lax' }),
  }
  const session = `${isSecure ? '__Host-' : ''}gliabridge`
  const begun = `${session}-sign-in`
  const idToken = `${session}-id-token`
  return {
    session: (c: Context) => getCookie(c, session),
    keepSession: (c: Context, token: string) => setCookie(c, session, token, options),
    forgetSession: (c: Context) => void deleteCookie(c, session, options),
    begun: (c: Context) => getCookie(c, begun),
    keepBegun: (c: Context, browser: string) => setCookie(c, begun, browser, { ...options, maxAge: SIGN_IN_SECONDS }),
    idToken: (c: Context) => getCookie(c, idToken),
    /** One that is too long for a cookie is not kept: the provider then asks the person whether to sign out. */
    keepIdToken: (c: Context, value: string) => {
      if (value.length <= MAX_ID_TOKEN) setCookie(c, idToken, value, options)
      else deleteCookie(c, idToken, options)
    },
    forgetIdToken: (c: Context) => void deleteCookie(c, idToken, options),
    forgetBegun: (c: Context) => void deleteCookie(c, begun, options),
  }
}
