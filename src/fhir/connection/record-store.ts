// What the write path needs of a FHIR server; client.ts is the one implementation.
import type { BundleEntry, CapabilityStatement, Resource, ResourceType } from '@medplum/fhirtypes'
import type { LedgerEntry } from '../../domain/ports/write-ledger.ts'
import type { Key } from '../resources/identifiers.ts'

/** What the answer to a successful create contains: the resource, where it is, or nothing. */
export interface Created {
  resource?: Resource
  place?: LedgerEntry
}

/** Methods throw AppError with an EHR_* code; EHR_AMBIGUOUS if the answer to a write was lost. */
export interface RecordStore {
  /** All matches, from all pages; `more` holds further parameters. */
  search(
    resourceType: ResourceType,
    param: string,
    tokens: readonly string[],
    more?: Readonly<Record<string, string>>,
  ): Promise<Resource[]>
  /** The resource of "Type/id"; undefined when it is no longer there. */
  read(reference: string): Promise<Resource | undefined>
  capabilities(): Promise<CapabilityStatement>
  /** Creates the resource unless it exists. */
  createIfNone(resource: Resource, key: Key): Promise<Created>
  /** Creates unconditionally. */
  create(resource: Resource): Promise<Created>
  /** Replaces that version, and no other. */
  update(resource: Resource, version: string): Promise<Resource | undefined>
  /** Removes "Type/id"; servers may forbid it. */
  remove(reference: string): Promise<void>
  /** All or nothing; returns where each entry is now, as far as the server says. */
  transact(entries: BundleEntry[]): Promise<(LedgerEntry | undefined)[]>
}
