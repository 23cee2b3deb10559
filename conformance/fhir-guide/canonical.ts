// Names, versions and addresses of our FHIR R4 implementation guide.

export const GUIDE_URL = 'https://gliabridge.org/fhir'
export const PACKAGE_ID = 'org.gliabridge.fhir'
export const GUIDE_VERSION = '0.1.0'
export const FHIR_VERSION = '4.0.1'

export type DefinitionType =
  | 'StructureDefinition'
  | 'CodeSystem'
  | 'ValueSet'
  | 'ConceptMap'
  | 'CapabilityStatement'
  | 'ImplementationGuide'

export function canonical(type: DefinitionType, id: string): string {
  return `${GUIDE_URL}/${type}/${id}`
}

/** Publication details that every definition states. */
export const PUBLICATION = {
  version: GUIDE_VERSION,
  status: 'active',
  experimental: true,
  date: '2026-11-21',
  publisher: 'Gliabridge contributors',
} as const

/** "GliabridgeVolumeObservation" of "gliabridge-volume-observation": the machine-readable name that R4 asks for (inv-0). */
export function machineName(id: string): string {
  return id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
