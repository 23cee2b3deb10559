// Client assertions of SMART Backend Services (SMART App Launch 2.2, RFC 7523): takes private keys, makes signed JWTs and a public JWKS; pure.
import { calculateJwkThumbprint, importJWK, type JWK, SignJWT } from 'jose'
import { AppError } from '../../domain/errors.ts'

export interface SigningKey {
  kid: string
  alg: 'RS384' | 'ES384'
  jwk: JWK
}

/** A JWKS without private members. */
export interface PublicKeys {
  keys: JWK[]
}

/** SMART allows five minutes; a shorter life leaves room for a clock that runs ahead. */
const LIFETIME_SECONDS = 240
const MIN_RSA_BITS = 2048

/** One private key as JWK: RSA for RS384 or EC P-384 for ES384. `setting` names the setting in messages, which quote nothing of the text. */
export async function parseSigningKey(
  text: string,
  setting: string,
  code: 'EHR_AUTH' | 'SETTINGS_INVALID' = 'EHR_AUTH',
): Promise<SigningKey> {
  const refuse = (why: string) => new AppError(code, `${setting}: ${why}`)
  const jwk = parseJwk(text)
  if (!jwk) throw refuse('the file is not a JWK (a JSON object with "kty")')
  if (typeof jwk.d !== 'string') throw refuse('the key is not a private one')
  const alg = algorithmOf(jwk)
  if (!alg) throw refuse('the key must be RSA of at least 2048 bits (RS384) or EC on the curve P-384 (ES384)')
  if (jwk.alg !== undefined && jwk.alg !== alg) throw refuse(`"alg" must be ${alg} or left out`)
  const usable = await importJWK(jwk, alg).then(
    () => true,
    () => false,
  )
  if (!usable) throw refuse('the key is damaged')
  return { kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)), alg, jwk }
}

function parseJwk(text: string): JWK | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'kty' in value ? (value as JWK) : undefined
  } catch {
    return undefined
  }
}

function algorithmOf(jwk: JWK): SigningKey['alg'] | undefined {
  if (jwk.kty === 'EC') return jwk.crv === 'P-384' ? 'ES384' : undefined
  if (jwk.kty !== 'RSA' || typeof jwk.n !== 'string') return undefined
  return Buffer.from(jwk.n, 'base64url').byteLength * 8 >= MIN_RSA_BITS ? 'RS384' : undefined
}

/**
 * The assertion: iss and sub are the client, aud is the token endpoint, jti is used once. It has no iat and no nbf: a server
 * whose clock is behind ours would refuse them, and SMART does not require them.
 */
export async function signAssertion(
  key: SigningKey,
  claims: { clientId: string; audience: string; jti: string; now: Date },
): Promise<string> {
  const { clientId, audience, jti, now } = claims
  return new SignJWT({})
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(jti)
    .setExpirationTime(Math.floor(now.getTime() / 1000) + LIFETIME_SECONDS)
    .sign(await importJWK(key.jwk, key.alg))
}

/** The public parts of the keys, for our JWKS endpoint. Two keys with one kid are refused: a verifier could take the wrong one. */
export function publicKeys(keys: readonly SigningKey[]): PublicKeys {
  if (new Set(keys.map((key) => key.kid)).size < keys.length)
    throw new AppError('EHR_AUTH', 'keyFiles: two of our keys have the same "kid"')
  return { keys: keys.map(publicPart) }
}

function publicPart({ kid, alg, jwk }: SigningKey): JWK {
  const common = { kid, alg, use: 'sig', key_ops: ['verify'] }
  if (jwk.kty === 'RSA') return { kty: 'RSA', n: jwk.n!, e: jwk.e!, ...common }
  return { kty: 'EC', crv: jwk.crv!, x: jwk.x!, y: jwk.y!, ...common }
}
