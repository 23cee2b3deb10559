// Resources against our profiles, in process: structure and invariants by Medplum's validator, our required bindings by the guide's own codes.
import { OperationOutcomeError, type TypedValueWithPath, validateResource } from '@medplum/core'
import type { CodeableConcept, Resource } from '@medplum/fhirtypes'
import type { Profile } from '../../conformance/fhir-guide/profile.ts'
import { CODE_SYSTEMS, VALUE_SETS } from '../../conformance/fhir-guide/terminology.ts'
import { loadDefinitions } from '../../demo/ehr/definitions.ts'
import { snapshotOf } from './fhir-guide.ts'

/** One line per error; empty when the resource keeps the profile. */
export function profileErrors(resource: Resource, profile: Profile): string[] {
  loadDefinitions()
  const tokens: Record<string, TypedValueWithPath[]> = {}
  try {
    validateResource(resource, { profile: snapshotOf(profile), collect: { tokens } })
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error
    return (error.outcome.issue ?? []).map((issue) => `${issue.expression?.[0]}: ${issue.details?.text}`)
  }
  return VALUE_SETS.flatMap(({ url, compose }) =>
    (tokens[url!] ?? []).flatMap(({ path, value }) => {
      const { system } = compose!.include[0]!
      const known = CODE_SYSTEMS.find((candidate) => candidate.url === system)!.concept!.map(({ code }) => code)
      const codings = (value as CodeableConcept).coding ?? []
      const isMember = codings.some((coding) => coding.system === system && known.includes(coding.code ?? ''))
      return isMember ? [] : [`${path}: not in ${url}`]
    }),
  )
}
