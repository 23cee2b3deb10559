// Checks sign-in, and that the providers and keys named in the settings exist; reports every problem, not only the first.

import { openProvider, providerEffects } from '../../compose-access.ts'
import { AppError, asAppError } from '../../domain/errors.ts'
import { BACK_CHANNEL_PATH, CDS_PATH, LAUNCH_PATH, PUBLIC_KEYS_PATH } from '../../http/security.ts'
import type { Provider } from '../../identity/providers.ts'
import { hasSignIn } from '../../settings/access-schema.ts'
import type { Settings } from '../../settings/schema.ts'
import { ChecksFailed, linesOf } from './check.ts'

const LIMIT_MS = 15_000
/** Nobody signs in: only the address that people would be sent to is built. */
const NOBODY = { state: 'check', nonce: 'check', codeVerifier: 'c'.repeat(43) }

export async function checkAccess({ access, http }: Pick<Settings, 'access' | 'http'>): Promise<string[]> {
  const { oidc, smart, accounts, cdsClients } = access
  if (!hasSignIn(access) && cdsClients.length === 0) {
    const token = http.token === undefined ? 'whoever reaches the pages' : 'whoever has http.token'
    return [`nobody signs in here (access): ${http.allowUnauthenticated ? 'whoever the proxy lets through' : token}`]
  }
  const effects = providerEffects(http, () => new Date())
  const hasKeys = oidc?.keyFiles !== undefined || smart.some(({ keyFiles }) => keyFiles !== undefined)
  const tried = await Promise.all([
    ...(oidc
      ? [attempt('access.oidc', () => providerLine(openProvider({ ...oidc, kind: 'oidc' }, 'access.oidc', effects)))]
      : []),
    ...smart.map((one, n) => {
      const setting = `access.smart.${n}`
      return attempt(setting, () => providerLine(openProvider({ ...one, kind: 'smart' }, setting, effects)))
    }),
    ...cdsClients.map(({ jwksUrl }, n) => attempt(`access.cdsClients.${n}`, () => keysLine(jwksUrl))),
  ])
  const lines = [
    ...(oidc || smart.length > 0 ? [`to be registered there: redirect address ${effects.redirectUri}`] : []),
    ...(oidc
      ? [
          `to be registered there: address after signing out (post_logout_redirect_uri) ${effects.signedOutUri}`,
          `to be registered there, if it signs people out by itself: backchannel_logout_uri ${http.publicUrl}${BACK_CHANNEL_PATH}`,
        ]
      : []),
    ...(hasKeys ? [`to be registered there: our public keys (jwks_uri) ${http.publicUrl}${PUBLIC_KEYS_PATH}`] : []),
    ...(smart.length > 0 ? [`to be registered there: launch address ${http.publicUrl}${LAUNCH_PATH}`] : []),
    ...(cdsClients.length > 0 ? [`to be registered there: CDS services at ${http.publicUrl}${CDS_PATH}`] : []),
    ...(accounts ? ['local accounts (gliabridge account list)'] : []),
    ...tried.flatMap((one) => one.lines),
    ...framesOf(http.frameAncestors, smart.length > 0),
  ]
  if (tried.some(({ ok }) => !ok)) throw new ChecksFailed(lines)
  return lines
}

async function attempt(setting: string, work: () => Promise<string>): Promise<{ ok: boolean; lines: string[] }> {
  try {
    return { ok: true, lines: [`${setting}: ${await work()}`] }
  } catch (thrown) {
    const [first = '', ...more] = linesOf(asAppError(thrown))
    return { ok: false, lines: [`${setting}: ${first}`, ...more] }
  }
}

async function providerLine(provider: Provider): Promise<string> {
  const { settings } = provider
  const { origin, pathname } = new URL(await provider.begin(NOBODY, undefined))
  return `${settings.issuer} answers and signs people in at ${origin}${pathname}; the client's secret or key was not tried`
}

async function keysLine(jwksUrl: string): Promise<string> {
  const answer = await fetch(jwksUrl, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) }).catch(
    () => undefined,
  )
  const body = (await answer?.json().catch(() => undefined)) as { keys?: unknown } | undefined
  if (!answer?.ok || !Array.isArray(body?.keys))
    throw new AppError(
      'IDENTITY_UNREACHABLE',
      `${jwksUrl} gives no keys (${answer ? `status ${answer.status}` : 'no answer'})`,
    )
  return `${jwksUrl} has ${body.keys.length} ${body.keys.length === 1 ? 'key' : 'keys'}`
}

function framesOf(ancestors: readonly string[], isLaunched: boolean): string[] {
  if (!isLaunched || ancestors.some((one) => one.startsWith('http'))) return []
  return [
    'the EHR cannot show the pages in a frame: http.frameAncestors names no origin (right where it opens a window of its own)',
  ]
}
