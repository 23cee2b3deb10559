// Logout tokens, by which an identity provider says that it has signed somebody out (OpenID Connect Back-Channel Logout 1.0).
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Visitor } from '../domain/access.ts'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import type { AccessStore } from '../domain/ports/access-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Reviewer } from '../domain/review.ts'
import type { Claims } from './people.ts'
import type { Provider } from './providers.ts'

/** Whom the provider has signed out: one session of theirs, or all of one person. */
interface SignedOut {
  sub?: string
  sid?: string
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Those of ID tokens: never "none", and no secret that both sides know. */
const ALGORITHMS = ['RS256', 'RS384', 'ES256', 'ES384', 'PS256', 'PS384']
const SKEW_SECONDS = 30
/** A token without an end is remembered this long. */
const MAX_LIFETIME_SECONDS = 600

/** What a session remembers of the provider's own, by the claims of the ID token. */
export function atProvider({ sub, sid }: Claims): Pick<Visitor, 'atProvider'> {
  return typeof sub === 'string' ? { atProvider: { sub, ...(typeof sid === 'string' && { sid }) } } : {}
}

/** Ends the sessions that the token is about, and returns whose they were. */
export async function endSessions(
  { settings: { issuer, clientId }, keys }: Provider,
  token: string,
  ports: { store: AccessStore; clock: Clock },
): Promise<Reviewer[] | undefined> {
  const told = await readLogoutToken(token, { issuer, clientId, keys: await keys() }, ports)
  return told && (await ports.store.closeSessionsAt(told)).map(({ person }) => person)
}

/** Undefined for a token that is not valid, not for us, about nobody, or used before. Throws IDENTITY_UNREACHABLE if the keys cannot be fetched. */
async function readLogoutToken(
  token: string,
  { issuer, clientId, keys }: { issuer: string; clientId: string; keys: JWTVerifyGetKey },
  { store, clock }: { store: Pick<AccessStore, 'isFirstUse'>; clock: Clock },
): Promise<SignedOut | undefined> {
  const payload = await verified(() =>
    jwtVerify(token, keys, {
      issuer,
      audience: clientId,
      algorithms: ALGORITHMS,
      requiredClaims: ['iat', 'jti', 'events'],
      maxTokenAge: MAX_LIFETIME_SECONDS,
      clockTolerance: SKEW_SECONDS,
      currentDate: clock.now(),
    }),
  )
  if (!payload || !isLogout(payload)) return undefined
  const { sub, sid, jti } = payload
  const digest = sha256Of(JSON.stringify([issuer, 'logout', jti]))
  const endsAt = new Date(clock.now().getTime() + (MAX_LIFETIME_SECONDS + 2 * SKEW_SECONDS) * 1000).toISOString()
  if (!(await store.isFirstUse(digest, endsAt))) return undefined
  return { ...(sub !== undefined && { sub }), ...(typeof sid === 'string' && { sid }) }
}

/** An ID token has a nonce and must not sign anybody out; one that names nobody says nothing. */
function isLogout({ events, nonce, sub, sid }: JWTPayload): boolean {
  const isOfLogout = typeof events === 'object' && events !== null && EVENT in events
  return isOfLogout && nonce === undefined && (sub !== undefined || typeof sid === 'string')
}

async function verified(work: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await work()).payload
  } catch (thrown) {
    if (thrown instanceof errors.JOSEError && !(thrown instanceof errors.JWKSTimeout)) return undefined
    throw new AppError('IDENTITY_UNREACHABLE', 'the keys of the identity provider cannot be had (jwks_uri)', {
      cause: thrown,
    })
  }
}
