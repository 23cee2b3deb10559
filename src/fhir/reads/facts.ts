// Performance status and extent of resection, from Observation and Procedure (FHIR R4); pure.
import type { Observation, Procedure } from '@medplum/fhirtypes'
import { DAY_MS } from '../../domain/durations.ts'
import type { ClinicalFacts } from '../../domain/finding.ts'
import { codesOf, dayOf, isReleased } from './resource-facts.ts'

/** Karnofsky Performance Status score (mCODE); value 0 to 100. */
export const KARNOFSKY = 'http://loinc.org|89243-0'

export type Resection = NonNullable<ClinicalFacts['resection']>
/** "system|code" of the site's procedures, by how much they remove. */
export type ResectionCodes = Readonly<Record<Resection, readonly string[]>>

/** A score describes the patient at imaging if it was given in the half year before or the two weeks after. */
const DAYS_BEFORE = 180
const DAYS_AFTER = 14

/** The released score closest to the day of the study; without a study date, the newest. `studyDate` is "YYYY-MM-DD". */
export function karnofskyOf(observations: readonly Observation[], studyDate: string | undefined): number | undefined {
  const scores = observations.flatMap((observation) => {
    const value = observation.valueInteger ?? observation.valueQuantity?.value
    const day = dayOf(
      observation.effectiveDateTime ?? observation.effectivePeriod?.start ?? observation.effectiveInstant,
    )
    const isScore = isReleased(observation) && codesOf(observation.code).includes(KARNOFSKY)
    if (!isScore || value === undefined || !Number.isInteger(value) || value < 0 || value > 100) return []
    if (day === undefined || day.length < 10) return []
    const distance = studyDate === undefined ? 0 : (Date.parse(day) - Date.parse(studyDate)) / DAY_MS
    if (distance < -DAYS_BEFORE || distance > DAYS_AFTER) return []
    return [{ value, day, distance: Math.abs(distance) }]
  })
  scores.sort((a, b) => a.distance - b.distance || b.day.localeCompare(a.day))
  return scores[0]?.value
}

/** From the newest completed procedure in the site's lists; undefined if the lists contradict each other. */
export function resectionOf(procedures: readonly Procedure[], codes: ResectionCodes): Resection | undefined {
  const resections = procedures.flatMap((procedure) => {
    if (procedure.status !== 'completed') return []
    const stated = codesOf(procedure.code, procedure.outcome)
    const kinds = (Object.keys(codes) as Resection[]).filter((kind) =>
      codes[kind].some((code) => stated.includes(code)),
    )
    const day = dayOf(procedure.performedDateTime ?? procedure.performedPeriod?.end ?? procedure.performedPeriod?.start)
    return kinds.length > 0 ? [{ kinds, day: day ?? '' }] : []
  })
  resections.sort((a, b) => b.day.localeCompare(a.day))
  const newest = resections.filter(({ day }) => day === resections[0]?.day).flatMap(({ kinds }) => kinds)
  return new Set(newest).size === 1 ? newest[0] : undefined
}
