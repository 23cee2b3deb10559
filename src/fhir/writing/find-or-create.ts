// Finds and creates our resources on one server: by identifier, by patient, by our own ledger; each is created once, whatever the server supports.
import type { DocumentReference, Resource } from '@medplum/fhirtypes'
import { AppError, asAppError, type ErrorCode } from '../../domain/errors.ts'
import type { LedgerEntry, WriteLedger } from '../../domain/ports/write-ledger.ts'
import type { Created, RecordStore } from '../connection/record-store.ts'
import { carries, type Key, searchToken } from '../resources/identifiers.ts'
import type { Capabilities } from './capability.ts'
import { possiblyThere } from './possibly-there.ts'

/** The server that is written to, and for which patient. */
export interface Site {
  store: RecordStore
  ledger: WriteLedger
  capabilities: Capabilities
  /** Base URL: ids mean nothing on another server. */
  baseUrl: string
  /** "Patient/12" */
  patient: string
}

/** How long a create without condition, whose answer was lost, is searched for before it may be sent again. */
export const SETTLE_SECONDS = 600
/** Longer than any ledger is kept: covers everything ever begun. */
const EVER_SECONDS = 100 * 365 * 86_400

export function ledgerKey({ baseUrl }: Pick<Site, 'baseUrl'>, { resourceType, system, value }: Key): string {
  return `${baseUrl} ${resourceType} ${system}|${value}`
}

/** The one resource of each key; throws EHR_DUPLICATE if a key occurs twice. The ledger may know what a search does not show yet. */
export async function findByKeys(site: Site, keys: readonly Key[]): Promise<Map<Key, Resource>> {
  const resourceOf = new Map<Key, Resource>()
  const groups = Map.groupBy(keys, (key) => `${key.resourceType}?${key.param}`)
  for (const group of groups.values()) {
    const resources = await searchFor(site, group)
    for (const key of group) {
      const matches = resources.filter((resource) => isOf(resource, key))
      if (matches.length > 1) {
        throw new AppError(
          'EHR_DUPLICATE',
          `the EHR has ${matches.length} ${key.resourceType} with the ${key.param} ${key.value}`,
        )
      }
      if (matches[0]) resourceOf.set(key, matches[0])
    }
  }
  await addFromLedger(site, keys, resourceOf)
  return resourceOf
}

async function searchFor({ store, capabilities, patient }: Site, group: readonly Key[]): Promise<Resource[]> {
  const { resourceType, param } = group[0]!
  if (param === 'identifier' && !capabilities.searches(resourceType, 'identifier')) {
    // Some servers can search their documents only by patient.
    return capabilities.searches(resourceType, 'patient') ? store.search(resourceType, 'patient', [patient]) : []
  }
  const tokens = group.map((key) => searchToken(key.system, key.value))
  const resources = await store.search(resourceType, param, tokens)
  if (resources.some((resource) => !group.some((key) => carries(resource, key)))) {
    throw new AppError(
      'EHR_REJECTED',
      `the FHIR server does not search ${resourceType} by ${param}: it answered with others`,
    )
  }
  return resources
}

/** A server may drop identifiers of documents; the title of our attachment also names the analysis. */
function isOf(resource: Resource, key: Key): boolean {
  if (carries(resource, key)) return true
  if (resource.resourceType !== 'DocumentReference' || key.title === undefined || resource.identifier) return false
  return (resource as DocumentReference).content.some(({ attachment }) => attachment.title === key.title)
}

async function addFromLedger(site: Site, keys: readonly Key[], resourceOf: Map<Key, Resource>): Promise<void> {
  const missing = keys.filter((key) => !resourceOf.has(key))
  const entries = await site.ledger.find(keys.map((key) => ledgerKey(site, key)))
  for (const key of resourceOf.keys()) {
    const entry = entries.get(ledgerKey(site, key))
    if (entry) resourceOf.set(key, withVersion(resourceOf.get(key)!, entry))
  }
  for (const key of missing) {
    const entry = entries.get(ledgerKey(site, key))
    if (!entry || entry.reference === UNKNOWN_PLACE) continue
    const resource = await site.store.read(entry.reference)
    if (resource && !contradicts(resource, key)) resourceOf.set(key, withVersion(resource, entry))
    // What was just written may not be readable everywhere yet; if it stays missing, it was deleted or the server was restored.
    else await site.ledger.forget(ledgerKey(site, key), resource ? 0 : SETTLE_SECONDS)
  }
}

/** After a restore, a server may give the same id to something else. */
function contradicts(resource: Resource, key: Key): boolean {
  if (resource.resourceType !== key.resourceType) return true
  const identifiers = 'identifier' in resource ? resource.identifier : undefined
  const ours = Array.isArray(identifiers) ? identifiers.filter(({ system }) => system === key.system) : []
  return ours.length > 0 && !carries(resource, key)
}

/** For servers that return the version only as ETag. */
function withVersion(resource: Resource, { reference, version }: LedgerEntry): Resource {
  if (resource.meta?.versionId || !version || reference !== `${resource.resourceType}/${resource.id}`) return resource
  return { ...resource, meta: { ...resource.meta, versionId: version } }
}

/** In the ledger: the server confirmed that it has it, but not where. */
const UNKNOWN_PLACE = ''

/** Errors after which the server has certainly not done it. */
const NOT_DONE: readonly ErrorCode[] = [
  'EHR_REJECTED',
  'EHR_AUTH',
  'EHR_FORBIDDEN',
  'EHR_THROTTLED',
  'EHR_UNREACHABLE',
  'EHR_CONFLICT',
]

/**
 * Creates the resource of a key that a search did not find. Uses If-None-Exist if the server supports it; otherwise the ledger
 * admits one writer, and no other until the answer is known, or until a search long afterwards shows that nothing was created.
 */
export async function createOnce(site: Site, resource: Resource, key: Key): Promise<Resource> {
  const { store, ledger, capabilities } = site
  const entry = ledgerKey(site, key)
  const conditional = capabilities.createsConditionally(key.resourceType)
  // Checked in both cases: a server may drop the identifier in the condition.
  const first = await ledger.begin(entry, conditional ? 0 : EVER_SECONDS)
  const again = !first && !conditional && !(await possiblyThere(site, resource, key))
  if (!first && !(again && (await ledger.begin(entry, SETTLE_SECONDS))))
    throw new AppError(
      'EHR_CONFLICT',
      `${key.resourceType} ${key.value} was sent and is not found yet; it is looked for before it is sent again`,
    )
  let created: Created
  try {
    created = conditional ? await store.createIfNone(resource, key) : await store.create(resource)
  } catch (thrown) {
    if (NOT_DONE.includes(asAppError(thrown).code)) await ledger.forget(entry)
    throw thrown
  }
  const stated = created.resource
  if (stated) await remember(site, key, stated)
  else await ledger.record(entry, created.place ?? { reference: UNKNOWN_PLACE })
  const createdOne = stated?.meta?.versionId ? stated : (await findByKeys(site, [key])).get(key)
  if (!createdOne)
    throw new AppError(
      'EHR_AMBIGUOUS',
      `${key.resourceType} ${key.value} was accepted by the FHIR server, which neither says where it is nor finds it in a search; it is not sent again`,
    )
  if (!stated && !created.place) await remember(site, key, createdOne)
  return createdOne
}

/** Records the server's answer in the ledger. */
export async function remember(site: Site, key: Key, written: Resource | undefined): Promise<void> {
  if (!written?.id) return
  const version = written.meta?.versionId
  const reference = `${written.resourceType}/${written.id}`
  await site.ledger.record(ledgerKey(site, key), { reference, ...(version && { version }) })
}
