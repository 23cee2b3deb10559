// What the write path asks of a FHIR server; client.ts is the one implementation.
import type { BundleEntry, CapabilityStatement, Resource, ResourceType } from '@medplum/fhirtypes'
import type { LedgerEntry } from '../../domain/ports/write-ledger.ts'
import type { Key } from '../resources/identifiers.ts'

/** Methods throw AppError with an EHR_* code; EHR_AMBIGUOUS when the answer to a write was lost. */
export interface RecordStore {
  /** All matches, all pages; `more` are further parameters. */
  search(
    resourceType: ResourceType,
    param: string,
    tokens: readonly string[],
    more?: Readonly<Record<string, string>>,
  ): Promise<Resource[]>
  /** The resource of "Type/id"; undefined when it is not there any more. */
  read(reference: string): Promise<Resource | undefined>
  capabilities(): Promise<CapabilityStatement>
  /** Creates unless one exists; resolves with the one that is there, when the server says. */
  createIfNone(resource: Resource, key: Key): Promise<Resource | undefined>
  /** Creates without a condition; resolves with it, when the server says. */
  create(resource: Resource): Promise<Resource | undefined>
  /** Replaces that version of it and no other. */
  update(resource: Resource, version: string): Promise<Resource | undefined>
  /** All or nothing; where each entry is now, as far as the server says. */
  transact(entries: BundleEntry[]): Promise<(LedgerEntry | undefined)[]>
}
