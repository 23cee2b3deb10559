// Reads tissue results as classes of the heads from Observation and DiagnosticReport (FHIR R4), where the settings map values to classes; pure.
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes'
import type { TissueAnswer } from '../../domain/concordance.ts'
import { codesOf, dayOf, isByAi, isReleased, wordsOf } from './resource-facts.ts'
import { headOf, newestFirst, type TissueCodes, type TissueHead } from './tissue.ts'

/** Head → class → values that mean it: "system|code", or a whole value in the record's words. */
export type TissueValues = Readonly<Record<TissueHead, Readonly<Record<string, readonly string[]>>>>

/** Codes among the values, for the search of DiagnosticReport.conclusionCode. */
export function conclusionTokens(values: TissueValues): string[] {
  return [...new Set(valuesOf(values).filter((value) => /^[^\s|,]+\|[^\s|,]+$/.test(value)))]
}

export function readsAnswers(values: TissueValues): boolean {
  return valuesOf(values).length > 0
}

const valuesOf = (values: TissueValues) => Object.values(values).flatMap((classes) => Object.values(classes).flat())

/** Released results, newest first. A value that maps to no class is not an answer, nor is anything asserted by software. */
export function tissueAnswersOf(
  { observations, reports }: { observations: readonly Observation[]; reports: readonly DiagnosticReport[] },
  codes: TissueCodes,
  values: TissueValues,
): TissueAnswer[] {
  const stands = (resource: Observation | DiagnosticReport) =>
    isReleased(resource) && !isByAi(resource) && resource.id !== undefined
  const fromObservations = observations.filter(stands).flatMap((observation): TissueAnswer[] => {
    const head = headOf(observation, codes)
    if (!head) return []
    const said = [
      ...codesOf(observation.valueCodeableConcept),
      wordsOf(observation.valueCodeableConcept),
      observation.valueString ?? '',
    ]
    return classesNamed(values[head], said).map((answer) => ({ head, answer, ...placeOf(observation) }))
  })
  const fromReports = reports.filter(stands).flatMap((report) => {
    const said = codesOf(...(report.conclusionCode ?? []))
    return (Object.keys(values) as TissueHead[]).flatMap((head) =>
      classesNamed(values[head], said).map((answer) => ({ head, answer, ...placeOf(report) })),
    )
  })
  return [...fromObservations, ...fromReports].sort(newestFirst)
}

function classesNamed(classes: Readonly<Record<string, readonly string[]>>, said: readonly string[]): string[] {
  const plain = new Set(said.map(folded))
  return Object.entries(classes).flatMap(([name, values]) =>
    values.some((value) => plain.has(folded(value))) ? [name] : [],
  )
}

const folded = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase()

function placeOf(resource: Observation | DiagnosticReport): Pick<TissueAnswer, 'date' | 'reference'> {
  const date = dayOf(resource.effectiveDateTime ?? resource.effectivePeriod?.start ?? resource.issued)
  return { ...(date && { date }), reference: `${resource.resourceType}/${resource.id}` }
}
