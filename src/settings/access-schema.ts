// Settings for who may sign in: the hospital's identity provider, launches from the EHR, local accounts, and services that the EHR calls.
import { z } from 'zod'
import { ROLES } from '../domain/access.ts'
import { filled, flag, type Secret, uri, whole } from './schema-parts.ts'

/** Tokens and names are transmitted here: only by https, or within this machine. */
const safeUrl = (description: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with https://' })
    .refine((text) => URL.parse(text)?.protocol === 'https:' || isThisMachine(text), 'must begin with https://')
    .refine((text) => !/[?#@]/.test(text), 'must have no user, query or fragment')
    .describe(description)

export function isThisMachine(text: string): boolean {
  const host = URL.parse(text)?.hostname ?? ''
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

const roles = () => z.array(z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` }))

/** How we show a provider that we are its client, besides a secret. */
const keyFiles = () =>
  z.exactOptional(
    z
      .array(filled('File with one private JWK: RSA (RS384) or EC P-384 (ES384).'))
      .min(1, 'must name one or two files')
      .max(2, 'must name one or two files')
      .describe(
        'Instead of clientSecret: files with one private JWK each, RSA (RS384) or EC P-384 (ES384), for client authentication by private_key_jwt. The first signs, both are published at /.well-known/jwks.json.',
      ),
  )
const isOneCredential = ({ clientSecret, keyFiles: files }: { clientSecret?: unknown; keyFiles?: unknown }) =>
  clientSecret === undefined || files === undefined
const ONE_CREDENTIAL = { path: ['keyFiles'], message: 'must be left out where there is a clientSecret' }

function oidcSchema(secret: Secret) {
  return z
    .strictObject({
      issuer: safeUrl(
        'Issuer, whose .well-known/openid-configuration is read: "https://login.hospital.example/realms/clinic".',
      ),
      clientId: filled('Client id.'),
      clientSecret: z.exactOptional(
        secret('Client secret, by reference; without it and keyFiles we are a public client.'),
      ),
      keyFiles: keyFiles(),
      scope: filled('Scopes, separated by spaces.').default('openid profile'),
      identifierClaim: filled(
        'Claim with the identifier by which the site knows the person, such as a staff number; it is recorded in reviews.',
      ).default('preferred_username'),
      rolesClaim: filled(
        'Claim with the groups or roles of the person; a dot leads into objects: "realm_access.roles".',
      ).default('groups'),
      roles: z
        .partialRecord(z.enum(ROLES), z.array(z.string().min(1, 'must not be empty')))
        .default({})
        .describe('Our role → values of rolesClaim that grant it. A person with none of them is refused.'),
    })
    .refine(isOneCredential, ONE_CREDENTIAL)
    .describe('The identity provider of the site (OpenID Connect, authorization code with PKCE).')
}

function smartSchema(secret: Secret) {
  const fields = z.strictObject({
    issuer: safeUrl(
      'FHIR base URL, exactly as the EHR states it as "iss" when it launches. It is the EHR of ehr.url, under the address that people use.',
    ),
    name: filled('What the button of the sign-in page calls it.').default('EHR'),
    clientId: filled('Client id.'),
    clientSecret: z.exactOptional(
      secret('Client secret, by reference; without it and keyFiles we are a public client.'),
    ),
    keyFiles: keyFiles(),
    scope: filled('Scopes besides launch and launch/patient.').default('openid fhirUser user/Practitioner.rs'),
    identifierSystem: z.exactOptional(
      uri(
        'System of the identifier of a Practitioner that stands in reviews; the id of the Practitioner when left out.',
      ),
    ),
    roles: roles()
      .min(1, 'must name at least one')
      .default(['viewer'])
      .describe('What whoever is launched from this EHR may do, with the launched patient alone.'),
  })
  return fields.refine(isOneCredential, ONE_CREDENTIAL)
}

export function accessSchema(secret: Secret) {
  return z
    .strictObject({
      oidc: z.exactOptional(oidcSchema(secret)),
      smart: z
        .array(smartSchema(secret))
        .default([])
        .describe(
          'EHRs that may launch the pages (SMART App Launch 2): {"issuer", "clientId", "clientSecret" or "keyFiles", "scope", "name", "identifierSystem", "roles"}. Launches of any other issuer are refused.',
        ),
      accounts: flag(
        'Local accounts, made with gliabridge account add, for a site without an identity provider.',
      ).default(false),
      idleMinutes: whole(1, 1440)
        .default(30)
        .describe('A session ends after this many minutes without a request by its person.'),
      hours: whole(1, 24).default(10).describe('A session ends after this many hours in any case.'),
      cdsClients: z
        .array(
          z.strictObject({
            issuer: filled('"iss" of its tokens.'),
            jwksUrl: safeUrl('Where its public keys are.'),
          }),
        )
        .default([])
        .describe(
          'EHRs that may call /cds-services (CDS Hooks 2.0): {"issuer", "jwksUrl"}. Without any, these services do not exist.',
        ),
    })
    .refine(({ oidc }) => oidc === undefined || Object.values(oidc.roles).some((values) => values.length > 0), {
      path: ['oidc', 'roles'],
      message: 'must give somebody a role, or nobody can sign in',
    })
    .refine(({ smart }) => new Set(smart.map(({ issuer }) => issuer)).size === smart.length, {
      path: ['smart'],
      message: 'must name each issuer once',
    })
    .prefault({})
    .describe(
      'Who may sign in to the pages. With any of oidc, smart and accounts, everybody must; programs use http.token.',
    )
}

export type AccessSettings = z.output<ReturnType<typeof accessSchema>>

/** Whether people sign in to this service itself. */
export function hasSignIn({ oidc, smart, accounts }: AccessSettings): boolean {
  return oidc !== undefined || smart.length > 0 || accounts
}
