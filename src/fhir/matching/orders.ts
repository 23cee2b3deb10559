// The order behind the study: the one ServiceRequest (FHIR R4) with its accession number, the encounter and the requester.
import type { ServiceRequest } from '@medplum/fhirtypes'
import { AppError } from '../../domain/errors.ts'
import type { QualityNote } from '../../domain/finding.ts'
import type { StudyIdentity } from '../../domain/study.ts'
import type { RecordStore } from '../connection/record-store.ts'
import type { Order } from '../resources/context.ts'
import { referenceOf, relativeReference, searchToken } from '../resources/identifiers.ts'
import type { Capabilities } from '../writing/capability.ts'

export interface OrderSettings {
  /** System of accession numbers in ServiceRequest.identifier; any system by default. */
  accessionSystem?: string
  /** Whether to notify the person who ordered. */
  notify: 'none' | 'communication' | 'task'
  /** "system|code" of orders that go first, besides those marked urgent. */
  firstCodes?: readonly string[]
}

/** False if there is no accession number, or the server holds no orders. */
export interface OrderSearch {
  isSearched: boolean
  order?: Order
  note?: QualityNote
}

/**
 * Exactly one active order. Orders are often completed once the images are taken, so if none is active, exactly one completed
 * order. Throws PATIENT_MISMATCH if the site's accession system leads to another patient's order.
 */
export async function findOrder(
  store: Pick<RecordStore, 'search'>,
  capabilities: Capabilities,
  { accessionSystem }: OrderSettings,
  study: StudyIdentity,
  patient: string,
): Promise<OrderSearch> {
  if (study.accessionNumber.trim() === '' || !capabilities.searches('ServiceRequest', 'identifier'))
    return { isSearched: false }
  const { usable, ofOthers } = await ordersOfStudy(store, accessionSystem, study, patient)
  if (ofOthers > 0 && accessionSystem) {
    const message = 'the order with the accession number of the study belongs to another patient than the Patient ID'
    throw new AppError('PATIENT_MISMATCH', message)
  }
  if (usable.length !== 1) return { isSearched: true, note: noteOf(usable.length) }
  return { isSearched: true, order: orderOf(usable[0]!) }
}

/** Orders of the patient with the study's accession number: those that are active, or else those that are completed. */
export async function ordersOfStudy(
  store: Pick<RecordStore, 'search'>,
  accessionSystem: string | undefined,
  { accessionNumber }: Pick<StudyIdentity, 'accessionNumber'>,
  patient: string,
): Promise<{ usable: ServiceRequest[]; ofOthers: number }> {
  const carrying = await ordersOf(store, accessionSystem, accessionNumber.trim())
  const own = carrying.filter(({ subject }) => relativeReference(subject.reference ?? '') === patient)
  const active = own.filter(({ status }) => status === 'active')
  const usable = active.length > 0 ? active : own.filter(({ status }) => status === 'completed')
  return { usable, ofOthers: carrying.length - own.length }
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
 * Whether one of the orders with this accession number is urgent (request-priority), or is of a kind that the site wants first,
 * such as a tumour board's. It only decides what is done first, so it does not matter whose order it is.
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
