// Radiotherapy, bevacizumab and steroids, from Procedure and the medication resources (FHIR R4), by the site's codes; pure.
import type {
  Dosage,
  MedicationAdministration,
  MedicationRequest,
  MedicationStatement,
  Period,
  Procedure,
} from '@medplum/fhirtypes'
import { TREATMENTS, type Treatment, type TreatmentFact, type TreatmentHistory } from '../../domain/treatment.ts'
import { codesOf, dayOf, wordsOf } from './resource-facts.ts'

/** "system|code", from the site. Without codes for a treatment nothing is said about it: no record is not evidence of absence. */
export type TreatmentCodes = Readonly<Record<Treatment, readonly string[]>>

export type TreatmentResource = Procedure | MedicationRequest | MedicationAdministration | MedicationStatement
export const TREATMENT_TYPES = [
  'Procedure',
  'MedicationRequest',
  'MedicationAdministration',
  'MedicationStatement',
] as const

const ONGOING = new Set(['active', 'in-progress'])
const HAPPENED = new Set(['completed', 'stopped', 'on-hold', ...ONGOING])

/** If an entry does not state the day on which a treatment began, the treatment is left out: it is not known. */
export function treatmentsOf(resources: readonly TreatmentResource[], codes: TreatmentCodes): TreatmentHistory {
  const history: TreatmentHistory = {}
  for (const treatment of TREATMENTS) {
    if (codes[treatment].length === 0) continue
    const named = resources.filter((one) => isNamed(one, codes[treatment]) && HAPPENED.has(one.status))
    const facts = named.flatMap((one) => factOf(one) ?? [])
    if (facts.length < named.length) continue
    history[treatment] = facts.sort((a, b) => (a.from + a.reference).localeCompare(b.from + b.reference))
  }
  return history
}

function isNamed(resource: TreatmentResource, codes: readonly string[]): boolean {
  const stated = codesOf(conceptOf(resource))
  return codes.some((code) => stated.includes(code))
}

const conceptOf = (resource: TreatmentResource) =>
  resource.resourceType === 'Procedure' ? resource.code : resource.medicationCodeableConcept

function factOf(resource: TreatmentResource): TreatmentFact | undefined {
  const { start, end } = periodOf(resource)
  const from = wholeDay(start)
  if (from === undefined || !resource.id) return undefined
  const to = wholeDay(end)
  const dailyMg = dailyDoseOf(dosageOf(resource))
  return {
    words: wordsOf(conceptOf(resource)),
    from,
    ...(to && { to }),
    ...(!end && ONGOING.has(resource.status) && { isOngoing: true as const }),
    ...(dailyMg !== undefined && { dailyMg }),
    reference: `${resource.resourceType}/${resource.id}`,
  }
}

function periodOf(resource: TreatmentResource): Period {
  if (resource.resourceType === 'Procedure') return moment(resource.performedDateTime) ?? resource.performedPeriod ?? {}
  if (resource.resourceType === 'MedicationRequest') {
    const bounds = resource.dosageInstruction?.[0]?.timing?.repeat?.boundsPeriod
    return { ...(resource.authoredOn && { start: resource.authoredOn }), ...bounds }
  }
  return moment(resource.effectiveDateTime) ?? resource.effectivePeriod ?? {}
}

/** With a single date, it began and ended on that date. */
const moment = (at: string | undefined): Period | undefined => (at === undefined ? undefined : { start: at, end: at })

const wholeDay = (dateTime: string | undefined) => {
  const day = dayOf(dateTime)
  return day?.length === 10 ? day : undefined
}

function dosageOf(resource: TreatmentResource): Dosage | undefined {
  if (resource.resourceType === 'MedicationRequest') return resource.dosageInstruction?.[0]
  return resource.resourceType === 'MedicationStatement' ? resource.dosage?.[0] : undefined
}

/** In mg, if dose and times per day are given as numbers. */
function dailyDoseOf(dosage: Dosage | undefined): number | undefined {
  const dose = dosage?.doseAndRate?.[0]?.doseQuantity
  const { frequency, period, periodUnit } = dosage?.timing?.repeat ?? {}
  if (dose?.value === undefined || (dose.code ?? dose.unit) !== 'mg') return undefined
  if (frequency === undefined || period === undefined) return undefined
  const days = periodUnit === 'd' ? period : periodUnit === 'h' ? period / 24 : undefined
  return days === undefined || days <= 0 ? undefined : (dose.value * frequency) / days
}
