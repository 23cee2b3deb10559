// The write path: look, create what is missing, look again, until the EHR holds the whole report exactly once.
import type { Resource } from '@medplum/fhirtypes'
import { AppError, asAppError } from '../domain/errors.ts'
import type { EhrReceipt, EhrReport, Log } from '../domain/ports.ts'
import type { Wanted } from './context.ts'
import { anchorOf } from './diagnostic-report.ts'
import { checkSubject, contextOf, type Plan, planWrites, referenceOf } from './plan.ts'
import { findByKeys, type RecordStore } from './record-store.ts'
import { type ReportSet, reportSet } from './report-set.ts'

export interface PostEffects {
  store: RecordStore
  log: Log
  sleep(milliseconds: number): Promise<void>
  /** Uniform in [0, 1). */
  random(): number
}

const ROUNDS = 8
/** Each lost answer may have cost the whole time limit, so few of them end the post. */
const LOST_ANSWERS = 3
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** Posts or completes the report; the same resources whatever happened before, nothing at all once a person has signed it. */
export async function postReport(
  effects: PostEffects,
  report: EhrReport,
  analysisSystem: string,
  patient: string,
): Promise<EhrReceipt> {
  const set = reportSet(report.result, analysisSystem)
  let written = false
  let last: AppError | undefined
  let lost = 0
  for (let round = 0; round < ROUNDS; round++) {
    try {
      const { found, plan } = await resolve(effects.store, set, report, analysisSystem, patient)
      if (plan.entries.length === 0) return receiptOf(found, patient)
      if (written && plan.missing.length === 0) {
        effects.log.warn(
          { analysisId: report.result.analysisId, elements: plan.differing.join(' ') },
          'the EHR stores elements in another form',
        )
        return receiptOf(found, patient)
      }
      written = false
      await effects.store.transact(plan.entries)
      written = true
    } catch (thrown) {
      last = problem(asAppError(thrown), last)
      if (last.code === 'EHR_AMBIGUOUS' && ++lost === LOST_ANSWERS) throw last
      const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round)
      await effects.sleep(ceiling * (0.5 + effects.random() / 2))
    }
  }
  throw (
    last ??
    new AppError(
      'EHR_CONFLICT',
      `the report of analysis ${report.result.analysisId} did not settle in ${ROUNDS} rounds`,
    )
  )
}

/** A conflict or a lost answer is answered by looking again; whatever else ends the post, and stays ambiguous after a lost answer. */
function problem(error: AppError, before: AppError | undefined): AppError {
  if (error.code === 'EHR_CONFLICT' || error.code === 'EHR_AMBIGUOUS') return error
  if (before?.code === 'EHR_AMBIGUOUS' && error.class === 'transient') {
    throw new AppError('EHR_AMBIGUOUS', `${before.message}; looking again failed: ${error.message}`, {
      cause: error,
      ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    })
  }
  throw error
}

/**
 * Shared resources and the anchor first, by conditional create. The anchor is read before everything that hangs on it:
 * its version then covers whatever another writer does after.
 */
async function resolve(
  store: RecordStore,
  set: ReportSet,
  report: EhrReport,
  analysisSystem: string,
  patient: string,
): Promise<{ found: Map<string, Resource>; plan: Plan }> {
  const found = new Map<string, Resource>()
  const context = () => contextOf(report, set, analysisSystem, patient, found)
  for (const wanted of set.shared) await ensure(store, wanted, wanted.build(context()), patient, found)
  await ensure(store, set.anchor, anchorOf(set.anchor, context()), patient, found)
  const keys = await findByKeys(
    store,
    set.rest.map((wanted) => wanted.key),
  )
  for (const wanted of set.rest) {
    const resource = keys.get(wanted.key)
    if (resource) found.set(wanted.role, resource)
  }
  return { found, plan: planWrites(set, context(), found) }
}

async function ensure(
  store: RecordStore,
  wanted: Wanted,
  initial: Resource,
  patient: string,
  found: Map<string, Resource>,
): Promise<void> {
  const look = async () => (await findByKeys(store, [wanted.key])).get(wanted.key)
  let resource = await look()
  if (!resource) {
    const created = await store.createIfNone(initial, wanted.key)
    resource = created?.id && created.meta?.versionId ? created : await look()
  }
  if (!resource) {
    throw new AppError('EHR_AMBIGUOUS', `${wanted.key.resourceType} ${wanted.key.value} was created but is not found`)
  }
  checkSubject(resource, patient)
  found.set(wanted.role, resource)
}

function receiptOf(found: Map<string, Resource>, patient: string): EhrReceipt {
  return { patient, ...Object.fromEntries([...found].map(([role, resource]) => [role, referenceOf(resource)])) }
}
