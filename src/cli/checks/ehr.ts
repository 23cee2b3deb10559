// Asks the EHR what the service would ask; with write, creates resources that belong to nobody and removes them again.
import type { ResourceType } from '@medplum/fhirtypes'
import { type AppError, asAppError } from '../../domain/errors.ts'
import { createRecordStore } from '../../fhir/connection/client.ts'
import { askForNobody, NOBODY } from '../../fhir/connection/probe.ts'
import type { RecordStore } from '../../fhir/connection/record-store.ts'
import { chooseWriteMode, readCapabilities } from '../../fhir/writing/capability.ts'
import { probeWrites } from '../../fhir/writing/probe-writes.ts'
import type { Settings } from '../../settings/schema.ts'
import { adviseOnEhr } from './address.ts'
import { ChecksFailed, linesOf } from './check.ts'

export async function checkEhr({ ehr }: Pick<Settings, 'ehr'>, { write }: { write: boolean }): Promise<string[]> {
  const store = createRecordStore(ehr)
  try {
    await askForNobody(store, ehr.identifierSystem)
  } catch (thrown) {
    const error = asAppError(thrown)
    throw new ChecksFailed([...linesOf(error), ...(await adviseOnEhr(ehr.url, error))])
  }
  const mode = chooseWriteMode(readCapabilities(await store.capabilities(), ehr.write), ehr.write)
  const lines = [
    'Patient is searched by identifier',
    `the report is written by ${mode} (ehr.write.rung ${ehr.write.rung})`,
  ]
  const refusals = await readRights(store, ehr)
  const written = write
    ? await probeWrites(store, { ...ehr, ...ehr.images, mode, notify: ehr.orders.notify })
    : undefined
  const failed = [...refusals, ...(written?.failed ?? [])]
  const rest = written?.done ?? [
    'untested: the rights to create, update and remove (check-config --write tries them with resources of nobody)',
  ]
  if (failed.length > 0) throw new ChecksFailed([...lines, ...rest, ...failed])
  return [...lines, 'what the service reads beside it may be read', ...rest]
}

/** Further resource types that are read: our earlier writes, the order, and, depending on the settings, procedures and consent. */
function typesRead({ orders: _orders, reads, consent }: Settings['ehr']): ResourceType[] {
  const own: ResourceType[] = [
    'ServiceRequest',
    'DiagnosticReport',
    'Observation',
    'ImagingStudy',
    'DocumentReference',
    'Device',
  ]
  const hasProcedures = Object.values(reads.resectionCodes).some((codes) => codes.length > 0)
  return [
    ...own,
    ...(hasProcedures ? (['Procedure'] as const) : []),
    ...(consent.optOutCodes.length > 0 ? (['Consent'] as const) : []),
  ]
}

/** One line per type that this client may not read; other refusals (an unsupported search) are handled when they occur. */
async function readRights(store: RecordStore, ehr: Settings['ehr']): Promise<string[]> {
  const lines: string[] = []
  for (const type of typesRead(ehr)) {
    const refusal = await store.search(type, 'identifier', [`${ehr.analysisSystem}|${NOBODY}`]).then(
      () => undefined,
      (thrown): AppError => asAppError(thrown),
    )
    if (refusal && /^EHR_(FORBIDDEN|AUTH)$/.test(refusal.code))
      lines.push(`${refusal.code}: ${refusal.message}; grant the right to search ${type}`)
  }
  return lines
}
