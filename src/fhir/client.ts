// The EHR over FHIR R4: the one file that knows @medplum/core's client. The ClinicalRecord port on top of it.
import { setTimeout as pause } from 'node:timers/promises'
import { MedplumClient } from '@medplum/core'
import type { Bundle, BundleEntry, Resource, ResourceType } from '@medplum/fhirtypes'
import { AppError, asAppError } from '../domain/errors.ts'
import type { ClinicalRecord, Log } from '../domain/ports.ts'
import { createCredentials, type EhrAuth } from './auth.ts'
import { statusFailure } from './failures.ts'
import { checkSystem, ifNoneExist, type Key } from './identifiers.ts'
import { matchPatient } from './match.ts'
import { postReport } from './post-report.ts'
import type { RecordStore } from './record-store.ts'
import { createTransport } from './transport.ts'

export interface ClinicalRecordOptions {
  /** FHIR R4 base URL, for example "https://ehr.example/fhir". */
  url: string
  auth: EhrAuth
  /** System of the Patient ID. */
  identifierSystem: string
  /** IssuerOfPatientID → system, for archives that hold several. */
  issuerSystems?: Readonly<Record<string, string>>
  /** System of the identifiers that we give to what we write. */
  analysisSystem: string
  timeoutMs: number
  log: Log
  fetch?: typeof fetch
  /** Pause between rounds; tests make it short. */
  sleep?: (milliseconds: number) => Promise<unknown>
  random?: () => number
  now?: () => Date
}

const PAGE_SIZE = 100
const MOST_PAGES = 20

export function createClinicalRecord(options: ClinicalRecordOptions): ClinicalRecord {
  const systems = { default: options.identifierSystem, byIssuer: options.issuerSystems ?? {} }
  checkSystem('ehr.identifierSystem', systems.default)
  checkSystem('ehr.analysisSystem', options.analysisSystem)
  for (const system of Object.values(systems.byIssuer)) checkSystem('ehr.issuerSystems', system)
  const store = createRecordStore(options)
  const effects = {
    store,
    log: options.log,
    sleep: async (milliseconds: number) => void (await (options.sleep ?? pause)(milliseconds)),
    random: options.random ?? Math.random,
  }
  return {
    matchPatient: (patient) => matchPatient(store, systems, patient),
    async postReport(report) {
      const patient = await matchPatient(store, systems, report.result.patient)
      return postReport(effects, report, options.analysisSystem, patient)
    },
  }
}

/** Reads and writes on any FHIR R4 server. The client never retries and never caches: what to repeat is decided by reading first. */
export function createRecordStore(
  options: Pick<ClinicalRecordOptions, 'url' | 'auth' | 'timeoutMs' | 'fetch' | 'now'>,
): RecordStore {
  const baseUrl = options.url.replace(/\/+$/, '')
  const now = options.now ?? (() => new Date())
  const send = options.fetch ?? fetch
  const credentials = createCredentials(options.auth, { baseUrl, send, timeoutMs: options.timeoutMs, now })
  const medplum = new MedplumClient({
    baseUrl,
    fhirUrlPath: '',
    fetch: createTransport({ baseUrl, timeoutMs: options.timeoutMs, credentials, send, now }),
    extendedMode: false,
    maxRetries: 0,
    cacheTime: 0,
  })

  return {
    async search(resourceType, param, tokens) {
      const query = new URLSearchParams({ [param]: tokens.join(','), _count: String(PAGE_SIZE) })
      const found: Resource[] = []
      let url: string | undefined = `${baseUrl}/${resourceType}?${query}`
      for (let page = 0; url !== undefined; page++) {
        if (page === MOST_PAGES) throw new AppError('EHR_ERROR', `GET ${resourceType}: more than ${MOST_PAGES} pages`)
        const bundle: Bundle = await expect(medplum.get<Bundle>(url), `GET ${resourceType}`)
        found.push(...resourcesOf(bundle, resourceType))
        url = bundle.link?.find((link) => link.relation === 'next')?.url
      }
      return found
    },

    async createIfNone(resource, key: Key) {
      const headers = { 'If-None-Exist': ifNoneExist(key), Prefer: 'return=representation' }
      const url = `${baseUrl}/${resource.resourceType}`
      const created = await guard(medplum.post<Resource | undefined>(url, resource, undefined, { headers }))
      return created?.resourceType === resource.resourceType ? created : undefined
    },

    async transact(entries: BundleEntry[]) {
      const bundle: Bundle = { resourceType: 'Bundle', type: 'transaction', entry: entries }
      const answer = await guard(medplum.post<Bundle | undefined>(baseUrl, bundle, undefined, {}))
      checkTransaction(answer)
    },
  }
}

function resourcesOf(bundle: Bundle, resourceType: ResourceType): Resource[] {
  return (bundle.entry ?? []).flatMap(({ search, resource }) =>
    resource?.resourceType === resourceType && search?.mode !== 'include' && search?.mode !== 'outcome'
      ? [resource]
      : [],
  )
}

async function expect(answer: Promise<Bundle | undefined>, what: string): Promise<Bundle> {
  const bundle = await guard(answer)
  if (bundle?.resourceType !== 'Bundle') throw new AppError('EHR_ERROR', `${what}: the answer is not a Bundle`)
  return bundle
}

/** Servers that cannot do transactions may run one as a batch without a word: then it was not all or nothing. */
function checkTransaction(answer: Bundle | undefined): void {
  const exchange = { what: 'POST transaction', write: true }
  for (const entry of answer?.entry ?? []) {
    const status = Number.parseInt(entry.response?.status ?? '200', 10)
    if (!(status >= 200 && status < 300)) throw statusFailure(exchange, status, undefined, entry.response?.outcome)
  }
  if (answer?.type === 'batch-response') {
    throw new AppError(
      'EHR_REJECTED',
      'POST transaction: the FHIR server ran it as a batch; enable transactions on the server',
    )
  }
}

/** Whatever the client throws by itself, which may quote the answer, becomes INTERNAL with its name only. */
async function guard<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw asAppError(error)
  }
}
