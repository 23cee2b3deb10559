// Wires how people sign in, and what the EHR may call by itself.
import type { Parts } from './compose-parts.ts'
import { baseUrlOf } from './domain/base-url.ts'
import type { SignIn } from './domain/ports/sign-in.ts'
import { boundedFetch } from './fhir/connection/bounded-fetch.ts'
import type { CdsDeps } from './http/deps.ts'
import { CALLBACK_PATH } from './http/security.ts'
import { createCdsClients } from './identity/cds-clients.ts'
import { createProvider } from './identity/providers.ts'
import { createSignIn } from './identity/sign-in.ts'
import { hasSignIn } from './settings/access-schema.ts'

/** Undefined if people do not sign in here. */
export function openSignIn({ settings, store, ehr, clock }: Parts): SignIn | undefined {
  const { access, http } = settings
  if (!hasSignIn(access)) return undefined
  const effects = {
    redirectUri: `${http.publicUrl}${CALLBACK_PATH}`,
    send: boundedFetch(fetch),
    now: () => clock.now(),
  }
  const { oidc, smart, accounts, idleMinutes, hours } = access
  return createSignIn({
    store: store.access,
    audit: store.audit,
    clock,
    ...(oidc && { oidc: { ...oidc, provider: createProvider({ ...oidc, kind: 'oidc' }, effects) } }),
    ehrs: smart.map((one) => ({ ...one, provider: createProvider({ ...one, kind: 'smart' }, effects) })),
    accounts,
    idleMinutes,
    hours,
    patientIds: patientIdsOf(ehr),
  })
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
