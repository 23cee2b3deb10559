// A real identity provider (oidc-provider) on this machine, and an EHR that signs people in through it: SMART configuration, launch, Practitioner.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { Provider } from 'oidc-provider'

export interface IdentityProvider {
  /** Issuer of OpenID Connect. */
  issuer: string
  /** FHIR base URL of the EHR: what it states as "iss" of a launch. */
  ehr: string
  /** Parameters of the authorization requests, in their order. */
  asked: Record<string, unknown>[]
  /** Header and claims of the assertions by which our client showed who it is, in their order. */
  assertions: { header: Record<string, unknown>; claims: Record<string, unknown> }[]
  /** Changes from launch to launch. */
  context: {
    patient?: string
    appContext?: string
    accountId: string
    practitioner: unknown
    smart: Record<string, unknown>
  }
  /** Signs the session of an ID token out, as an administrator of the provider would: it sends a logout token to `backChannel`. */
  signOut(sub: string, sid: string): Promise<void>
  close(): Promise<void>
}

export interface ProviderOptions {
  redirectUri: string
  /** Claims by account. */
  people: Record<string, Record<string, unknown>>
  /** Public keys of our client, which then signs (private_key_jwt) instead of sending its secret. */
  clientKeys?: JWK[]
  /** Show pages to sign in and to consent, instead of taking `context.accountId`. */
  interactive?: boolean
  /** Where the provider says that it signed somebody out. */
  backChannel?: string
  /** An own page of the EHR, such as one with our pages in a frame. */
  page?: () => string
}

export const CLIENT = { clientId: 'gliabridge', clientSecret: 'not-a-secret-but-long-enough' }

export async function startIdentityProvider({
  redirectUri,
  people,
  clientKeys,
  interactive = false,
  backChannel,
  page,
}: ProviderOptions): Promise<IdentityProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ehr = `${issuer}/fhir`
  const asked: Record<string, unknown>[] = []
  const assertions: IdentityProvider['assertions'] = []
  const context: IdentityProvider['context'] = {
    accountId: Object.keys(people)[0]!,
    practitioner: undefined,
    smart: {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      capabilities: [
        'launch-ehr',
        'launch-standalone',
        clientKeys ? 'client-confidential-asymmetric' : 'client-confidential-symmetric',
        'sso-openid-connect',
        'context-ehr-patient',
      ],
      code_challenge_methods_supported: ['S256'],
    },
  }
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [
          {
            client_id: CLIENT.clientId,
            redirect_uris: [redirectUri],
            post_logout_redirect_uris: [new URL('out', redirectUri).href],
            response_types: ['code'],
            ...(backChannel && { backchannel_logout_uri: backChannel, backchannel_logout_session_required: true }),
            grant_types: ['authorization_code'],
            ...(clientKeys
              ? { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: clientKeys } }
              : { token_endpoint_auth_method: 'client_secret_basic', client_secret: CLIENT.clientSecret }),
          },
        ],
        // What SMART App Launch asks for.
        enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
        assertJwtClientAuthClaimsAndHeader: async (_, claims, header) => void assertions.push({ header, claims }),
        pkce: { required: () => true },
        scopes: ['openid', 'profile', 'fhirUser', 'launch', 'launch/patient', 'user/Practitioner.rs'],
        claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], fhirUser: ['fhirUser'] },
        conformIdTokenClaims: false,
        extraParams: ['aud', 'launch'],
        findAccount: (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId, ...people[accountId] }) }),
        features: {
          devInteractions: { enabled: interactive },
          backchannelLogout: { enabled: backChannel !== undefined },
        },
        ...(!interactive && { interactions: { url: (_, { uid }) => `/interaction/${uid}` } }),
        cookies: { keys: ['test'] },
        // Its own way out has a dispatcher that the fetch of this Node does not take.
        fetch: (input, options) => fetch(input, { ...options, dispatcher: undefined } as unknown as RequestInit),
        ttl: { Interaction: 600, Grant: 600, Session: 600, IdToken: 600, AccessToken: 600 },
      }),
  )
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.oidc?.route === 'authorization') asked.push({ ...ctx.oidc.params })
    if (ctx.oidc?.route === 'token' && ctx.status === 200) {
      const { patient, appContext } = context
      ctx.body = { ...(ctx.body as object), ...(patient && { patient }), ...(appContext && { appContext }) }
    }
  })
  const callback = provider.callback()
  server.on('request', async (request, response) => {
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const path = request.url ?? ''
    if (path === '/chart')
      return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page?.() ?? '')
    if (path === '/fhir/.well-known/smart-configuration') return json(context.smart)
    if (path.startsWith('/fhir/Practitioner/'))
      return request.headers.authorization?.startsWith('Bearer ') && context.practitioner
        ? json(context.practitioner)
        : json({}, 401)
    if (!interactive && path.startsWith('/interaction/')) {
      const { params, grantId } = await provider.interactionDetails(request, response)
      const grant = grantId
        ? await provider.Grant.find(grantId)
        : new provider.Grant({ accountId: context.accountId, clientId: CLIENT.clientId })
      grant!.addOIDCScope(String(params.scope))
      const consent = { grantId: await grant!.save() }
      return provider.interactionFinished(request, response, { login: { accountId: context.accountId }, consent })
    }
    return callback(request, response)
  })
  return {
    issuer,
    ehr,
    asked,
    assertions,
    context,
    async signOut(sub, sid) {
      const ours = (await provider.Client.find(CLIENT.clientId)) as unknown as {
        backchannelLogout(sub: string, sid: string): Promise<void>
      }
      await ours.backchannelLogout(sub, sid)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** It warns of keys and a memory that are for tests alone. */
function quietly<T>(work: () => T): T {
  const { warn } = console
  console.warn = () => undefined
  try {
    return work()
  } finally {
    console.warn = warn
  }
}

/** What a browser does after it was sent to `url`: goes from redirect to redirect with its cookies, up to `until`. */
export async function followTo(url: string, until: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let at = url
  for (let hops = 0; hops < 10 && !at.startsWith(until); hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie, accept: 'text/html' } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const next = answer.headers.get('location')
    if (!next) throw new Error(`${answer.status} at ${new URL(at).pathname}: ${(await answer.text()).slice(0, 300)}`)
    at = new URL(next, at).href
  }
  return new URL(at)
}
