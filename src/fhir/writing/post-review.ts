// The write path of a review: read, change each resource as the review requires, read again, until the EHR reflects it exactly once.

import type { BundleEntry, Observation, Resource, ResourceType } from '@medplum/fhirtypes'
import { applyEdits } from '../../domain/corrections.ts'
import { AppError } from '../../domain/errors.ts'
import type { Bidimensional } from '../../domain/finding.ts'
import type { EhrReceipt, EhrReport, ReviewedDocuments } from '../../domain/ports/clinical-record.ts'
import type { Review } from '../../domain/review.ts'
import { findOrder } from '../matching/orders.ts'
import type { BuildContext, ResourceSpec } from '../resources/context.ts'
import { referenceOf, urnOf } from '../resources/identifiers.ts'
import { diametersObservation } from '../resources/observations.ts'
import { type ReportSet, reportSet } from '../resources/report-set.ts'
import { documentRole, formerDocument, reviewedDocument } from '../resources/reviewed-document.ts'
import { reviewedForm, reviewProvenance } from '../resources/reviewed-resources.ts'
import { createOnce, remember } from './find-or-create.ts'
import { contextOf, type Plan, pdfEntries, updateOf } from './plan.ts'
import {
  acceptedTypes,
  type PostEffects,
  postReport,
  readCurrentState,
  receiptOf,
  transact,
  withNote,
} from './post-report.ts'
import { settle } from './settle.ts'

/** One resource to write: a new one, or one that replaces a version. */
interface Step {
  spec: ResourceSpec
  resource: Resource
  /** Version of the existing resource. */
  version?: string
}

/**
 * In a transaction the report's own version is the lock: of two writers that read the same state, one is refused as a whole. In
 * single writes each resource carries its own version; the report follows what it refers to, and the Provenance comes last.
 * Throws STATE_CONFLICT if the EHR has withdrawn the report.
 */
export async function postReview(
  effects: PostEffects,
  { given, review, reviewed }: { given: EhrReport; review: Review; reviewed: ReviewedDocuments },
  analysisSystem: string,
): Promise<EhrReceipt> {
  const { site, mode } = effects
  const search = await findOrder(site.store, site.capabilities, effects.orders, given.result.study, site.patient)
  const report = withNote(given, search.note)
  const edited = { ...report, ...reviewed, result: applyEdits(report.result, review) }
  const accepts = acceptedTypes(mode, site.capabilities)
  const written = reportSet(report, analysisSystem, accepts)
  const set = reviewSet(written, review, analysisSystem, accepts, { software: report, edited })
  if (![set.anchor, ...set.rest].some((spec) => isReviewed(spec) && site.capabilities.updates(spec.key.resourceType)))
    throw new AppError('EHR_REJECTED', 'the FHIR server updates nothing of a report, so it cannot take a review')
  const form = mode === 'transaction' ? 'transaction' : 'single'
  const writtenAt = effects.now().toISOString()
  let complete = false
  return settle(effects, `review ${review.reviewId}`, async () => {
    const held = new Map<string, Resource>()
    const context = () =>
      contextOf(edited, set, analysisSystem, site.patient, held, { form, search, writtenAt, review })
    await readCurrentState(site, set, context, held)
    if (!complete && lacks(written, held)) {
      // The report was not delivered to this server, or not completely: it is posted first, as the software wrote it.
      await postReport(effects, given, analysisSystem)
      complete = true
      return undefined
    }
    const steps = stepsOf(effects, set, { ...context(), review }, held, form)
    if (steps.length === 0) return receiptOf(held, site.patient)
    if (form === 'transaction') await transact(site, planOf(steps, pdfEntries(set, context())))
    else for (const step of steps) await writeStep(effects, step, held)
    return undefined
  })
}

interface ReviewSet extends ReportSet {
  /** Roles of what the reviewer's corrections invalidate. */
  gone: ReadonlySet<string>
  /** Among them, those that only an earlier review can have created: lesions that it outlined. */
  earlier: ReadonlySet<string>
}

/**
 * The report's own set, built from the corrected result; what a correction removed (diameters on an old outline) in its
 * previous form; the documents of this and earlier reviews; and this review's Provenance at the end.
 */
function reviewSet(
  written: ReportSet,
  review: Review,
  analysisSystem: string,
  accepts: (type: ResourceType) => boolean,
  { software, edited }: { software: EhrReport; edited: EhrReport },
): ReviewSet {
  const set = reportSet(edited, analysisSystem, accepts)
  const gone = written.rest.filter(({ role }) => !set.rest.some((spec) => spec.role === role))
  const documents = accepts('DocumentReference')
    ? Array.from({ length: review.number }, (_, n) => reviewedDocument(analysisSystem, { ...review, number: n + 1 }))
    : []
  const current = documents.filter(({ role }) => role === currentDocument(review))
  const targets = [set.anchor, ...set.rest, ...gone, ...current].filter(isReviewed)
  const trace = reviewProvenance(
    analysisSystem,
    review,
    targets.map(({ role }) => role).filter((role) => !set.mentioned.has(role)),
  )
  const isBuilt = (role: string) => [...written.rest, ...set.rest].some((spec) => spec.role === role)
  const traces = accepts('Provenance') && targets.length > 0 ? [trace] : []
  const earlier =
    review.number > 1 && accepts('Observation')
      ? outlinedLesions(software.result, edited.result, analysisSystem).filter(({ role }) => !isBuilt(role))
      : []
  const roles = (specs: readonly ResourceSpec[]) => new Set(specs.map(({ role }) => role))
  return {
    ...set,
    rest: [...set.rest, ...gone, ...earlier, ...documents, ...traces],
    gone: roles([...gone, ...earlier]),
    earlier: roles(earlier),
  }
}

/** Lesions that a review may have outlined: numbered after the software's, three at most (RANO 2.0). */
function outlinedLesions(
  software: EhrReport['result'],
  { analysisId, diameters: [lesion] = [] }: EhrReport['result'],
  analysisSystem: string,
): ResourceSpec[] {
  const measured = software.diameters?.length ?? 0
  const blank = lesion ?? ({ longestMm: 0, perpendicularMm: 0, measurable: false } as Bidimensional)
  return [1, 2, 3].map((n) => diametersObservation(analysisSystem, analysisId, { ...blank, number: measured + n }, 0))
}

/** The role of the document made by this review; a rejection makes none. */
function currentDocument(review: Review): string | undefined {
  return review.decision === 'reject' ? undefined : documentRole(review.number)
}

const REVIEWED = ['DiagnosticReport', 'Observation', 'RiskAssessment', 'DocumentReference', 'Media']

function isReviewed({ key }: ResourceSpec): boolean {
  return REVIEWED.includes(key.resourceType)
}

function lacks(set: ReportSet, held: ReadonlyMap<string, Resource>): boolean {
  const anchor = held.get(set.anchor.role)
  const unfinished = anchor?.resourceType === 'DiagnosticReport' && anchor.status === 'registered'
  return unfinished || set.rest.some((spec) => isReviewed(spec) && !held.has(spec.role))
}

function stepsOf(
  { site }: PostEffects,
  set: ReviewSet,
  context: BuildContext & { review: Review },
  held: ReadonlyMap<string, Resource>,
  form: 'transaction' | 'single',
): Step[] {
  const { review } = context
  const current = currentDocument(review)
  const formOf = (spec: ResourceSpec, stored: Resource): Resource => {
    if (set.earlier.has(spec.role)) return { ...(stored as Observation), status: 'entered-in-error' }
    if (stored.resourceType === 'DocumentReference')
      return spec.role === current ? spec.build(context) : formerDocument(stored, review)
    const reviewed = reviewedForm(spec, context)
    return set.gone.has(spec.role)
      ? ({ ...reviewed, status: 'entered-in-error' } as Observation)
      : onceAmended(reviewed, stored)
  }
  const stepFor = (spec: ResourceSpec, always: boolean): Step[] => {
    const stored = held.get(spec.role)
    // A lesion outlined only by the reviewer has no Observation yet.
    if (!stored && spec.key.resourceType === 'Observation' && !set.gone.has(spec.role) && review.decision !== 'reject')
      return [{ spec, resource: reviewedForm(spec, context) }]
    if (!stored || !site.capabilities.updates(spec.key.resourceType)) return []
    const update = updateOf(stored, formOf(spec, stored), always)
    if (update && review.decision !== 'reject') refuseWithdrawn(stored)
    return update ? [{ spec: spec, resource: update.resource, version: update.version }] : []
  }
  const create = (role: string | undefined): Step[] =>
    set.rest
      .filter((spec) => spec.role === role && !held.has(spec.role))
      .map((spec) => ({ spec, resource: spec.build(context) }))
  const documents = create(current)
  // In single writes the document comes first and alone: what follows refers to it by the server's id.
  if (form === 'single' && documents.length > 0) return documents
  const traces = create('provenance.review')
  const values = set.rest.filter(isReviewed).flatMap((spec) => stepFor(spec, false))
  const isLocked = documents.length + values.length + traces.length > 0
  const anchor = set.mentioned.has(set.anchor.role) ? [] : stepFor(set.anchor, isLocked)
  return [...documents, ...values, ...anchor, ...traces]
}

/** A value that an earlier review amended never goes back to final. */
function onceAmended(resource: Resource, stored: Resource): Resource {
  if (resource.resourceType !== 'Observation' || stored.resourceType !== 'Observation') return resource
  return resource.status === 'final' && stored.status === 'amended' ? { ...resource, status: 'amended' } : resource
}

/** A review of ours does not restore what the EHR has withdrawn. */
function refuseWithdrawn(stored: Resource): void {
  const status = 'status' in stored ? stored.status : undefined
  if (status === 'entered-in-error' || status === 'cancelled')
    throw new AppError('STATE_CONFLICT', `the EHR's ${stored.resourceType} of this analysis was withdrawn there`)
}

function planOf(steps: readonly Step[], pdf: BundleEntry[]): Pick<Plan, 'entries' | 'keys'> {
  const entries = steps.map(({ spec, resource, version }) => {
    if (version === undefined)
      return { fullUrl: urnOf(spec.key), request: { method: 'POST' as const, url: resource.resourceType }, resource }
    const url = referenceOf(resource)
    return { fullUrl: url, request: { method: 'PUT' as const, url, ifMatch: `W/"${version}"` }, resource }
  })
  return {
    entries: [...pdf, ...entries],
    keys: [...pdf.map(() => undefined), ...steps.map(({ spec }) => spec.key)],
  }
}

async function writeStep({ site }: PostEffects, { spec, resource, version }: Step, held: Map<string, Resource>) {
  if (version === undefined) {
    held.set(spec.role, await createOnce(site, resource, spec.key))
    return
  }
  const updated = await site.store.update(resource, version)
  await remember(site, spec.key, updated)
}
