// CapabilityStatement (FHIR R4) of the service as a client: what it requires of an EHR's server, and why.
import type { CapabilityStatement, CapabilityStatementRestResource, ResourceType } from '@medplum/fhirtypes'
import { canonical, FHIR_VERSION, machineName, PUBLICATION } from './canonical.ts'
import type { Profile } from './profile.ts'
import { PROFILES } from './profiles.ts'

type Interaction = 'read' | 'search-type' | 'create' | 'update'

interface Use {
  type: ResourceType
  interactions: Interaction[]
  search?: { name: string; type: 'token' | 'reference' }[]
  documentation: string
}

const identifier = { name: 'identifier', type: 'token' } as const
const patient = { name: 'patient', type: 'reference' } as const
const code = { name: 'code', type: 'token' } as const
/** A resource that tells how a follow-up is to be read. */
const medication = (type: ResourceType): Use => ({
  type,
  interactions: ['search-type'],
  search: [patient, code],
  documentation: 'Only where the site names codes: bevacizumab and steroids, for the worksheet of a follow-up.',
})

/** Created under If-None-Exist, since others may create the same. */
const SHARED = 'Searched by identifier; created with If-None-Exist when missing.'
const OWN =
  'Searched by identifier; created, or updated with If-Match while preliminary, in the transaction with the report.'

const USES: Use[] = [
  {
    type: 'Patient',
    interactions: ['search-type'],
    search: [identifier],
    documentation:
      'Exactly one by Patient ID, cross-checked with birth date, sex and name; anything else is a hold. Never created, never changed.',
  },
  {
    type: 'Consent',
    interactions: ['search-type'],
    search: [patient],
    documentation: 'Only where the site names codes: an active refusal stops the analysis before inference.',
  },
  {
    type: 'Procedure',
    interactions: ['search-type'],
    search: [patient, code],
    documentation:
      'Only where the site names codes: extent of resection, and radiotherapy for the worksheet of a follow-up.',
  },
  medication('MedicationRequest'),
  medication('MedicationAdministration'),
  medication('MedicationStatement'),
  {
    type: 'CarePlan',
    interactions: ['search-type'],
    search: [patient, { name: 'category', type: 'token' }],
    documentation: "Only where the site names codes: the tumour board's last decision, for the board's page.",
  },
  {
    type: 'ServiceRequest',
    interactions: ['search-type'],
    search: [identifier],
    documentation:
      "The order, by accession number, in the site's system where it names one; its encounter, else that of the ImagingStudy, is copied to the report. Its reason is the question on the page of a tumour board, where the site reads it.",
  },
  { type: 'Device', interactions: ['search-type', 'create'], search: [identifier], documentation: SHARED },
  { type: 'ImagingStudy', interactions: ['search-type', 'create'], search: [identifier], documentation: SHARED },
  {
    type: 'DiagnosticReport',
    interactions: ['search-type', 'create', 'update'],
    search: [identifier],
    documentation:
      'Created with If-None-Exist as registered, then updated with If-Match in one transaction with everything else, while no person has signed it.',
  },
  {
    type: 'Observation',
    interactions: ['search-type', 'create', 'update'],
    search: [identifier, patient, code],
    documentation: `${OWN} Read by patient and code: Karnofsky performance status, results of tissue tests, which are quoted and take precedence.`,
  },
  {
    type: 'RiskAssessment',
    interactions: ['search-type', 'create', 'update'],
    search: [identifier],
    documentation: OWN,
  },
  {
    type: 'DocumentReference',
    interactions: ['search-type', 'create', 'update'],
    search: [identifier],
    documentation: OWN,
  },
  {
    type: 'Provenance',
    interactions: ['search-type', 'create', 'update'],
    search: [{ name: '_tag', type: 'token' }],
    documentation: 'R4 gives it no identifier: searched by the tag of the analysis.',
  },
  {
    type: 'Communication',
    interactions: ['search-type', 'create'],
    search: [identifier],
    documentation: 'Only where the site wants who ordered to be told: created with the report, never changed.',
  },
  {
    type: 'Task',
    interactions: ['search-type', 'create', 'update'],
    search: [identifier],
    documentation: 'The same as a request to review; updated with If-Match while nobody has taken it up.',
  },
  {
    type: 'Binary',
    interactions: ['create'],
    documentation: 'A PDF above 512 KiB, in the same transaction.',
  },
]

export const clientCapability: CapabilityStatement = {
  resourceType: 'CapabilityStatement',
  id: 'gliabridge-client',
  url: canonical('CapabilityStatement', 'gliabridge-client'),
  name: machineName('gliabridge-client'),
  title: 'What Gliabridge asks of an EHR',
  ...PUBLICATION,
  description:
    'The whole report: searches, conditional creates and one transaction. Servers that offer less get single writes, or the document alone; docs/operations.md says how that is chosen.',
  kind: 'requirements',
  fhirVersion: FHIR_VERSION,
  format: ['json'],
  rest: [
    {
      mode: 'client',
      documentation:
        'Loopback or TLS. The credentials of the settings go to this one server and to its token endpoint only.',
      security: {
        description: 'SMART Backend Services, client secret, bearer token, basic authentication, or none for tests.',
      },
      resource: USES.map((use) => resource(use, PROFILES)),
      interaction: [
        { code: 'transaction', documentation: 'Without conditional entries: references are resolved before.' },
      ],
    },
  ],
}

function resource(use: Use, profiles: readonly Profile[]): CapabilityStatementRestResource {
  const supported = profiles
    .filter(({ type }) => type === use.type)
    .map(({ id }) => canonical('StructureDefinition', id))
  return {
    type: use.type,
    ...(supported.length > 0 && { supportedProfile: supported }),
    documentation: use.documentation,
    interaction: use.interactions.map((code) => ({ code })),
    ...(use.interactions.includes('create') && { conditionalCreate: use.documentation.includes('If-None-Exist') }),
    ...(use.search && { searchParam: use.search }),
  }
}
