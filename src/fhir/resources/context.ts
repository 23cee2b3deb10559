// What every resource builder is given: the report, the systems, and where the other resources are.
import type { Meta, Reference, Resource, ResourceType } from '@medplum/fhirtypes'
import type { EhrReport } from '../../domain/ports/clinical-record.ts'
import type { Review } from '../../domain/review.ts'
import { AIAST, DICOM_UID } from './codes.ts'
import type { Key } from './identifiers.ts'

/** Where the PDF's bytes are: in the attachment itself, or at a URL on the server. */
export type PdfContent = { data: string } | { url: string }

/** The order that a report fulfils. */
export interface Order {
  /** "ServiceRequest/3" */
  reference: string
  encounter?: string
  /** Practitioner, PractitionerRole or Organization. */
  requester?: string
}

export interface BuildContext {
  report: EhrReport
  /** The decision that applies to the result; absent while nobody has reviewed it. */
  review?: Review
  /** System of all identifiers that derive from the analysis. */
  analysisSystem: string
  /** "Patient/12" */
  patient: string
  /** "Device/3" for a resource on the server, otherwise the urn:uuid of its entry in the transaction. */
  referenceTo(role: string): string
  /** The key of a resource that this server does not hold, to refer to it by identifier. */
  mentioned(role: string): Key | undefined
  /** Whether the server holds the resource of a role. */
  holds(role: string): boolean
  pdf: PdfContent
  /** When this is written (ISO 8601); a resource that differs only in this is not written again. */
  writtenAt: string
  /** The order that the report fulfils. */
  order?: Order
  /** "Encounter/7": that of the order, otherwise that of the study in the EHR. */
  encounter?: string
  /** The server was searched for the order and has no single match: then the report refers to none. */
  orderIsOpen: boolean
}

/** One resource that the EHR must hold in the end. */
export interface ResourceSpec<T extends Resource = Resource> {
  /** Name in the receipt, for example "diagnosticReport" or "observation.idh". */
  role: string
  /** The edit target for this value, for example "measurement.ET"; absent if nothing can be edited. */
  editTarget?: string
  key: Key
  /** Built once the references are known. */
  build(context: BuildContext): T
}

/** meta of everything we write. */
export function metaOf(tag?: { system: string; code: string }): Meta {
  return { security: [AIAST], ...(tag && { tag: [tag] }) }
}

/** A reference to the resource of a role: literal, or by identifier if the server does not hold it. */
export function refer<T extends Resource>(context: BuildContext, role: string, display?: string): Reference<T> {
  const key = context.mentioned(role)
  if (key) {
    const identifier = { system: key.system, value: key.value }
    return { type: key.resourceType, identifier, ...(display && { display }) }
  }
  return { reference: context.referenceTo(role), ...(display && { display }) }
}

/** A logical reference to a DICOM object by its UID. */
export function dicomReference<T extends Resource>(uid: string, display: string, type?: ResourceType): Reference<T> {
  return { ...(type && { type }), identifier: { system: DICOM_UID, value: `urn:oid:${uid}` }, display }
}
