// A FHIR server as the write path sees it, in memory: versions, conditional creates and transactions that happen whole or not at all.
import type { BundleEntry, Reference, Resource } from '@medplum/fhirtypes'
import { AppError } from '../../src/domain/errors.ts'
import type { RecordStore } from '../../src/fhir/connection/record-store.ts'
import { carries } from '../../src/fhir/resources/identifiers.ts'

export interface MemoryRecordStore extends RecordStore {
  /** By "Type/id". */
  resources: Map<string, Resource>
  /** Method and type of each write that was done, in their order. */
  writes: string[]
  put(resource: Resource): Resource
}

/** `stored` is the form in which the server keeps what it is given. */
export function createMemoryRecordStore(stored: (resource: Resource) => Resource = (one) => one): MemoryRecordStore {
  const resources = new Map<string, Resource>()
  const writes: string[] = []
  let created = 0
  const put = (resource: Resource): Resource => {
    const id = resource.id ?? String(++created)
    const version = Number(resources.get(`${resource.resourceType}/${id}`)?.meta?.versionId ?? 0) + 1
    const kept = { ...stored(resource), id, meta: { ...resource.meta, versionId: String(version) } } as Resource
    resources.set(`${resource.resourceType}/${id}`, kept)
    return kept
  }
  const create = (resource: Resource) => {
    writes.push(`create ${resource.resourceType}`)
    return put(resource)
  }
  const update = (resource: Resource, version: string) => {
    const before = resources.get(`${resource.resourceType}/${resource.id}`)
    if (before?.meta?.versionId !== version) throw new AppError('EHR_CONFLICT', 'another version is there')
    writes.push(`update ${resource.resourceType}`)
    return put(resource)
  }
  return {
    resources,
    writes,
    put,
    async search(resourceType, param, tokens) {
      const carried = tokens.map((token) => token.replace(/\\([\\|,$])/g, '$1').split('|') as [string, string])
      return [...resources.values()].filter(
        (resource) =>
          resource.resourceType === resourceType &&
          (param === 'patient' ||
            carried.some(([system, value]) => carries(resource, { param: param as 'identifier', system, value }))),
      )
    },
    read: async (reference) => resources.get(reference),
    capabilities: async () => ({ resourceType: 'CapabilityStatement' }) as never,
    async createIfNone(resource, key) {
      const there = [...resources.values()].find(
        (one) => one.resourceType === resource.resourceType && carries(one, key),
      )
      return { resource: there ?? create(resource) }
    },
    create: async (resource) => ({ resource: create(resource) }),
    update: async (resource, version) => update(resource, version),
    remove: async (reference) => void resources.delete(reference),
    async transact(entries) {
      const before = new Map(resources)
      try {
        const ids = new Map(
          entries.flatMap(({ fullUrl, request, resource }): [string, string][] =>
            request?.method === 'POST' ? [[fullUrl!, `${resource!.resourceType}/${++created}`]] : [],
          ),
        )
        return entries.map((entry) => {
          const { resourceType, id, meta } = entryOf(entry, ids, { create, update })
          return { reference: `${resourceType}/${id}`, version: meta!.versionId! }
        })
      } catch (thrown) {
        resources.clear()
        for (const [reference, resource] of before) resources.set(reference, resource)
        throw thrown
      }
    },
  }
}

function entryOf(
  { fullUrl, request, resource }: BundleEntry,
  ids: ReadonlyMap<string, string>,
  { create, update }: { create(resource: Resource): Resource; update(resource: Resource, version: string): Resource },
): Resource {
  const resolved = JSON.parse(JSON.stringify(resource), (key, value: Reference['reference']) =>
    key === 'reference' || key === 'url' ? (ids.get(value ?? '') ?? value) : value,
  ) as Resource
  if (request?.method === 'PUT') return update(resolved, /"(.+)"/.exec(request.ifMatch ?? '')?.[1] ?? '')
  return create({ ...resolved, id: ids.get(fullUrl!)!.split('/')[1]! } as Resource)
}
