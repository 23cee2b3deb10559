// The snapshot of a profile: the base definition's elements with the differential's rules applied (FHIR R4 profiling.html#snapshot).
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes'
import { AppError } from '../../src/domain/errors.ts'

/**
 * Our profiles only constrain elements that the base names, and never slice or reach into data types, so applying a rule means
 * replacing one element. Throws INTERNAL if a rule names an element that the base does not have.
 */
export function withSnapshot(profile: StructureDefinition, base: StructureDefinition): StructureDefinition {
  const elements = new Map((base.snapshot?.element ?? []).map((element) => [element.path, element]))
  for (const rule of profile.differential?.element ?? []) {
    const element = elements.get(rule.path)
    if (!element) throw new AppError('INTERNAL', `${profile.id}: ${base.type} has no element ${rule.path}`)
    elements.set(rule.path, merged(element, rule))
  }
  return { ...profile, snapshot: { element: [...elements.values()] } }
}

function merged(element: ElementDefinition, rule: ElementDefinition): ElementDefinition {
  const constraint = [...(element.constraint ?? []), ...(rule.constraint ?? [])]
  return { ...element, ...rule, ...(constraint.length > 0 && { constraint }) }
}
