// Medplum's in-memory repository with what a real server adds: validation, checked references, transactions that roll back.
import { badRequest, deepClone, OperationOutcomeError, type SearchRequest, type WithId } from '@medplum/core'
import { type CreateResourceOptions, MemoryRepository } from '@medplum/fhir-router'
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes'
import { literalReferences, validate } from './validate.ts'

/** The two private maps of MemoryRepository; a transaction must be able to restore them. */
interface Contents {
  resources: Map<string, Map<string, Resource>>
  history: Map<string, Map<string, Resource[]>>
}

export class DemoRepository extends MemoryRepository {
  #written: Resource[] | undefined

  get #contents(): Contents {
    return this as unknown as Contents
  }

  override async createResource<T extends Resource>(
    resource: T,
    options?: CreateResourceOptions,
    update = false,
  ): Promise<WithId<T>> {
    const body = update || options?.assignedId ? resource : withoutId(resource)
    validate(body)
    return this.#undoIfDangling(async () => {
      const stored = await super.createResource(body, options, update)
      this.#note(stored)
      return stored
    })
  }

  override async conditionalCreate<T extends Resource>(
    resource: T,
    search: SearchRequest<T>,
    options?: CreateResourceOptions,
  ): Promise<{ resource: WithId<T>; outcome: OperationOutcome }> {
    const body = options?.assignedId ? resource : withoutId(resource)
    validate(body)
    return this.#undoIfDangling(async () => {
      const result = await super.conditionalCreate(body, search, options)
      this.#note(result.resource)
      return result
    })
  }

  /** Always newest first: the base class reverses its own list at each call. */
  override async readHistory<T extends Resource>(resourceType: string, id: string): Promise<Bundle<T>> {
    await this.readResource(resourceType, id)
    const versions = (this.#contents.history.get(resourceType)?.get(id) ?? []) as T[]
    const entry = versions.toReversed().map((version) => ({ resource: deepClone(version) }))
    return { resourceType: 'Bundle', type: 'history', total: entry.length, entry }
  }

  override async withTransaction<TResult>(callback: (repo: this) => Promise<TResult>): Promise<TResult> {
    if (this.#written) return callback(this)
    const before = this.#snapshot()
    this.#written = []
    try {
      const result = await callback(this)
      const written = this.#written
      this.#written = undefined
      for (const resource of written) this.#checkReferences(resource)
      return result
    } catch (error) {
      this.#restore(before)
      throw error
    } finally {
      this.#written = undefined
    }
  }

  /** A single write with a dangling reference is undone; inside a transaction, the transaction takes care of that. */
  async #undoIfDangling<TResult>(write: () => Promise<TResult>): Promise<TResult> {
    if (this.#written) return write()
    const before = this.#snapshot()
    try {
      return await write()
    } catch (error) {
      this.#restore(before)
      throw error
    }
  }

  /** In a transaction, references may point forward, so they are checked at its end. */
  #note(resource: Resource): void {
    if (this.#written) this.#written.push(resource)
    else this.#checkReferences(resource)
  }

  #checkReferences(resource: Resource): void {
    for (const reference of literalReferences(resource)) {
      if (reference.startsWith('#') || /^https?:/.test(reference)) continue
      const [type = '', id = ''] = reference.split('/')
      if (!this.#contents.resources.get(type)?.has(id)) {
        throw new OperationOutcomeError(badRequest('a reference points to nothing', resource.resourceType))
      }
    }
  }

  #snapshot(): Contents {
    const { resources, history } = this.#contents
    return {
      resources: new Map([...resources].map(([type, byId]) => [type, new Map(byId)])),
      history: new Map(
        [...history].map(([type, byId]) => [type, new Map([...byId].map(([id, versions]) => [id, [...versions]]))]),
      ),
    }
  }

  #restore(before: Contents): void {
    const { resources, history } = this.#contents
    resources.clear()
    history.clear()
    for (const [type, byId] of before.resources) resources.set(type, byId)
    for (const [type, byId] of before.history) history.set(type, byId)
  }
}

/** The server chooses the id of a created resource (FHIR R4 http.html#create). */
function withoutId<T extends Resource>(resource: T): T {
  const { id: _ignored, ...rest } = resource
  return rest as T
}
