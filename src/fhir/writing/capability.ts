// What a FHIR R4 server says it can do (CapabilityStatement), and which way of writing suits it; pure.
import type { CapabilityStatement, ResourceType } from '@medplum/fhirtypes'
import { AppError } from '../../domain/errors.ts'

/** How a report is written: all at once, one resource after the other, or only the document with the PDF. */
export type WriteMode = 'transaction' | 'single' | 'document'

export interface WriteSettings {
  rung: 'auto' | WriteMode
  /** Overrides the CapabilityStatement regarding If-None-Exist. */
  conditionalCreate?: boolean
}

export interface Capabilities {
  transaction: boolean
  creates(type: ResourceType): boolean
  updates(type: ResourceType): boolean
  /** If-None-Exist. */
  createsConditionally(type: ResourceType): boolean
  searches(type: ResourceType, param: string): boolean
}

/** A server that can do everything: used if the statement cannot be read although the site says how to write. */
export const CAN_ALL: Capabilities = {
  transaction: true,
  creates: () => true,
  updates: () => true,
  createsConditionally: () => true,
  searches: () => true,
}

/** A missing list says nothing, so everything is assumed to be supported; a type missing from a list is not. */
export function readCapabilities(
  statement: CapabilityStatement,
  settings: Pick<WriteSettings, 'conditionalCreate'> = {},
): Capabilities {
  const rest = statement.rest?.find(({ mode }) => mode === 'server')
  const of = (type: ResourceType) => rest?.resource?.find((resource) => resource.type === type)
  const may = (type: ResourceType, code: 'create' | 'update') => {
    const resource = of(type)
    return resource !== undefined && (resource.interaction?.some((interaction) => interaction.code === code) ?? true)
  }
  return {
    transaction: rest?.interaction?.some(({ code }) => code === 'transaction') ?? false,
    creates: (type) => may(type, 'create'),
    updates: (type) => may(type, 'update'),
    createsConditionally: (type) => settings.conditionalCreate ?? of(type)?.conditionalCreate === true,
    searches: (type, param) => of(type)?.searchParam?.some(({ name }) => name === param) ?? of(type) !== undefined,
  }
}

/** The anchor and shared resources are created conditionally before a transaction, so these types must allow it. */
const ANCHORED: ResourceType[] = ['Device', 'ImagingStudy', 'DiagnosticReport']
const IN_TRANSACTION: ResourceType[] = [...ANCHORED, 'Observation', 'DocumentReference', 'Provenance']

/** The most capable write mode that the server supports, unless the site names one. Throws EHR_REJECTED if there is none. */
export function chooseWriteMode(capabilities: Capabilities, settings: WriteSettings): WriteMode {
  if (settings.rung !== 'auto') return settings.rung
  const { creates, updates, createsConditionally, searches, transaction } = capabilities
  const whole =
    transaction &&
    IN_TRANSACTION.every((type) => creates(type)) &&
    ANCHORED.every((type) => createsConditionally(type) && searches(type, 'identifier')) &&
    updates('DiagnosticReport')
  if (whole) return 'transaction'
  if (creates('DiagnosticReport')) return 'single'
  if (creates('DocumentReference')) return 'document'
  throw new AppError(
    'EHR_REJECTED',
    'the FHIR server says that it creates neither DiagnosticReport nor DocumentReference; if it does, set ehr.write.rung',
  )
}
