// The ClinicalRecord port on a FHIR R4 server: what all studies share, and each study's own client on it.
import { setTimeout as pause } from 'node:timers/promises'
import { baseUrlOf } from '../../domain/base-url.ts'
import { HOUR_MS } from '../../domain/durations.ts'
import { foreseen } from '../../domain/errors.ts'
import type {
  ClinicalRecord,
  ClinicalRecords,
  EhrReceipt,
  EhrReport,
  RecordScope,
} from '../../domain/ports/clinical-record.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { WriteLedger } from '../../domain/ports/write-ledger.ts'
import { createTurns } from '../../domain/turns.ts'
import { matchPatient } from '../matching/match.ts'
import { isUrgentOrder, type OrderSettings } from '../matching/orders.ts'
import { idsOfPatient, patientsOfList } from '../reads/board-list.ts'
import {
  checkConsent,
  NO_READS,
  type ReadSettings,
  readBoardRecord,
  readClinicalFacts,
  readTissueAnswers,
  readTissueResults,
  readTreatments,
} from '../reads/clinical-reads.ts'
import { checkSystem } from '../resources/identifiers.ts'
import {
  CAN_ALL,
  type Capabilities,
  chooseWriteMode,
  readCapabilities,
  type WriteSettings,
} from '../writing/capability.ts'
import { createMemoryLedger } from '../writing/ledger.ts'
import { postNotice } from '../writing/post-notice.ts'
import { type PostEffects, postReport } from '../writing/post-report.ts'
import { postReview } from '../writing/post-review.ts'
import { withdrawReport } from '../writing/withdraw-report.ts'
import { type ConnectionOptions, connectRecordStores } from './client.ts'
import type { RecordStore } from './record-store.ts'

export interface ClinicalRecordOptions extends ConnectionOptions {
  /** System of the Patient ID. */
  identifierSystem: string
  /** IssuerOfPatientID → system, for archives that hold several. */
  issuerSystems?: Readonly<Record<string, string>>
  /** System of the identifiers on everything we write. */
  analysisSystem: string
  log: Log
  /** How to write the report; by default found out from the server. */
  write?: WriteSettings
  /** How to find the order, and whether to notify the person who ordered; by default nobody is notified. */
  orders?: OrderSettings
  /** The site's codes for what is read about the patient. */
  reads?: ReadSettings
  /** In memory by default. */
  ledger?: WriteLedger
  /** What requests about one study pass through on their way to `fetch`. */
  auditedFetch?: (scope: RecordScope, send: typeof fetch) => typeof fetch
  /** Pause between rounds; tests shorten it. */
  sleep?: (milliseconds: number) => Promise<unknown>
  random?: () => number
}

/** Throws SETTINGS_INVALID for a system that is not a URI. */
export function createClinicalRecords(options: ClinicalRecordOptions): ClinicalRecords {
  const systems = { default: options.identifierSystem, byIssuer: options.issuerSystems ?? {} }
  checkSystem('ehr.identifierSystem', systems.default)
  checkSystem('ehr.analysisSystem', options.analysisSystem)
  for (const system of Object.values(systems.byIssuer)) checkSystem('ehr.issuerSystems', system)
  const storeFor = connectRecordStores(options)
  const now = options.now ?? (() => new Date())
  const write = options.write ?? { rung: 'auto' }
  const orders: OrderSettings = options.orders ?? { notify: 'none' }
  const reads = options.reads ?? NO_READS
  const ledger = options.ledger ?? createMemoryLedger(now)
  const baseUrl = baseUrlOf(options.url)
  const capabilities = createCapabilityReader(storeFor(), write, options.log, now)
  const oneByOne = createTurns()
  const effects = {
    log: options.log,
    sleep: async (milliseconds: number) => void (await (options.sleep ?? pause)(milliseconds)),
    random: options.random ?? Math.random,
    now,
  }
  const recordOf = (store: RecordStore): ClinicalRecord => {
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
      tissueAnswers: (patient) => readTissueAnswers(store, reads, patient),
      treatment: (patient) => readTreatments(store, reads, patient),
      boardRecord: (patient, study) => readBoardRecord(store, reads, orders.accessionSystem, study, patient),
      isUrgentOrder: (accessionNumber) => isUrgentOrder(store, orders, accessionNumber),
      postReport: (report) =>
        forReport(report, async (post) => {
          // The record may have been unreachable when the analysis began.
          await checkConsent(store, reads, post.site.patient, now())
          return postReport(post, report, options.analysisSystem)
        }),
      withdrawReport: (earlier, receipt) =>
        oneByOne(earlier.result.analysisId, async () => {
          const patient = receipt.patient ?? ''
          const site = { store, ledger, capabilities: await capabilities(), baseUrl, patient }
          await withdrawReport({ ...effects, site }, { earlier, receipt }, options.analysisSystem)
        }),
      postNotice: (notice) =>
        oneByOne(notice.noticeId, async () => {
          const site = { store, ledger, capabilities: await capabilities(), baseUrl, patient: notice.patient ?? '' }
          return postNotice(site, notice, options.analysisSystem)
        }),
      // A refusal of further analyses must not prevent a report from being withdrawn.
      postReview: (report, review, reviewed) =>
        forReport(report, (post) => postReview(post, { given: report, review, reviewed }, options.analysisSystem)),
    }
  }
  const auditedStore = (scope: RecordScope) => storeFor(options.auditedFetch?.(scope, options.fetch ?? fetch))
  return {
    forStudy: (scope) => recordOf(auditedStore(scope)),
    patientIds: (reference, user) =>
      idsOfPatient(auditedStore({ studyInstanceUid: '', ...(user && { user }) }), systems, reference),
    patientsOfList: (id) => patientsOfList(auditedStore({ studyInstanceUid: '' }), systems, id),
  }
}

const STATEMENT_LIFETIME_MS = HOUR_MS

/** Asks the server what it can do, again after an hour. A site that says how to write does not need the statement. */
function createCapabilityReader(store: RecordStore, write: WriteSettings, log: Log, now: () => Date) {
  let remembered: { capabilities: Capabilities; until: number } | undefined
  return async (): Promise<Capabilities> => {
    if (remembered && now().getTime() < remembered.until) return remembered.capabilities
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
    remembered = { capabilities, until: now().getTime() + STATEMENT_LIFETIME_MS }
    return capabilities
  }
}
