// A review's write path: look, bring each resource to what the review makes of it, look again, until the EHR says it exactly once.
import type { Resource } from '@medplum/fhirtypes'
import { AppError, asAppError } from '../../domain/errors.ts'
import type { EhrReceipt, EhrReport } from '../../domain/ports.ts'
import { applyEdits, type Review } from '../../domain/review.ts'
import { findOrder } from '../matching/orders.ts'
import type { BuildContext, Wanted } from '../resources/context.ts'
import { referenceOf, urnOf } from '../resources/identifiers.ts'
import { type ReportSet, reportSet } from '../resources/report-set.ts'
import { reviewedForm, reviewProvenance } from '../resources/reviewed-resources.ts'
import { createOnce, remember } from './find-or-create.ts'
import { contextOf, type Plan, updateOf } from './plan.ts'
import {
  LOST_ANSWERS,
  look,
  type PostEffects,
  postReport,
  problem,
  ROUNDS,
  receiptOf,
  takenTypes,
  transact,
  withNote,
} from './post-report.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** One resource to be written: new, or the version that it replaces. */
interface Step {
  wanted: Wanted
  resource: Resource
  /** Of what is there. */
  version?: string
}

/**
 * In a transaction the report's own version is the lock: of two writers that read the same state one is refused as a whole.
 * In single writes each carries its own version, the report comes after what it refers to, the Provenance last.
 * Throws STATE_CONFLICT when the EHR has withdrawn the report.
 */
export async function postReview(
  effects: PostEffects,
  given: EhrReport,
  review: Review,
  analysisSystem: string,
): Promise<EhrReceipt> {
  const { site, rung } = effects
  const search = await findOrder(site.store, site.capabilities, effects.orders, given.result.study, site.patient)
  const report = withNote(given, search.note)
  const edited = { ...report, result: applyEdits(report.result, review.edits) }
  const set = reviewSet(edited, review, analysisSystem, takenTypes(rung, site.capabilities))
  if (
    ![set.anchor, ...set.rest].some(
      (wanted) => isReviewed(wanted) && site.capabilities.updates(wanted.key.resourceType),
    )
  )
    throw new AppError('EHR_REJECTED', 'the FHIR server updates nothing of a report, so it cannot take a review')
  const form = rung === 'transaction' ? 'transaction' : 'single'
  let last: AppError | undefined
  let lost = 0
  let complete = false
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      const found = new Map<string, Resource>()
      const context = () => contextOf(edited, set, analysisSystem, site.patient, found, { form, search, review })
      await look(site, set, context, found)
      if (!complete && lacks(set, found)) {
        // The report was not delivered to this server, or not whole: it comes first, as the software wrote it.
        await postReport(effects, given, analysisSystem)
        complete = true
        continue
      }
      const steps = stepsOf(effects, set, { ...context(), review }, found)
      if (steps.length === 0) return receiptOf(found, site.patient)
      if (form === 'transaction') await transact(site, planOf(steps))
      else for (const step of steps) await writeStep(effects, step, found)
    } catch (thrown) {
      last = problem(asAppError(thrown), last)
      if (last.code === 'EHR_AMBIGUOUS' && ++lost === LOST_ANSWERS) throw last
      const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round)
      await effects.sleep(ceiling * (0.5 + effects.random() / 2))
    }
  }
  throw last ?? new AppError('EHR_CONFLICT', `review ${review.reviewId} did not settle in ${ROUNDS} rounds`)
}

/** The report's own set with the Provenance of this review at its end. */
function reviewSet(
  report: EhrReport,
  review: Review,
  analysisSystem: string,
  takes: Parameters<typeof reportSet>[2] & object,
): ReportSet {
  const set = reportSet(report.result, analysisSystem, takes)
  const targets = [set.anchor, ...set.rest].filter(isReviewed).filter(({ role }) => !set.mentioned.has(role))
  const trace = reviewProvenance(
    analysisSystem,
    review,
    targets.map(({ role }) => role),
  )
  return { ...set, rest: [...set.rest, ...(takes('Provenance') && targets.length > 0 ? [trace] : [])] }
}

const REVIEWED = ['DiagnosticReport', 'Observation', 'RiskAssessment', 'DocumentReference']

function isReviewed({ key }: Wanted): boolean {
  return REVIEWED.includes(key.resourceType)
}

function lacks(set: ReportSet, found: ReadonlyMap<string, Resource>): boolean {
  const anchor = found.get(set.anchor.role)
  const unfinished = anchor?.resourceType === 'DiagnosticReport' && anchor.status === 'registered'
  return unfinished || set.rest.some((wanted) => isReviewed(wanted) && !found.has(wanted.role))
}

function stepsOf(
  { site }: PostEffects,
  set: ReportSet,
  context: BuildContext & { review: Review },
  found: ReadonlyMap<string, Resource>,
): Step[] {
  const stepFor = (wanted: Wanted, always: boolean): Step[] => {
    const stored = found.get(wanted.role)
    if (!stored || !site.capabilities.updates(wanted.key.resourceType)) return []
    const resource = onceAmended(reviewedForm(wanted, context), stored)
    const update = updateOf(stored, resource, always)
    if (update && context.review.decision !== 'reject') refuseWithdrawn(stored)
    return update ? [{ wanted, resource: update.resource, version: update.version }] : []
  }
  const traces = set.rest
    .filter(({ role }) => role === 'provenance.review' && !found.has(role))
    .map((wanted) => ({ wanted, resource: wanted.build(context) }))
  const values = set.rest.filter(isReviewed).flatMap((wanted) => stepFor(wanted, false))
  const isLocked = values.length + traces.length > 0
  const anchor = set.mentioned.has(set.anchor.role) ? [] : stepFor(set.anchor, isLocked)
  return [...values, ...anchor, ...traces]
}

/** A value that an earlier review amended never becomes plainly final again. */
function onceAmended(resource: Resource, stored: Resource): Resource {
  if (resource.resourceType !== 'Observation' || stored.resourceType !== 'Observation') return resource
  return resource.status === 'final' && stored.status === 'amended' ? { ...resource, status: 'amended' } : resource
}

/** What the EHR has withdrawn, a review of ours does not bring back. */
function refuseWithdrawn(stored: Resource): void {
  const status = 'status' in stored ? stored.status : undefined
  if (status === 'entered-in-error' || status === 'cancelled')
    throw new AppError('STATE_CONFLICT', `the EHR's ${stored.resourceType} of this analysis was withdrawn there`)
}

function planOf(steps: readonly Step[]): Pick<Plan, 'entries' | 'keys'> {
  const entries = steps.map(({ wanted, resource, version }) => {
    if (version === undefined)
      return { fullUrl: urnOf(wanted.key), request: { method: 'POST' as const, url: resource.resourceType }, resource }
    const url = referenceOf(resource)
    return { fullUrl: url, request: { method: 'PUT' as const, url, ifMatch: `W/"${version}"` }, resource }
  })
  return { entries, keys: steps.map(({ wanted }) => wanted.key) }
}

async function writeStep({ site }: PostEffects, { wanted, resource, version }: Step, found: Map<string, Resource>) {
  if (version === undefined) {
    found.set(wanted.role, await createOnce(site, resource, wanted.key))
    return
  }
  const updated = await site.store.update(resource, version)
  await remember(site, wanted.key, updated)
}
