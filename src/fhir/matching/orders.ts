// The order behind the study: the one ServiceRequest (FHIR R4) with the accession number, its encounter and who asked.
import type { ServiceRequest } from '@medplum/fhirtypes'
import { AppError } from '../../domain/errors.ts'
import type { QualityNote } from '../../domain/finding.ts'
import type { StudyIdentity } from '../../domain/study.ts'
import type { RecordStore } from '../connection/record-store.ts'
import type { Order } from '../resources/context.ts'
import { referenceOf, relativeReference, searchToken } from '../resources/identifiers.ts'
import type { Capabilities } from '../writing/capability.ts'

export interface OrderSettings {
  /** System of accession numbers in ServiceRequest.identifier; any system when left out. */
  accessionSystem?: string
  /** Whether who ordered is told. */
  notify: 'none' | 'communication' | 'task'
}

/** `asked` is false where there is no accession number, or the server does not hold orders. */
export interface OrderSearch {
  asked: boolean
  order?: Order
  note?: QualityNote
}

/**
 * Exactly one active order; an order is often completed once the images are taken, so where none is active, exactly one completed.
 * Throws PATIENT_MISMATCH when the site's accession system leads to another patient's order.
 */
export async function findOrder(
  store: Pick<RecordStore, 'search'>,
  capabilities: Capabilities,
  { accessionSystem }: OrderSettings,
  study: StudyIdentity,
  patient: string,
): Promise<OrderSearch> {
  const accession = study.accessionNumber.trim()
  if (accession === '' || !capabilities.searches('ServiceRequest', 'identifier')) return { asked: false }
  const token = accessionSystem ? searchToken(accessionSystem, accession) : searchToken('', accession).slice(1)
  const carrying = (await store.search('ServiceRequest', 'identifier', [token])).filter(
    (resource): resource is ServiceRequest =>
      resource.resourceType === 'ServiceRequest' &&
      (resource.identifier ?? []).some(
        ({ system, value }) => value === accession && (!accessionSystem || system === accessionSystem),
      ),
  )
  const own = carrying.filter(({ subject }) => relativeReference(subject.reference ?? '') === patient)
  if (own.length < carrying.length && accessionSystem) {
    const message = 'the order with the accession number of the study belongs to another patient than the Patient ID'
    throw new AppError('PATIENT_MISMATCH', message)
  }
  const active = own.filter(({ status }) => status === 'active')
  const usable = active.length > 0 ? active : own.filter(({ status }) => status === 'completed')
  if (usable.length !== 1) return { asked: true, note: noteOf(usable.length) }
  return { asked: true, order: orderOf(usable[0]!) }
}

function orderOf(request: ServiceRequest): Order {
  const encounter = relativeReference(request.encounter?.reference ?? '')
  const requester = relativeReference(request.requester?.reference ?? '')
  return {
    reference: referenceOf(request),
    ...(encounter.startsWith('Encounter/') && { encounter }),
    ...(/^(Practitioner|PractitionerRole|Organization)\//.test(requester) && { requester }),
  }
}

function noteOf(count: number): QualityNote {
  const found = count === 0 ? 'no active order' : `${count} orders`
  return {
    code: 'order-not-linked',
    severity: 'info',
    text: `The EHR has ${found} with the accession number of the study; the report is linked to none.`,
  }
}
