// What the write path asks of a FHIR server; client.ts is the one implementation. Servers without transactions get their own here.
import type { BundleEntry, Resource, ResourceType } from '@medplum/fhirtypes'
import { AppError } from '../domain/errors.ts'
import { carries, type Key, searchToken } from './identifiers.ts'

/** Methods throw AppError with an EHR_* code; EHR_AMBIGUOUS when the answer to a write was lost. */
export interface RecordStore {
  /** All matches, all pages. */
  search(resourceType: ResourceType, param: Key['param'], tokens: string[]): Promise<Resource[]>
  /** Creates unless one exists; resolves with the one that is there, when the server says. */
  createIfNone(resource: Resource, key: Key): Promise<Resource | undefined>
  /** All or nothing. */
  transact(entries: BundleEntry[]): Promise<void>
}

/** The one resource of each key, by the key's value; EHR_DUPLICATE when a key is there twice. */
export async function findByKeys(store: RecordStore, keys: Key[]): Promise<Map<Key, Resource>> {
  const found = new Map<Key, Resource>()
  const groups = Map.groupBy(keys, (key) => `${key.resourceType}?${key.param}`)
  for (const group of groups.values()) {
    const { resourceType, param } = group[0]!
    const tokens = group.map((key) => searchToken(key.system, key.value))
    const resources = await store.search(resourceType, param, tokens)
    if (resources.some((resource) => !group.some((key) => carries(resource, key)))) {
      throw new AppError(
        'EHR_REJECTED',
        `the FHIR server does not search ${resourceType} by ${param}: it answered with others`,
      )
    }
    for (const key of group) {
      const matches = resources.filter((resource) => carries(resource, key))
      if (matches.length > 1) {
        throw new AppError(
          'EHR_DUPLICATE',
          `the EHR has ${matches.length} ${resourceType} with the ${param} ${key.value}`,
        )
      }
      if (matches[0]) found.set(key, matches[0])
    }
  }
  return found
}
