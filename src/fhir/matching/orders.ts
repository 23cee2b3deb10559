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
  /** Whether the person who ordered is told. */
  notify: 'none' | 'communication' | 'task'
  /** "system|code" of orders that go first, beside those that say so themselves. */
  firstCodes?: readonly string[]
}

/** `asked` is false where there is no accession number, or the server does not hold orders. */
export interface OrderSearch {
  isSearched: boolean
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
  if (accession === '' || !capabilities.searches('ServiceRequest', 'identifier')) return { isSearched: false }
  const carrying = await ordersOf(store, accessionSystem, accession)
  const own = carrying.filter(({ subject }) => relativeReference(subject.reference ?? '') === patient)
  if (own.length < carrying.length && accessionSystem) {
    const message = 'the order with the accession number of the study belongs to another patient than the Patient ID'
    throw new AppError('PATIENT_MISMATCH', message)
  }
  const active = own.filter(({ status }) => status === 'active')
  const usable = active.length > 0 ? active : own.filter(({ status }) => status === 'completed')
  if (usable.length !== 1) return { isSearched: true, note: noteOf(usable.length) }
  return { isSearched: true, order: orderOf(usable[0]!) }
}

async function ordersOf(
  store: Pick<RecordStore, 'search'>,
  accessionSystem: string | undefined,
  accession: string,
): Promise<ServiceRequest[]> {
  const token = accessionSystem ? searchToken(accessionSystem, accession) : searchToken('', accession).slice(1)
  return (await store.search('ServiceRequest', 'identifier', [token])).filter(
    (resource): resource is ServiceRequest =>
      resource.resourceType === 'ServiceRequest' &&
      (resource.identifier ?? []).some(
        ({ system, value }) => value === accession && (!accessionSystem || system === accessionSystem),
      ),
  )
}

/**
 * Whether one of the orders with this accession number says that it is urgent (request-priority), or is of a kind that the site wants first: a
 * tumour board's. It only decides what is done first, so whose order it is need not be known.
 */
export async function isUrgentOrder(
  store: Pick<RecordStore, 'search'>,
  { accessionSystem, firstCodes = [] }: OrderSettings,
  accessionNumber: string,
): Promise<boolean> {
  const orders = await ordersOf(store, accessionSystem, accessionNumber)
  return orders.some(({ priority, status, code, category, reasonCode }) => {
    if (!['active', 'completed'].includes(status)) return false
    const codings = [code, ...(category ?? []), ...(reasonCode ?? [])].flatMap((concept) => concept?.coding ?? [])
    const isFirst = codings.some((one) => firstCodes.includes(`${one.system ?? ''}|${one.code ?? ''}`))
    return isFirst || priority === 'stat' || priority === 'asap' || priority === 'urgent'
  })
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
  const orders = count === 0 ? 'no active order' : `${count} orders`
  return {
    code: 'order-not-linked',
    severity: 'info',
    text: `The EHR has ${orders} with the accession number of the study; the report is linked to none.`,
  }
}
