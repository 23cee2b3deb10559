// The question that shows whether a FHIR server can be worked with: the one that the service asks first for every study.
import type { RecordStore } from './record-store.ts'

/** An identifier value that no patient has. */
export const NOBODY = 'gliabridge-check'

/** Searches a patient that is not there: needs address, credentials and the right to read Patient. Throws EHR_*. */
export async function askForNobody(store: Pick<RecordStore, 'search'>, identifierSystem: string): Promise<void> {
  await store.search('Patient', 'identifier', [`${identifierSystem}|${NOBODY}`])
}
