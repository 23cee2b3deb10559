// The write path: read, create what is missing, read again, until the EHR holds the whole report exactly once.

import type { Resource, ResourceType } from '@medplum/fhirtypes'
import type { QualityNote } from '../../domain/finding.ts'
import type { EhrReceipt, EhrReport } from '../../domain/ports/clinical-record.ts'
import type { Log } from '../../domain/ports/log.ts'
import { findOrder, type OrderSettings } from '../matching/orders.ts'
import type { BuildContext, ResourceSpec } from '../resources/context.ts'
import { anchorOf } from '../resources/diagnostic-report.ts'
import { referenceOf } from '../resources/identifiers.ts'
import { notices } from '../resources/notice.ts'
import { type ReportSet, reportSet } from '../resources/report-set.ts'
import type { Capabilities, WriteMode } from './capability.ts'
import { createOnce, findByKeys, ledgerKey, type Site } from './find-or-create.ts'
import { checkSubject, contextOf, type Plan, planWrites } from './plan.ts'
import { type Pauses, settle } from './settle.ts'
import { writeSingly } from './single-writes.ts'

export interface PostEffects extends Pauses {
  site: Site
  mode: WriteMode
  orders: OrderSettings
  log: Log
  now(): Date
}

/** Posts or completes the report; the same resources whatever happened before, and nothing once a person has signed it. */
export async function postReport(effects: PostEffects, given: EhrReport, analysisSystem: string): Promise<EhrReceipt> {
  const { site, mode } = effects
  const { patient } = site
  const search = await findOrder(site.store, site.capabilities, effects.orders, given.result.study, patient)
  const report = withNote(given, search.note)
  const { analysisId } = report.result
  const accepts = acceptedTypes(mode, site.capabilities)
  const base = reportSet(report, analysisSystem, accepts)
  const notifications = notices(analysisSystem, analysisId, effects.orders, search.order?.requester)
  const set = { ...base, rest: [...base.rest, ...notifications.filter((notice) => accepts(notice.key.resourceType))] }
  const form = mode === 'transaction' ? 'transaction' : 'single'
  const writtenAt = effects.now().toISOString()
  const options = { locked: form === 'transaction', updates: site.capabilities.updates }
  let written = false
  return settle(effects, `the report of analysis ${analysisId}`, async () => {
    const held = new Map<string, Resource>()
    const context = () => contextOf(report, set, analysisSystem, patient, held, { form, search, writtenAt })
    const wasWritten = written
    written = false
    await readCurrentState(site, set, context, held)
    const plan = planWrites(set, context(), held, options)
    if (plan.entries.length === 0) return receiptOf(held, patient)
    if (wasWritten && plan.missing.length === 0) {
      effects.log.warn({ analysisId, elements: plan.differing.join(' ') }, 'the EHR stores elements in another form')
      return receiptOf(held, patient)
    }
    if (form === 'transaction') await transact(site, plan)
    else await writeSingly(site, set, context, held)
    written = true
    return undefined
  })
}

/** What has become known only now is also part of the report's text. */
export function withNote(report: EhrReport, note: QualityNote | undefined): EhrReport {
  return note ? { ...report, result: { ...report.result, quality: [...report.result.quality, note] } } : report
}

/** What the server is to receive: every type it can create, or the document alone. */
export function acceptedTypes(mode: WriteMode, { creates }: Capabilities): (type: ResourceType) => boolean {
  if (mode === 'document') return (type) => type === 'DocumentReference'
  return creates
}

export async function transact(site: Site, { entries, keys }: Pick<Plan, 'entries' | 'keys'>): Promise<void> {
  const written = await site.store.transact(entries)
  for (const [index, key] of keys.entries()) {
    const entry = written[index]
    if (key && entry) await site.ledger.record(ledgerKey(site, key), entry)
  }
}

/**
 * Shared resources and the anchor first, created if they are missing. The anchor is read before everything that refers to it,
 * so that its version covers whatever another writer does later. A server that cannot update receives the anchor last,
 * complete.
 */
export async function readCurrentState(
  site: Site,
  set: ReportSet,
  context: () => BuildContext,
  held: Map<string, Resource>,
): Promise<void> {
  for (const spec of set.shared) {
    if (!set.mentioned.has(spec.role)) await ensure(site, spec, () => spec.build(context()), held)
  }
  const later = !site.capabilities.updates('DiagnosticReport')
  if (!set.mentioned.has(set.anchor.role))
    await ensure(site, set.anchor, later ? undefined : () => anchorOf(set.anchor, context()), held)
  const resources = await findByKeys(
    site,
    set.rest.map((spec) => spec.key),
  )
  for (const spec of set.rest) {
    const resource = resources.get(spec.key)
    if (!resource) continue
    checkSubject(resource, site.patient)
    held.set(spec.role, resource)
  }
}

async function ensure(
  site: Site,
  spec: ResourceSpec,
  initial: (() => Resource) | undefined,
  held: Map<string, Resource>,
): Promise<void> {
  const existing = (await findByKeys(site, [spec.key])).get(spec.key)
  const resource = existing ?? (initial && (await createOnce(site, initial(), spec.key)))
  if (!resource) return
  checkSubject(resource, site.patient)
  held.set(spec.role, resource)
}

export function receiptOf(held: Map<string, Resource>, patient: string): EhrReceipt {
  return { patient, ...Object.fromEntries([...held].map(([role, resource]) => [role, referenceOf(resource)])) }
}
