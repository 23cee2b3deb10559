// Deterministic identifiers and searches for them, so that a repeated post finds what was written (FHIR R4 search, token type).
import type { Resource, ResourceType } from '@medplum/fhirtypes'
import { sha256Of } from '../../domain/digest.ts'
import { AppError } from '../../domain/errors.ts'

/** How one of our resources is found: by identifier, or by tag if the type has none (Provenance). */
export interface Key {
  resourceType: ResourceType
  param: 'identifier' | '_tag'
  system: string
  value: string
  /** Title of our attachment: identifies a document on servers that drop identifiers. */
  title?: string
}

/** Joins parts with dots into a value that needs no escaping in a search, a header or a URL. */
export function keyValue(...parts: string[]): string {
  return parts.map((part) => part.replace(/[^A-Za-z0-9_-]/g, '-')).join('.')
}

/** A system URI must survive `system|value,system|value` on every server, so it has no commas, pipes or spaces. */
export function checkSystem(setting: string, system: string): void {
  if (/^(https?:\/\/|urn:)[^\s|,$\\]+$/.test(system)) return
  throw new AppError(
    'SETTINGS_INVALID',
    `${setting} must be an absolute URI (http, https or urn) without spaces, "|" or ","`,
  )
}

/** A token for a search value, with the four special characters of FHIR search escaped (R4 search, 3.1.1.4.0.1). */
export function searchToken(system: string, value: string): string {
  return `${system}|${value.replace(/[\\$,|]/g, '\\$&')}`
}

/** The If-None-Exist condition of a conditional create. */
export function ifNoneExist(key: Key): string {
  return `${key.param}=${encodeURIComponent(searchToken(key.system, key.value))}`
}

/** Whether the resource really carries the key; servers that ignore an unknown parameter return other resources. */
export function carries(resource: Resource, key: Pick<Key, 'param' | 'system' | 'value'>): boolean {
  if (key.param === '_tag')
    return (resource.meta?.tag ?? []).some((t) => t.system === key.system && t.code === key.value)
  const identifiers = 'identifier' in resource ? resource.identifier : undefined
  const list = Array.isArray(identifiers) ? identifiers : []
  return list.some((identifier) => identifier.system === key.system && identifier.value === key.value)
}

/** The fullUrl of a new entry in a transaction: a UUID derived from the key (RFC 9562 version 8), the same at every repetition. */
export function urnOf(key: Key): string {
  const hex = sha256Of(`${key.resourceType}\n${key.system}\n${key.value}`)
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`
}

/** "Patient/12" from a relative, absolute or versioned reference. */
export function relativeReference(reference: string): string {
  const path = reference.replace(/\/_history\/[^/]+$/, '')
  return /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/.exec(path)?.[1] ?? reference
}

/** "Patient/12" of a stored resource; throws EHR_ERROR if the server gave it no id. */
export function referenceOf(resource: Resource): string {
  if (!resource.id) throw new AppError('EHR_ERROR', `the FHIR server gave a ${resource.resourceType} without id`)
  return `${resource.resourceType}/${resource.id}`
}
