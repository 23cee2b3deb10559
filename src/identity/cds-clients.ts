// Who calls the CDS services: verifies the signed token of the EHR (CDS Hooks 2.0, "Trusting CDS Clients") against the EHRs in the settings.
import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import type { AccessStore } from '../domain/ports/access-store.ts'
import type { Clock } from '../domain/ports/clock.ts'

export interface CdsClient {
  issuer: string
  jwksUrl: string
}

/** The specification recommends ES384 and RS384; EHRs also use the others. */
const ALGORITHMS = ['ES384', 'RS384', 'ES256', 'RS256', 'PS256', 'PS384']
/** "exp … SHOULD be no more than five minutes in the future". */
const MAX_LIFETIME_SECONDS = 300
const SKEW_SECONDS = 30

/**
 * Resolves with the issuer, or undefined for a token that is missing, from an unknown EHR, not for `endpoint`, expired or used
 * before. Keys come from the address in the settings; one in the token's header (jku) is never followed. Throws
 * IDENTITY_UNREACHABLE if the keys cannot be fetched.
 */
export function createCdsClients(
  clients: readonly CdsClient[],
  { store, clock, send }: { store: Pick<AccessStore, 'isFirstUse'>; clock: Clock; send: typeof fetch },
) {
  const keys = new Map(
    clients.map(({ issuer, jwksUrl }) => [issuer, createRemoteJWKSet(new URL(jwksUrl), { [customFetch]: send })]),
  )
  return async (authorization: string | undefined, endpoint: string): Promise<string | undefined> => {
    const token = /^bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    const issuer = token === undefined ? undefined : issuerOf(token)
    const keysOf = issuer === undefined ? undefined : keys.get(issuer)
    if (token === undefined || issuer === undefined || !keysOf) return undefined
    const payload = await verified(() =>
      jwtVerify(token, keysOf, {
        issuer,
        audience: endpoint,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'iat', 'jti'],
        clockTolerance: SKEW_SECONDS,
        currentDate: clock.now(),
      }),
    )
    if (!payload || lifetimeOf(payload) > MAX_LIFETIME_SECONDS) return undefined
    const digest = sha256Of(JSON.stringify([issuer, payload.jti]))
    const endsAt = new Date(((payload.exp ?? 0) + SKEW_SECONDS) * 1000).toISOString()
    return (await store.isFirstUse(digest, endsAt)) ? issuer : undefined
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

async function verified(work: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await work()).payload
  } catch (thrown) {
    const isOfKeys = thrown instanceof errors.JWKSTimeout || !(thrown instanceof errors.JOSEError)
    if (isOfKeys)
      throw new AppError('IDENTITY_UNREACHABLE', 'the keys of a CDS client cannot be had (access.cdsClients.jwksUrl)', {
        cause: thrown,
      })
    return undefined
  }
}

const lifetimeOf = ({ exp = 0, iat = 0 }: JWTPayload) => exp - iat
