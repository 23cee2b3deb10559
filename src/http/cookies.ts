// The two cookies: of a session, and of a sign-in under way. Both are of this host alone, and no script reads them.
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { HttpSettings } from './deps.ts'

const SIGN_IN_SECONDS = 600

export type Cookies = ReturnType<typeof createCookies>

/**
 * In a frame of the EHR the cookie is one of a third party: it is sent there with SameSite=None alone, and kept apart for each
 * embedding site (Partitioned, CHIPS), which browsers that refuse third-party cookies allow. Without frames it is Lax.
 */
export function createCookies({ publicUrl, frameAncestors }: Pick<HttpSettings, 'publicUrl' | 'frameAncestors'>) {
  const isSecure = publicUrl?.startsWith('https:') ?? false
  const isFramed = frameAncestors.some((one) => one !== "'none'" && one !== "'self'")
  const options: CookieOptions = {
    path: '/',
    httpOnly: true,
    // Settings allow http within this machine alone.
    secure: isSecure,
    ...(isSecure && isFramed ? { sameSite: 'None', partitioned: true } : { sameSite: 'Lax' }),
  }
  const session = `${isSecure ? '__Host-' : ''}gliabridge`
  const begun = `${session}-sign-in`
  return {
    session: (c: Context) => getCookie(c, session),
    keepSession: (c: Context, token: string) => setCookie(c, session, token, options),
    forgetSession: (c: Context) => void deleteCookie(c, session, options),
    begun: (c: Context) => getCookie(c, begun),
    keepBegun: (c: Context, browser: string) => setCookie(c, begun, browser, { ...options, maxAge: SIGN_IN_SECONDS }),
    forgetBegun: (c: Context) => void deleteCookie(c, begun, options),
  }
}
