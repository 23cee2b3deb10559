// The question of the order behind the study (ServiceRequest) and the tumour board's last decision (CarePlan, FHIR R4), by the site's codes; pure.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes'
import type { BoardRecord } from '../../domain/board-record.ts'
import { codesOf, dayOf, wordsOf } from './resource-facts.ts'

export interface BoardReads {
  /** Whether to read why the study was ordered. */
  question: boolean
  /** "system|code" in CarePlan.category; without any, decisions are not read. */
  decisionCodes: readonly string[]
}

/** Plans that were never meant, or were taken back, say nothing. */
const STANDING = new Set(['active', 'on-hold', 'completed'])
const joined = (parts: readonly (string | undefined)[]) =>
  [...new Set(parts.map((part) => part?.trim() ?? ''))].filter((part) => part !== '').join('; ')

/** Undefined if the order gives no reason. */
export function questionOf(order: ServiceRequest): BoardRecord['question'] {
  const { id, reasonCode = [], reasonReference = [] } = order
  const text = joined([...reasonCode.map(wordsOf), ...reasonReference.map(({ display }) => display)])
  return text === '' || !id ? undefined : { text, reference: `ServiceRequest/${id}` }
}

/** The latest on or before `studyDate` (ISO 8601; any, if that is not known). A plan without a whole day or without words is left out. */
export function decisionOf(
  plans: readonly CarePlan[],
  codes: readonly string[],
  studyDate: string | undefined,
): BoardRecord['decision'] {
  const decisions = plans.flatMap((plan) => {
    const date = dayOf(plan.created ?? plan.period?.start)
    const text = textOf(plan)
    const isNamed = codesOf(...(plan.category ?? [])).some((code) => codes.includes(code))
    if (!plan.id || !isNamed || !STANDING.has(plan.status) || text === '' || date?.length !== 10) return []
    if (studyDate !== undefined && date > studyDate) return []
    return [{ text, date, reference: `CarePlan/${plan.id}` }]
  })
  return decisions.sort((a, b) => (b.date + b.reference).localeCompare(a.date + a.reference))[0]
}

/** Its description, or else what it plans, or else its title. */
function textOf({ description, activity = [], title }: CarePlan): string {
  const planned = activity.map(
    ({ detail, reference }) => detail?.description ?? (wordsOf(detail?.code) || reference?.display),
  )
  return description?.trim() || joined(planned) || (title?.trim() ?? '')
}
