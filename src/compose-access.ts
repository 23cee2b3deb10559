// Wires how people sign in, and what the EHR may call by itself.
import type { Parts } from './compose-parts.ts'
import { baseUrlOf } from './domain/base-url.ts'
import type { SignIn } from './domain/ports/sign-in.ts'
import { boundedFetch } from './fhir/connection/bounded-fetch.ts'
import { createPublicKeys, type KeyFiles, readKeyFile, readSigningKey } from './fhir/connection/tokens.ts'
import type { CdsDeps } from './http/deps.ts'
import { CALLBACK_PATH, SIGNED_OUT_PATH } from './http/security.ts'
import { createCdsClients } from './identity/cds-clients.ts'
import { createProvider, type Provider, type ProviderSettings } from './identity/providers.ts'
import { createSignIn } from './identity/sign-in.ts'
import { type AccessSettings, hasSignIn } from './settings/access-schema.ts'
import type { Settings } from './settings/schema.ts'

/** Undefined if people do not sign in here. */
export function openSignIn({ settings, store, ehr, clock }: Parts): SignIn | undefined {
  const { access, http } = settings
  if (!hasSignIn(access)) return undefined
  const { oidc, smart, accounts, idleMinutes, hours } = access
  const effects = providerEffects(http, () => clock.now())
  return createSignIn({
    store: store.access,
    audit: store.audit,
    clock,
    ...(oidc && { oidc: { ...oidc, provider: openProvider({ ...oidc, kind: 'oidc' }, 'access.oidc', effects) } }),
    ehrs: smart.map((one, n) => ({
      ...one,
      provider: openProvider({ ...one, kind: 'smart' }, `access.smart.${n}`, effects),
    })),
    accounts,
    idleMinutes,
    hours,
    patientIds: patientIdsOf(ehr),
  })
}

/** What every provider of this site needs. */
export function providerEffects({ publicUrl }: Pick<Settings['http'], 'publicUrl'>, now: () => Date) {
  const [redirectUri, signedOutUri] = [`${publicUrl}${CALLBACK_PATH}`, `${publicUrl}${SIGNED_OUT_PATH}`]
  return { redirectUri, signedOutUri, send: boundedFetch(fetch), now }
}

/** `setting` is that of the provider: "access.smart.0". */
export function openProvider(
  settings: ProviderSettings & { keyFiles?: readonly string[] | undefined },
  setting: string,
  effects: ReturnType<typeof providerEffects>,
): Provider {
  const { keyFiles } = settings
  if (!keyFiles) return createProvider(settings, effects)
  const named = { files: keyFiles, setting: `${setting}.keyFiles` }
  return createProvider(settings, { ...effects, signingKey: () => readSigningKey(named) })
}

/** What we publish of our keys; undefined if nobody is shown any. */
export function openPublicKeys({ access, ehr }: Pick<Settings, 'access' | 'ehr'>) {
  return createPublicKeys(ehr.auth, readKeyFile, keyFilesOf(access))
}

function keyFilesOf({ oidc, smart }: AccessSettings): KeyFiles[] {
  return [
    ...(oidc?.keyFiles ? [{ files: oidc.keyFiles, setting: 'access.oidc.keyFiles' }] : []),
    ...smart.flatMap(({ keyFiles }, n) =>
      keyFiles ? [{ files: keyFiles, setting: `access.smart.${n}.keyFiles` }] : [],
    ),
  ]
}

/** Undefined if no EHR may call the CDS services. */
export function openCds({ settings, store, ehr, clock }: Parts): CdsDeps | undefined {
  const { access, http } = settings
  if (access.cdsClients.length === 0 || http.publicUrl === undefined) return undefined
  return {
    clientOf: createCdsClients(access.cdsClients, { store: store.access, clock, send: boundedFetch(fetch) }),
    patientIds: patientIdsOf(ehr),
    servers: [settings.ehr.url, ...access.smart.map(({ issuer }) => baseUrlOf(issuer))],
    publicUrl: http.publicUrl,
    canLaunch: access.smart.length > 0,
  }
}

/** Empty if the EHR's adapter does not read them, so that nothing is shown. */
function patientIdsOf(ehr: Parts['ehr']): CdsDeps['patientIds'] {
  return async (reference, user) => (await ehr.patientIds?.(reference, user)) ?? []
}
