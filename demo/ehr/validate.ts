// Validation against base R4: structure, cardinality, invariants (Medplum's validator) and required bindings, which it leaves to us.
import { badRequest, OperationOutcomeError, type TypedValueWithPath, validateResource } from '@medplum/core'
import type { CodeableConcept, Coding, Resource } from '@medplum/fhirtypes'
import { type Expansion, expand, loadDefinitions } from './definitions.ts'

/** Larger than any inline PDF that the demo accepts. */
const BASE64_LIMIT_BYTES = 32 * 1024 * 1024

/** Throws OperationOutcomeError (status 400) if the resource is not valid. */
export function validate(resource: Resource): void {
  loadDefinitions()
  const tokens: Record<string, TypedValueWithPath[]> = {}
  validateResource(resource, { collect: { tokens }, base64BinaryMaxBytes: BASE64_LIMIT_BYTES })
  for (const [valueSet, values] of Object.entries(tokens)) {
    const expansion = expand(valueSet)
    if (!expansion) continue
    for (const { path, value } of values) {
      if (!isMember(expansion, value)) {
        throw new OperationOutcomeError(badRequest(`the code is not in the required value set ${valueSet}`, path))
      }
    }
  }
}

function isMember(expansion: NonNullable<Expansion>, value: unknown): boolean {
  if (typeof value === 'string') return [...expansion.values()].some((codes) => codes.has(value))
  const codings = (value as CodeableConcept).coding ?? [value as Coding]
  return codings.some(
    (coding) => coding.code !== undefined && expansion.get(coding.system ?? '')?.has(coding.code) === true,
  )
}

/** Literal references of a resource, with the path-less value: "Patient/12", "urn:uuid:…", "#contained", "http://…". */
export function literalReferences(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(literalReferences)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'reference' && typeof inner === 'string' ? [inner] : literalReferences(inner),
  )
}
