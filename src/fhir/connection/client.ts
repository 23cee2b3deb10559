// The EHR over FHIR R4: the one file that knows @medplum/core's client. The ClinicalRecord port on top of it.
import { setTimeout as pause } from 'node:timers/promises'
import { MedplumClient } from '@medplum/core'
import type { Bundle, BundleEntry, CapabilityStatement, Resource, ResourceType } from '@medplum/fhirtypes'
import { AppError, asAppError, foreseen } from '../../domain/errors.ts'
import type { ClinicalRecord, EhrReceipt, EhrReport } from '../../domain/ports/clinical-record.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { LedgerEntry, WriteLedger } from '../../domain/ports/write-ledger.ts'
import { createTurns } from '../../domain/turns.ts'
import { matchPatient } from '../matching/match.ts'
import type { OrderSettings } from '../matching/orders.ts'
import { patientsOfList } from '../reads/board-list.ts'
import {
  checkConsent,
  NO_READS,
  type ReadSettings,
  readClinicalFacts,
  readTissueResults,
} from '../reads/clinical-reads.ts'
import { checkSystem, ifNoneExist, type Key, relativeReference } from '../resources/identifiers.ts'
import {
  CAN_ALL,
  type Capabilities,
  chooseWriteMode,
  readCapabilities,
  type WriteSettings,
} from '../writing/capability.ts'
import { createMemoryLedger } from '../writing/ledger.ts'
import { type PostEffects, postReport } from '../writing/post-report.ts'
import { postReview } from '../writing/post-review.ts'
import { createCredentials } from './auth.ts'
import type { EhrAuth } from './auth-settings.ts'
import { StatusFailure, statusFailure } from './failures.ts'
import type { Created, RecordStore } from './record-store.ts'
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
  /** How the report is written; found out from the server when left out. */
  write?: WriteSettings
  /** How the order is found, and whether who ordered is told; not told when left out. */
  orders?: OrderSettings
  /** Codes of the site for what is read of the patient. */
  reads?: ReadSettings
  /** Kept in memory when left out. */
  ledger?: WriteLedger
  fetch?: typeof fetch
  /** Pause between rounds; tests make it short. */
  sleep?: (milliseconds: number) => Promise<unknown>
  random?: () => number
  now?: () => Date
}

const PAGE_SIZE = 100
const FHIR_JSON = { 'content-type': 'application/fhir+json', accept: 'application/fhir+json, */*; q=0.1' }
const MAX_PAGES = 20

export function createClinicalRecord(options: ClinicalRecordOptions): ClinicalRecord {
  const systems = { default: options.identifierSystem, byIssuer: options.issuerSystems ?? {} }
  checkSystem('ehr.identifierSystem', systems.default)
  checkSystem('ehr.analysisSystem', options.analysisSystem)
  for (const system of Object.values(systems.byIssuer)) checkSystem('ehr.issuerSystems', system)
  const store = createRecordStore(options)
  const now = options.now ?? (() => new Date())
  const write = options.write ?? { rung: 'auto' }
  const orders: OrderSettings = options.orders ?? { notify: 'none' }
  const reads = options.reads ?? NO_READS
  const ledger = options.ledger ?? createMemoryLedger(now)
  const baseUrl = options.url.replace(/\/+$/, '')
  const capabilities = createCapabilityReader(store, write, options.log, now)
  const oneByOne = createTurns()
  const effects = {
    log: options.log,
    sleep: async (milliseconds: number) => void (await (options.sleep ?? pause)(milliseconds)),
    random: options.random ?? Math.random,
    now,
  }
  const forReport = (report: EhrReport, work: (post: PostEffects) => Promise<EhrReceipt>) =>
    oneByOne(report.result.analysisId, async () => {
      const patient = await matchPatient(store, systems, report.result.patient, report.confirmedPatient)
      const can = await capabilities()
      const site = { store, ledger, capabilities: can, baseUrl, patient }
      return work({ ...effects, site, orders, mode: chooseWriteMode(can, write) })
    })
  return {
    matchPatient: (patient, confirmed) => matchPatient(store, systems, patient, confirmed),
    checkConsent: (patient) => checkConsent(store, reads, patient, now()),
    clinicalFacts: (patient, studyDate) => readClinicalFacts(store, reads, patient, studyDate),
    tissueResults: (patient) => readTissueResults(store, reads, patient),
    patientsOfList: (id) => patientsOfList(store, systems, id),
    postReport: (report) =>
      forReport(report, async (post) => {
        // The record may have been out of reach when the analysis began.
        await checkConsent(store, reads, post.site.patient, now())
        return postReport(post, report, options.analysisSystem)
      }),
    // A refusal of later analyses must not keep a report from being withdrawn.
    postReview: (report, review, reviewed) =>
      forReport(report, (post) => postReview(post, { given: report, review, reviewed }, options.analysisSystem)),
  }
}

const STATEMENT_LIFETIME_MS = 3_600_000

/** Asks the server what it can do, again after an hour. A site that says how to write needs no statement. */
function createCapabilityReader(store: RecordStore, write: WriteSettings, log: Log, now: () => Date) {
  let known: { capabilities: Capabilities; until: number } | undefined
  return async (): Promise<Capabilities> => {
    if (known && now().getTime() < known.until) return known.capabilities
    let capabilities: Capabilities
    try {
      capabilities = readCapabilities(await store.capabilities(), write)
    } catch (thrown) {
      const { code } = foreseen(thrown)
      if (write.rung === 'auto') throw thrown
      log.warn({ code }, 'the FHIR server gives no CapabilityStatement; the settings say how to write')
      const createsConditionally = () => write.conditionalCreate ?? false
      return { ...CAN_ALL, createsConditionally }
    }
    known = { capabilities, until: now().getTime() + STATEMENT_LIFETIME_MS }
    return capabilities
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
  const transport = createTransport({ baseUrl, timeoutMs: options.timeoutMs, credentials, send, now })
  const medplum = new MedplumClient({
    baseUrl,
    fhirUrlPath: '',
    fetch: transport,
    extendedMode: false,
    maxRetries: 0,
    cacheTime: 0,
  })

  /** What the server says of it: the resource where it sends it back; else, from Location, where it is (FHIR R4 http, 3.1.0.8). */
  const post = async (resource: Resource, condition: Record<string, string>): Promise<Created> => {
    const response = await guard(
      transport(`${baseUrl}/${resource.resourceType}`, {
        method: 'POST',
        headers: { ...FHIR_JSON, ...condition, prefer: 'return=representation' },
        body: JSON.stringify(resource),
      }),
    )
    const text = await response.text()
    const body = text === '' ? undefined : (JSON.parse(text) as Resource)
    const place = placeOf(response.headers.get('location') ?? '', response.headers.get('etag') ?? '')
    return {
      ...(body?.resourceType === resource.resourceType && body.id && { resource: body }),
      ...(place?.reference.startsWith(`${resource.resourceType}/`) && { place }),
    }
  }

  return {
    async search(resourceType, param, tokens, more = {}) {
      const query = new URLSearchParams({ [param]: tokens.join(','), ...more, _count: String(PAGE_SIZE) })
      const found: Resource[] = []
      let url: string | undefined = `${baseUrl}/${resourceType}?${query}`
      for (let page = 0; url !== undefined; page++) {
        if (page === MAX_PAGES) throw new AppError('EHR_ERROR', `GET ${resourceType}: more than ${MAX_PAGES} pages`)
        const bundle: Bundle = await expect(medplum.get<Bundle>(url), `GET ${resourceType}`)
        found.push(...resourcesOf(bundle, resourceType))
        url = bundle.link?.find((link) => link.relation === 'next')?.url
      }
      return found
    },

    async read(reference) {
      try {
        return await medplum.get<Resource>(`${baseUrl}/${reference}`)
      } catch (error) {
        if (error instanceof StatusFailure && (error.status === 404 || error.status === 410)) return undefined
        throw asAppError(error)
      }
    },

    capabilities: () => guard(medplum.get<CapabilityStatement>(`${baseUrl}/metadata`)),

    async createIfNone(resource, key: Key) {
      return post(resource, { 'If-None-Exist': ifNoneExist(key) })
    },

    create: (resource) => post(resource, {}),

    async update(resource, version) {
      const headers = { 'If-Match': `W/"${version}"`, Prefer: 'return=representation' }
      const url = `${baseUrl}/${resource.resourceType}/${resource.id}`
      const updated = await guard(medplum.put(url, resource, undefined, { headers }))
      return updated?.resourceType === resource.resourceType ? updated : undefined
    },

    async remove(reference) {
      await guard(transport(`${baseUrl}/${reference}`, { method: 'DELETE', headers: { accept: FHIR_JSON.accept } }))
    },

    async transact(entries: BundleEntry[]) {
      const bundle: Bundle = { resourceType: 'Bundle', type: 'transaction', entry: entries }
      const answer = await guard(medplum.post<Bundle | undefined>(baseUrl, bundle, undefined, {}))
      checkTransaction(answer)
      return entries.map((_, index) => {
        const { location = '', etag = '' } = answer?.entry?.[index]?.response ?? {}
        return placeOf(location, etag)
      })
    },
  }
}

/** Where a resource is, from the answer to its creation: "Type/id/_history/version" or an ETag, as the server likes. */
function placeOf(location: string, etag: string): LedgerEntry | undefined {
  const [path, versionInPath] = location.split('/_history/')
  const reference = relativeReference(path ?? '')
  if (!/^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(reference)) return undefined
  const version = /^(?:W\/)?"(.+)"$/.exec(etag)?.[1] ?? versionInPath
  return { reference, ...(version && { version }) }
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
