// The request that shows whether a FHIR server is usable: the same one that the service makes first for every study.
import type { RecordStore } from './record-store.ts'

/** An identifier value that no patient has. */
export const NOBODY = 'gliabridge-check'

/** Searches for a patient that does not exist, which takes address, credentials and the right to read Patient. Throws EHR_*. */
export async function askForNobody(store: Pick<RecordStore, 'search'>, identifierSystem: string): Promise<void> {
  await store.search('Patient', 'identifier', [`${identifierSystem}|${NOBODY}`])
}
