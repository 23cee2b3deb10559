// The implementation guide as a whole (FHIR R4 ImplementationGuide): every definition, in the order of reading.
import type { ImplementationGuide, Resource } from '@medplum/fhirtypes'
import { canonical, FHIR_VERSION, GUIDE_URL, machineName, PACKAGE_ID, PUBLICATION } from './canonical.ts'
import { clientCapability } from './client-capability.ts'
import { conceptMap } from './concept-map.ts'
import { probabilityInterval } from './extensions.ts'
import { structureDefinition } from './profile.ts'
import { PROFILES } from './profiles.ts'
import { CODE_SYSTEMS, VALUE_SETS } from './terminology.ts'

/** A definition, or an example for a profile. */
export type Named = Resource & { id: string }

export interface Example {
  resource: Named
  /** Canonical URL of the profile that it conforms to; absent for accompanying resources, such as the patient. */
  profile?: string
}

/** Everything but the ImplementationGuide resource itself. */
export function definitions(): Named[] {
  return [
    ...PROFILES.map(structureDefinition),
    probabilityInterval,
    ...CODE_SYSTEMS,
    ...VALUE_SETS,
    conceptMap,
    clientCapability,
  ].map((resource) => ({ ...resource, id: resource.id! }))
}

export function implementationGuide(examples: readonly Example[]): ImplementationGuide & { id: string } {
  const id = 'gliabridge'
  return {
    resourceType: 'ImplementationGuide',
    id,
    url: canonical('ImplementationGuide', id),
    name: machineName(id),
    title: 'Gliabridge: glioma analysis of MR images in the EHR',
    ...PUBLICATION,
    description: 'What Gliabridge posts to an EHR. Research use only.',
    packageId: PACKAGE_ID,
    license: 'Apache-2.0',
    fhirVersion: [FHIR_VERSION],
    definition: {
      resource: [
        ...definitions().map((resource) => ({
          reference: { reference: `${resource.resourceType}/${resource.id}` },
          name: titleOf(resource),
          exampleBoolean: false,
        })),
        ...examples.map(({ resource, profile }) => ({
          reference: { reference: `${resource.resourceType}/${resource.id}` },
          name: `Example: ${resource.resourceType}/${resource.id}`,
          ...(profile === undefined ? { exampleBoolean: true } : { exampleCanonical: profile }),
        })),
      ],
    },
  }
}

function titleOf(resource: Named): string {
  return 'title' in resource && typeof resource.title === 'string' ? resource.title : resource.id
}

/** Manifest of the definitions as a FHIR package (NPM layout), for servers and validators that load packages. */
export const PACKAGE_MANIFEST = {
  name: PACKAGE_ID,
  version: PUBLICATION.version,
  description: 'Gliabridge: glioma analysis of MR images in the EHR. Research use only.',
  canonical: GUIDE_URL,
  fhirVersions: [FHIR_VERSION],
  dependencies: { 'hl7.fhir.r4.core': FHIR_VERSION },
  author: PUBLICATION.publisher,
  license: 'Apache-2.0',
}
