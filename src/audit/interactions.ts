// Turns a FHIR request and its answer into audit entries (FHIR R4 http.html; IHE BALP: one event per resource and patient); pure.
import type { AuditEntry } from '../domain/ports/audit-trail.ts'

export interface RestExchange {
  method: string
  /** The part after the base URL, with query: "Observation?subject=Patient/1". */
  path: string
  /** Parsed JSON of the request, if it had any. */
  body: unknown
  succeeded: boolean
  /** Parsed JSON of the answer, if it had any. */
  answer: unknown
  /** Location or Content-Location of the answer. */
  location: string | undefined
}

export type RestEntry = Pick<
  AuditEntry,
  'action' | 'what' | 'interaction' | 'objects' | 'query' | 'patient' | 'outcome'
>

interface ResourceLike {
  resourceType?: string
  id?: string
  meta?: { versionId?: string }
  subject?: { reference?: string }
  patient?: { reference?: string }
  entry?: EntryLike[]
}

interface EntryLike {
  resource?: ResourceLike
  request?: { method?: string; url?: string }
  response?: { status?: string; location?: string }
}

/** Requests about the server itself (capabilities, keys) involve no patient data and give no entry. */
export function entriesOf(exchange: RestExchange): RestEntry[] {
  const { method, path } = exchange
  const [route = '', query] = path.replace(/^\//, '').split('?')
  const [type = '', id] = route.split('/')
  const outcome = exchange.succeeded ? 'success' : 'failure'
  const body = asResource(exchange.body)
  const answer = asResource(exchange.answer)
  if (method === 'GET') {
    if (!/^[A-Z]/.test(type)) return []
    if (id !== undefined && id !== '_search') {
      const patient = patientOf(answer) ?? (type === 'Patient' ? `Patient/${id}` : undefined)
      return [entry('read', 'read', type, outcome, patient, [versioned(answer) ?? `${type}/${id}`])]
    }
    const patients = type === 'Patient' ? foundPatients(answer) : [patientInQuery(query)]
    return patients.map((patient) => ({
      ...entry('read', 'search-type', type, outcome, patient, []),
      query: route + (query ? `?${query}` : ''),
    }))
  }
  if (body?.resourceType === 'Bundle' && route === '') {
    return (body.entry ?? []).map(({ resource, request }, index) => {
      const isUpdate = request?.method === 'PUT'
      const place = answer?.entry?.[index]?.response?.location
      const object = relative(place) ?? request?.url ?? ''
      const name = resource?.resourceType ?? ''
      return entry('write', isUpdate ? 'update' : 'create', name, outcome, patientOf(resource), [object])
    })
  }
  const object = relative(exchange.location) ?? versioned(answer) ?? route
  return [
    entry('write', method === 'PUT' ? 'update' : 'create', type, outcome, patientOf(body) ?? patientOf(answer), [
      object,
    ]),
  ]
}

function entry(
  action: 'read' | 'write',
  interaction: NonNullable<AuditEntry['interaction']>,
  type: string,
  outcome: 'success' | 'failure',
  patient: string | undefined,
  objects: string[],
): RestEntry {
  return {
    action,
    interaction,
    what: type,
    outcome,
    ...(patient && { patient }),
    ...(objects.length > 0 && { objects }),
  }
}

function asResource(value: unknown): ResourceLike | undefined {
  return typeof value === 'object' && value !== null ? (value as ResourceLike) : undefined
}

function patientOf(resource: ResourceLike | undefined): string | undefined {
  if (resource?.resourceType === 'Patient') return resource.id && `Patient/${resource.id}`
  return patientIn(resource?.subject?.reference) ?? patientIn(resource?.patient?.reference)
}

function patientIn(reference: string | undefined): string | undefined {
  return /(?:^|\/)(Patient\/[A-Za-z0-9.-]{1,64})(?:\/_history|$)/.exec(reference ?? '')?.[1]
}

/** One event per patient that a search found; a single one without patient if it found none. */
function foundPatients(answer: ResourceLike | undefined): (string | undefined)[] {
  const patients = (answer?.entry ?? []).flatMap(({ resource }) => patientOf(resource) ?? [])
  return patients.length > 0 ? patients : [undefined]
}

function patientInQuery(query: string | undefined): string | undefined {
  const parameters = new URLSearchParams(query)
  for (const name of ['patient', 'subject']) {
    const value = parameters.get(name)
    const named =
      value === null ? undefined : (patientIn(value) ?? (name === 'patient' ? `Patient/${value}` : undefined))
    if (named) return named
  }
  return undefined
}

function versioned(resource: ResourceLike | undefined): string | undefined {
  if (!resource?.resourceType || !resource.id) return undefined
  const version = resource.meta?.versionId
  return `${resource.resourceType}/${resource.id}${version ? `/_history/${version}` : ''}`
}

function relative(location: string | undefined): string | undefined {
  return /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?)$/.exec(location ?? '')?.[1]
}
