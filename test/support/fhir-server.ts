// Reading a FHIR server past our own client, so that what is asserted is what a stranger would see.
import type { Bundle, Patient, Resource } from '@medplum/fhirtypes'

export const WRITTEN_TYPES = [
  'Device',
  'ImagingStudy',
  'DiagnosticReport',
  'Observation',
  'RiskAssessment',
  'DocumentReference',
  'Provenance',
  'Binary',
] as const

export async function readJson<T extends Resource>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, {
    headers: { accept: 'application/fhir+json', 'cache-control': 'no-cache', ...headers },
  })
  if (!response.ok) throw new Error(`${response.status} for ${url}`)
  return (await response.json()) as T
}

export async function list<T extends Resource>(
  baseUrl: string,
  query: string,
  headers: Record<string, string> = {},
): Promise<T[]> {
  const bundle = await readJson<Bundle>(`${baseUrl}/${query}${query.includes('?') ? '&' : '?'}_count=200`, headers)
  return (bundle.entry ?? []).flatMap(({ resource }) => (resource ? [resource as T] : []))
}

export async function create<T extends Resource>(
  baseUrl: string,
  resource: T,
  headers: Record<string, string> = {},
): Promise<T & { id: string }> {
  const response = await fetch(`${baseUrl}/${resource.resourceType}`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', prefer: 'return=representation', ...headers },
    body: JSON.stringify(resource),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as T & { id: string }
}

export async function update(baseUrl: string, resource: Resource, headers: Record<string, string> = {}): Promise<void> {
  const response = await fetch(`${baseUrl}/${resource.resourceType}/${resource.id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json', ...headers },
    body: JSON.stringify(resource),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

/** Everything that a post can write, except patients. */
export async function contents(baseUrl: string): Promise<Resource[]> {
  return (await Promise.all(WRITTEN_TYPES.map((type) => list(baseUrl, type)))).flat()
}

/** How many of each type. */
export function census(resources: Resource[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { resourceType } of resources) counts[resourceType] = (counts[resourceType] ?? 0) + 1
  return counts
}

/** The same content whatever ids, versions and times the server chose: ids become identifiers. */
export function portrait(resources: Resource[]): string[] {
  const names = new Map(
    resources.map((resource) => {
      const identifier =
        'identifier' in resource
          ? (resource.identifier as { value?: string }[])[0]?.value
          : resource.meta?.tag?.[0]?.code
      return [`${resource.resourceType}/${resource.id}`, `${resource.resourceType}/${identifier}`]
    }),
  )
  return resources
    .map(({ id: _id, meta, ...rest }) => {
      const text = JSON.stringify({ ...rest, meta: { security: meta?.security, tag: meta?.tag } }, sortedKeys)
      return text.replace(
        /[A-Z][A-Za-z]+\/[A-Za-z0-9-]{1,64}/g,
        (reference) => names.get(reference) ?? reference.replace(/\/.*/, ''),
      )
    })
    .sort()
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The patient of support/fhir-report.ts as a hospital would have written them. */
export function patientWith(system: string, value: string, change: Partial<Patient> = {}): Patient {
  return {
    resourceType: 'Patient',
    identifier: [{ system, value }],
    name: [{ family: 'Mueller-Okafor', given: ['Zoe'] }],
    gender: 'female',
    birthDate: '1961-03-07',
    ...change,
  }
}
