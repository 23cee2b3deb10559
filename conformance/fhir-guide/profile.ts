// A profile as a short list of rules, and the FHIR R4 StructureDefinition (differential) built from it.
import type { ElementDefinition, ElementDefinitionConstraint, StructureDefinition } from '@medplum/fhirtypes'
import { canonical, FHIR_VERSION, machineName, PUBLICATION } from './canonical.ts'

/** A rule for one element; whatever it does not state stays as in base R4. Every named element is must-support unless the rule says otherwise. */
export type Rule = Partial<ElementDefinition> & { path: string }

export interface Profile {
  id: string
  /** The resource type that it constrains. */
  type: string
  title: string
  description: string
  /** Rules that span elements. */
  invariants: ElementDefinitionConstraint[]
  rules: Rule[]
}

/** A constraint whose violation is an error; `key` is unique in the guide. */
export function invariant(key: string, human: string, expression: string): ElementDefinitionConstraint {
  return { key, severity: 'error', human, expression }
}

/** Limits a reference to the given resource types. */
export function referenceTo(...types: string[]): Pick<Rule, 'type'> {
  const targetProfile = types.map((type) => `http://hl7.org/fhir/StructureDefinition/${type}`)
  return { type: [{ code: 'Reference', targetProfile }] }
}

export function structureDefinition(profile: Profile): StructureDefinition {
  const { id, type, title, description, invariants, rules } = profile
  const root: Rule = { path: type, constraint: invariants }
  return {
    resourceType: 'StructureDefinition',
    id,
    url: canonical('StructureDefinition', id),
    name: machineName(id),
    title,
    ...PUBLICATION,
    description,
    fhirVersion: FHIR_VERSION,
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: [root, ...rules].map((rule) => elementOf(rule, rule.path !== type)) },
  }
}

function elementOf(rule: Rule, mustSupport: boolean): ElementDefinition {
  return { id: rule.path, ...rule, ...(mustSupport && { mustSupport: rule.mustSupport ?? true }) }
}
