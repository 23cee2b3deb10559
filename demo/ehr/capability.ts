// CapabilityStatement of the demo EHR (FHIR R4): short and accurate.
import type { CapabilityStatement, CapabilityStatementRestResourceInteraction } from '@medplum/fhirtypes'

const INTERACTIONS = ['read', 'vread', 'update', 'delete', 'history-instance', 'create', 'search-type'] as const

export function capabilityStatement(url: string, startedAt: string, types: readonly string[]): CapabilityStatement {
  const interaction: CapabilityStatementRestResourceInteraction[] = INTERACTIONS.map((code) => ({ code }))
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: startedAt,
    kind: 'instance',
    software: { name: 'Gliabridge demo EHR' },
    implementation: {
      description: 'In-memory FHIR R4 server for the demo and for tests; everything is lost when it stops',
      url,
    },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        resource: types.map((type) => ({
          type: type as 'Patient',
          interaction,
          versioning: 'versioned-update',
          conditionalCreate: true,
        })),
      },
    ],
  }
}
