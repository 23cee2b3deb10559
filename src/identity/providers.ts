// Sign-in at a provider: OpenID Connect at the site's, SMART App Launch 2 at the EHR's; authorization code with PKCE S256, state and nonce.
import { createRemoteJWKSet, customFetch, importJWK, type JWK, type JWTVerifyGetKey } from 'jose'
import * as client from 'openid-client'
import { baseUrlOf } from '../domain/base-url.ts'
import { HOUR_MS } from '../domain/durations.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { Claims } from './people.ts'

export interface ProviderSettings {
  /** Issuer, or the FHIR base URL of the EHR. */
  issuer: string
  kind: 'oidc' | 'smart'
  clientId: string
  clientSecret?: string | undefined
  scope: string
}

/** A private key of ours: RSA for RS384, or EC on the curve P-384 for ES384. */
export interface ClientKey {
  kid: string
  alg: 'RS384' | 'ES384'
  jwk: JWK
}

export interface ProviderEffects {
  redirectUri: string
  /** Where the browser comes back to from a sign-out at the provider. */
  signedOutUri: string
  send: typeof fetch
  now(): Date
  /** Read anew with the provider's metadata, so that a key can be exchanged without a restart. */
  signingKey?: () => Promise<ClientKey>
}

export interface Checks {
  state: string
  nonce: string
  codeVerifier: string
}

export interface ProviderAnswer {
  claims: Claims
  accessToken: string
  /** The token itself, for a sign-out at the provider. */
  idToken?: string
  /** Id of the launched patient (SMART), and what a card passed to the launch (CDS Hooks appContext). */
  patient?: string
  appContext?: string
}

export interface Provider {
  settings: ProviderSettings
  /** The address to send the browser to. `launch` comes from the EHR; without it, a patient is chosen there (SMART, stand-alone launch). */
  begin(checks: Checks, launch: string | undefined): Promise<string>
  /** `query` is the query with which the browser came back. Throws IDENTITY_UNREACHABLE, IDENTITY_INVALID, SIGN_IN_REFUSED. */
  finish(query: URLSearchParams, checks: Checks): Promise<ProviderAnswer>
  /**
   * Where the person is signed out of the provider too (OpenID Connect RP-Initiated Logout 1.0); undefined if it announces no
   * end_session_endpoint, and for an EHR. Without an id token the provider asks the person.
   */
  signOutUrl(idToken: string | undefined): Promise<string | undefined>
  /** The keys that sign its tokens. Throws IDENTITY_UNREACHABLE, IDENTITY_INVALID. */
  keys(): Promise<JWTVerifyGetKey>
  /** A resource of the EHR read with the person's own rights; undefined if it is not returned. */
  read(reference: string, accessToken: string): Promise<unknown>
}

const TIMEOUT_SECONDS = 15
/** A provider may move its endpoints. */
const METADATA_LIFETIME_MS = HOUR_MS
const SMART_ALGORITHMS = ['RS256', 'RS384', 'ES256', 'ES384', 'PS256']

export function createProvider(
  settings: ProviderSettings,
  { redirectUri, signedOutUri, send, now, signingKey }: ProviderEffects,
): Provider {
  const { issuer, kind, scope } = settings
  let kept: { config: client.Configuration; until: number } | undefined
  let keySet: { address: string; keys: JWTVerifyGetKey } | undefined
  const configuration = async () => {
    if (kept && now().getTime() < kept.until) return kept.config
    const key = await signingKey?.()
    const config = await (kind === 'oidc' ? discoverOpenId(settings, send, key) : discoverSmart(settings, send, key))
    kept = { config, until: now().getTime() + METADATA_LIFETIME_MS }
    return config
  }
  return {
    settings,
    async begin({ state, nonce, codeVerifier }, launch) {
      const config = await attempt(configuration)
      const launching = kind === 'smart' ? (launch === undefined ? ' launch/patient' : ' launch') : ''
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: `${scope}${launching}`,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(kind === 'smart' && { aud: issuer }),
        ...(launch !== undefined && { launch }),
      })
      return url.href
    },
    finish: (query, { state, nonce, codeVerifier }) =>
      attempt(async () => {
        const back = new URL(redirectUri)
        back.search = query.toString()
        const tokens = await client.authorizationCodeGrant(await configuration(), back, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        const { patient, appContext } = tokens as Record<string, unknown>
        return {
          claims: tokens.claims() ?? {},
          accessToken: tokens.access_token,
          ...(tokens.id_token !== undefined && { idToken: tokens.id_token }),
          ...(typeof patient === 'string' && { patient }),
          ...(typeof appContext === 'string' && { appContext }),
        }
      }),
    signOutUrl: (idToken) =>
      attempt(async () => {
        const config = await configuration()
        if (kind !== 'oidc' || config.serverMetadata().end_session_endpoint === undefined) return undefined
        return client.buildEndSessionUrl(config, {
          post_logout_redirect_uri: signedOutUri,
          ...(idToken !== undefined && { id_token_hint: idToken }),
        }).href
      }),
    keys: () =>
      attempt(async () => {
        const address = (await configuration()).serverMetadata().jwks_uri
        if (address === undefined) throw new AppError('IDENTITY_INVALID', 'the provider announces no jwks_uri')
        if (keySet?.address !== address)
          keySet = { address, keys: createRemoteJWKSet(new URL(address), { [customFetch]: send }) }
        return keySet.keys
      }),
    async read(reference, accessToken) {
      const response = await send(`${baseUrlOf(issuer)}/${reference}`, {
        headers: { accept: 'application/fhir+json', authorization: `Bearer ${accessToken}` },
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
      }).catch(() => undefined)
      return response?.ok ? response.json().catch(() => undefined) : undefined
    },
  }
}

/** By key, by secret, or as a public client. `audience` of an assertion is the issuer by default. */
async function authentication(
  { clientSecret }: ProviderSettings,
  key: ClientKey | undefined,
  audience?: string,
): Promise<client.ClientAuth> {
  if (!key) return clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret)
  const imported = (await importJWK(key.jwk, key.alg)) as client.CryptoKey
  return client.PrivateKeyJwt(
    { key: imported, kid: key.kid },
    {
      [client.modifyAssertion](header, payload) {
        header.typ = 'JWT'
        if (audience !== undefined) payload.aud = audience
        // A provider whose clock is behind ours would refuse them, and neither profile requires them.
        delete payload.iat
        delete payload.nbf
      },
    },
  )
}

async function discoverOpenId(
  settings: ProviderSettings,
  send: typeof fetch,
  key: ClientKey | undefined,
): Promise<client.Configuration> {
  const { issuer, clientId } = settings
  return client.discovery(new URL(issuer), clientId, undefined, await authentication(settings, key), {
    [client.customFetch]: send as client.CustomFetch,
    timeout: TIMEOUT_SECONDS,
    // The settings allow http only on this machine.
    ...(issuer.startsWith('http:') && { execute: [client.allowInsecureRequests] }),
  })
}

/** SMART App Launch 2, section "Conformance": .well-known/smart-configuration under the FHIR base URL. */
async function discoverSmart(
  settings: ProviderSettings,
  send: typeof fetch,
  key: ClientKey | undefined,
): Promise<client.Configuration> {
  const { issuer, clientId } = settings
  const response = await send(`${baseUrlOf(issuer)}/.well-known/smart-configuration`, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
  })
  if (!response.ok)
    throw new AppError(
      response.status >= 500 ? 'IDENTITY_UNREACHABLE' : 'IDENTITY_INVALID',
      `.well-known/smart-configuration of the EHR: status ${response.status}`,
    )
  const stated = (await response.json().catch(() => undefined)) as Record<string, unknown> | undefined
  const address = (name: string) => {
    const url = typeof stated?.[name] === 'string' ? URL.parse(stated[name]) : null
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && issuer.startsWith('http:'))) return url.href
    throw new AppError('IDENTITY_INVALID', `.well-known/smart-configuration of the EHR: no usable ${name}`)
  }
  const methods = stated?.code_challenge_methods_supported
  if (!Array.isArray(methods) || !methods.includes('S256'))
    throw new AppError('IDENTITY_INVALID', '.well-known/smart-configuration of the EHR: no PKCE by S256')
  if (typeof stated?.issuer !== 'string')
    throw new AppError(
      'IDENTITY_INVALID',
      '.well-known/smart-configuration of the EHR: no issuer; it must have sso-openid-connect',
    )
  const tokenEndpoint = address('token_endpoint')
  const config = new client.Configuration(
    {
      issuer: stated.issuer,
      authorization_endpoint: address('authorization_endpoint'),
      token_endpoint: tokenEndpoint,
      jwks_uri: address('jwks_uri'),
      id_token_signing_alg_values_supported: SMART_ALGORITHMS,
    },
    clientId,
    undefined,
    // SMART App Launch 2.2, "Client Authentication: Asymmetric": aud is the token endpoint.
    await authentication(settings, key, tokenEndpoint),
  )
  config[client.customFetch] = send as client.CustomFetch
  config.timeout = TIMEOUT_SECONDS
  if (issuer.startsWith('http:')) client.allowInsecureRequests(config)
  return config
}

/** The library's messages may quote claims and answers; only their codes are kept. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown
    if (thrown instanceof client.AuthorizationResponseError)
      throw new AppError('SIGN_IN_REFUSED', `the provider did not let this person in (${plain(thrown.error)})`, {
        cause: thrown,
      })
    if (thrown instanceof client.ResponseBodyError)
      throw new AppError(
        'IDENTITY_INVALID',
        `the provider refused our client: ${plain(thrown.error)} (status ${thrown.status})`,
        {
          cause: thrown,
        },
      )
    if (thrown instanceof client.ClientError)
      throw new AppError(
        isUnreachable(thrown) ? 'IDENTITY_UNREACHABLE' : 'IDENTITY_INVALID',
        `the provider's answer: ${plain(thrown.code)}`,
        {
          cause: thrown,
        },
      )
    if (thrown instanceof TypeError || (thrown as Error).name === 'TimeoutError')
      throw new AppError('IDENTITY_UNREACHABLE', 'the provider did not answer', { cause: thrown })
    throw asAppError(thrown)
  }
}

const isUnreachable = ({ code }: client.ClientError) =>
  code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM'
const plain = (code: unknown) => (typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : 'no code')
