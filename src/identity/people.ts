// Who somebody is according to a provider: turns claims and a Practitioner of the EHR into the person recorded in reviews, and their roles.
import { ROLES, type Role } from '../domain/access.ts'
import { baseUrlOf } from '../domain/base-url.ts'
import { AppError } from '../domain/errors.ts'
import type { Reviewer } from '../domain/review.ts'

export type Claims = Readonly<Record<string, unknown>>

/** How claims of the identity provider become a person with roles. */
export interface RoleClaims {
  identifierClaim: string
  rolesClaim: string
  /** Role → values that grant it. */
  roles: Partial<Record<Role, readonly string[]>>
}

/** The roles of people who launch from an EHR. */
export interface SmartPerson {
  identifierSystem?: string | undefined
  roles: readonly Role[]
}

/** Values of a claim that contains one text or several; a dot leads into objects, unless a claim has the full name. */
export function textsOf(claims: Claims, path: string): string[] {
  const value =
    path in claims
      ? claims[path]
      : path.split('.').reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), claims)
  const values = Array.isArray(value) ? value : [value]
  return values.filter((one): one is string => typeof one === 'string' && one.trim() !== '')
}

/** Throws SIGN_IN_REFUSED if no identifier or name is stated. */
export function personOfClaims(
  claims: Claims,
  { issuer, identifierClaim }: { issuer: string; identifierClaim: string },
) {
  const [identifier] = textsOf(claims, identifierClaim)
  if (identifier === undefined)
    throw new AppError('SIGN_IN_REFUSED', `the identity provider states no claim ${identifierClaim} of this person`)
  return { identifier: short(identifier, 64), system: issuer, name: nameIn(claims) ?? short(identifier, 100) }
}

export function rolesOfClaims(claims: Claims, { rolesClaim, roles }: Pick<RoleClaims, 'rolesClaim' | 'roles'>): Role[] {
  const values = textsOf(claims, rolesClaim)
  return ROLES.filter((role) => roles[role]?.some((value) => values.includes(value)))
}

/**
 * "Practitioner/12" from the claim fhirUser, which may be absolute. Throws SIGN_IN_REFUSED for people who are not staff, or are
 * from another server.
 */
export function practitionerOf(claims: Claims, issuer: string): string {
  const [stated] = [...textsOf(claims, 'fhirUser'), ...textsOf(claims, 'profile')]
  if (stated === undefined)
    throw new AppError(
      'SIGN_IN_REFUSED',
      'the EHR does not state who this is (fhirUser); grant our client the scope fhirUser',
    )
  const base = `${baseUrlOf(issuer)}/`
  const reference = stated.startsWith(base) ? stated.slice(base.length) : stated
  if (/^Practitioner(Role)?\/[A-Za-z0-9.-]{1,64}$/.test(reference)) return reference
  throw new AppError('SIGN_IN_REFUSED', 'only staff may sign in: the EHR says that this is no Practitioner of its own')
}

/** `resource` is the Practitioner from the EHR, if it returned one. Throws SIGN_IN_REFUSED if nothing states a name. */
export function personOfPractitioner(
  { reference, resource, claims }: { reference: string; resource: unknown; claims: Claims },
  { issuer, identifierSystem }: { issuer: string; identifierSystem?: string | undefined },
): Reviewer {
  const { name = [], identifier = [] } = (isObject(resource) ? resource : {}) as PractitionerParts
  const text = readHumanName(name.find(({ use }) => use === 'official') ?? name[0]) ?? nameIn(claims)
  if (text === undefined)
    throw new AppError(
      'SIGN_IN_REFUSED',
      'the EHR states no name of this person; grant our client user/Practitioner.rs, or the claim name',
    )
  if (identifierSystem === undefined)
    return { identifier: reference.slice(reference.indexOf('/') + 1), system: issuer, name: text }
  const value = identifier.find(({ system, use }) => system === identifierSystem && use !== 'old')?.value
  if (!value)
    throw new AppError(
      'SIGN_IN_REFUSED',
      'the Practitioner has no identifier of the system in access.smart.identifierSystem',
    )
  return { identifier: short(value, 64), system: identifierSystem, name: text }
}

interface HumanName {
  use?: string
  text?: string
  family?: string
  given?: string[]
  prefix?: string[]
}

interface PractitionerParts {
  name?: HumanName[]
  identifier?: { system?: string; value?: string; use?: string }[]
}

function readHumanName(name: HumanName | undefined): string | undefined {
  if (!name) return undefined
  const { text, family, given = [], prefix = [] } = name
  const read = text ?? [...prefix, ...given, ...(family === undefined ? [] : [family])].join(' ')
  return read.trim() === '' ? undefined : short(read, 100)
}

function nameIn(claims: Claims): string | undefined {
  const [name = [...textsOf(claims, 'given_name'), ...textsOf(claims, 'family_name')].join(' ')] = textsOf(
    claims,
    'name',
  )
  return name === '' ? undefined : short(name, 100)
}

/** What a provider supplies goes into our record: no control characters, and no more than a review may contain. */
function short(text: string, most: number): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, most)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
