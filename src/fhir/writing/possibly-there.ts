// Whether a create whose answer was lost may have succeeded after all, although a search by our identifier finds nothing.
import type { DocumentReference, Resource } from '@medplum/fhirtypes'
import type { RecordStore } from '../connection/record-store.ts'
import type { Key } from '../resources/identifiers.ts'
import type { Capabilities } from './capability.ts'

export interface Searched {
  store: Pick<RecordStore, 'search'>
  capabilities: Pick<Capabilities, 'searches'>
  /** "Patient/12" */
  patient: string
}

/**
 * False only if a search shows that the resource, already searched for by its key, is not there. Some servers keep neither
 * identifier nor title of a document, so all documents of the patient are examined.
 */
export async function possiblyThere(site: Searched, resource: Resource, key: Key): Promise<boolean> {
  const { store, capabilities, patient } = site
  if (resource.resourceType !== 'DocumentReference') return !capabilities.searches(key.resourceType, key.param)
  if (!capabilities.searches('DocumentReference', 'patient')) return true
  const documents = (await store.search('DocumentReference', 'patient', [patient])) as DocumentReference[]
  return documents.some((one) => mayBe(one, resource, key))
}

/**
 * Not another document by an identifier in our system, by its title, or by a date before ours; a server may change the date to
 * a later one, never an earlier one.
 */
function mayBe(stored: DocumentReference, sent: DocumentReference, { system, value, title }: Key): boolean {
  const ours = (stored.identifier ?? []).filter((one) => one.system === system)
  if (ours.length > 0) return ours.some((one) => one.value === value)
  const titles = stored.content.flatMap(({ attachment }) => attachment.title ?? [])
  if (title !== undefined && titles.length > 0 && !titles.includes(title)) return false
  if (stored.date === undefined || sent.date === undefined) return true
  return Date.parse(stored.date) >= Date.parse(sent.date)
}
