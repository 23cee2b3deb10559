// Small facts of FHIR R4 resources that several reads need: codes, dates, whose they are, whether they are valid.
import type { CodeableConcept, Coding, Resource } from '@medplum/fhirtypes'
import { relativeReference } from '../resources/identifiers.ts'

/** "system|code" of each coding. */
export function codesOf(...concepts: (CodeableConcept | Coding | undefined)[]): string[] {
  return concepts.flatMap((concept) => {
    if (!concept) return []
    const codings = 'coding' in concept ? (concept.coding ?? []) : 'code' in concept ? [concept as Coding] : []
    return codings.map(({ system = '', code = '' }) => `${system}|${code}`)
  })
}

/** A concept in readable form: its text, otherwise a display, otherwise the code. */
export function wordsOf(concept: CodeableConcept | undefined): string {
  const named = concept?.coding?.find(({ display }) => display !== undefined && display !== '')
  return concept?.text || named?.display || concept?.coding?.[0]?.code || ''
}

/** A server that ignores a parameter returns other patients' resources too. */
export function belongsTo(resource: Resource, patient: string): boolean {
  const holder =
    ('subject' in resource ? resource.subject : undefined) ?? ('patient' in resource ? resource.patient : undefined)
  const reference = (holder as { reference?: string } | undefined)?.reference
  return reference !== undefined && relativeReference(reference) === patient
}

/** Statuses of results that a person has released. */
export function isReleased({ status }: { status?: string }): boolean {
  return status === 'final' || status === 'amended' || status === 'corrected'
}

/** The day of a FHIR dateTime as far as it is stated: "2024", "2024-11" or "2024-11-02". */
export function dayOf(dateTime: string | undefined): string | undefined {
  return /^\d{4}(-\d{2}(-\d{2})?)?/.exec(dateTime ?? '')?.[0]
}

/** Asserted by software: never counts as a test result (v3-ObservationValue AIAST). */
export function isByAi(resource: Resource): boolean {
  return (resource.meta?.security ?? []).some(({ code }) => code === 'AIAST')
}
