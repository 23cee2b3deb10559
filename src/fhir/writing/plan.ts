// From what the EHR has, plans the one transaction that brings it to what it must have (FHIR R4 http.html#transaction); pure.
import type { BundleEntry, Coding, Meta, Resource, ResourceType } from '@medplum/fhirtypes'
import { AppError } from '../../domain/errors.ts'
import type { EhrReport } from '../../domain/ports/clinical-record.ts'
import type { Review } from '../../domain/review.ts'
import type { OrderSearch } from '../matching/orders.ts'
import { base64, INLINE_LIMIT_BYTES, pdfBinary, sha1Base64 } from '../resources/attachment.ts'
import type { BuildContext, PdfContent, ResourceSpec } from '../resources/context.ts'
import { type Key, referenceOf, relativeReference, urnOf } from '../resources/identifiers.ts'
import type { ReportSet } from '../resources/report-set.ts'
import { differingElements } from './compare.ts'

/** What the EHR holds now, by role. */
export type Found = ReadonlyMap<string, Resource>

export interface Plan {
  /** Empty if there is nothing to write. */
  entries: BundleEntry[]
  /** Key of each entry; none for a Binary. */
  keys: (Key | undefined)[]
  /** Roles that are missing. */
  missing: string[]
  /** "role.element" for what exists but differs. */
  differing: string[]
}

/** Elements that the EHR or a person may add to a resource while it is still ours; they are kept when it is rewritten. */
const KEPT = ['basedOn', 'encounter', 'performer', 'resultsInterpreter', 'extension']

/** Whether software may still write it: a status set by a person is never overwritten. */
export function isOurs(resource: Resource): boolean {
  switch (resource.resourceType) {
    case 'DiagnosticReport':
      return ['registered', 'partial', 'preliminary'].includes(resource.status)
    case 'Observation':
    case 'RiskAssessment':
      return ['registered', 'preliminary'].includes(resource.status)
    case 'DocumentReference':
      return resource.status === 'current' && (resource.docStatus ?? 'preliminary') === 'preliminary'
    case 'Communication':
      return false
    case 'Task':
      return resource.status === 'requested'
    default:
      return true
  }
}

export interface ContextOptions {
  form?: 'transaction' | 'single'
  search?: OrderSearch
  writtenAt: string
  /** The decision that the resources are built with. */
  review?: Review
}

/**
 * The context in which all resources are built: existing ones have their reference. Others have the urn:uuid of their entry in
 * a transaction; in single writes they are referred to by identifier, and the PDF is in the attachment itself.
 */
export function contextOf(
  report: EhrReport,
  set: ReportSet,
  analysisSystem: string,
  patient: string,
  held: Found,
  { form = 'transaction', search = { isSearched: false }, writtenAt, review }: ContextOptions,
): BuildContext {
  const all: ResourceSpec[] = [...set.shared, set.anchor, ...set.rest]
  const keyOf = (role: string) => all.find((candidate) => candidate.role === role)?.key
  const encounter = search.order?.encounter ?? encounterOf(held.get('imagingStudy'))
  return {
    mentioned(role) {
      if (role === 'patient' || held.has(role)) return undefined
      return form === 'single' || set.mentioned.has(role) ? keyOf(role) : undefined
    },
    ...(search.order && { order: search.order }),
    ...(encounter && { encounter }),
    orderIsOpen: search.isSearched && !search.order,
    report,
    ...(review && { review }),
    analysisSystem,
    patient,
    writtenAt,
    holds: (role) => held.has(role),
    referenceTo(role) {
      if (role === 'patient') return patient
      const resource = held.get(role)
      if (resource) return referenceOf(resource)
      const key = keyOf(role)
      if (!key) throw new AppError('INTERNAL', `no resource has the role ${role}`)
      return urnOf(key)
    },
    pdf: form === 'single' ? { data: base64(report.pdf) } : pdfContent(report, set, held),
  }
}

/** The encounter of a study that the EHR had before us; ours names none. */
function encounterOf(study: Resource | undefined): string | undefined {
  if (study?.resourceType !== 'ImagingStudy') return undefined
  const reference = relativeReference(study.encounter?.reference ?? '')
  return reference.startsWith('Encounter/') ? reference : undefined
}

function pdfContent(report: EhrReport, set: ReportSet, held: Found): PdfContent {
  if (report.pdf.byteLength <= INLINE_LIMIT_BYTES) return { data: base64(report.pdf) }
  const url = storedPdfUrl(report, held)
  return { url: url ?? binaryUrn(set) }
}

/** The Binary's entry needs a urn other than that of the DiagnosticReport, whose key it borrows. */
function binaryUrn(set: ReportSet): string {
  return urnOf({ ...set.anchor.key, resourceType: 'Binary' })
}

/** Where an earlier post put the same bytes. */
function storedPdfUrl(report: EhrReport, held: Found): string | undefined {
  const hash = sha1Base64(report.pdf)
  const attachments = [...held.values()].flatMap((resource) =>
    resource.resourceType === 'DocumentReference' ? resource.content.map(({ attachment }) => attachment) : [],
  )
  return attachments.find((attachment) => attachment.hash === hash)?.url
}

/** The PDF as a Binary of its own, if it is too large for an attachment and not there yet; its entry has no key. */
export function pdfEntries(set: ReportSet, context: BuildContext): BundleEntry[] {
  if (!('url' in context.pdf) || context.pdf.url !== binaryUrn(set)) return []
  return [{ fullUrl: context.pdf.url, request: { method: 'POST', url: 'Binary' }, resource: pdfBinary(context.report) }]
}

export interface PlanOptions {
  /** Whenever anything is created, the anchor is included as the lock of the transaction. */
  locked: boolean
  updates(type: ResourceType): boolean
}

/**
 * In a transaction, the anchor accompanies whatever is created, with its version as If-Match: of two writers that read the same
 * state, one is refused as a whole, so that nothing is created twice. Nothing is planned once a person has taken over the
 * report.
 */
export function planWrites(
  set: ReportSet,
  context: BuildContext,
  held: Found,
  { locked, updates }: PlanOptions = { locked: true, updates: () => true },
): Plan {
  const plan: Plan = { entries: [], keys: [], missing: [], differing: [] }
  const anchor = held.get(set.anchor.role)
  if (anchor && !isOurs(anchor)) return plan
  for (const entry of pdfEntries(set, context)) {
    plan.entries.push(entry)
    plan.keys.push(undefined)
  }
  const lone = anchor || set.mentioned.has(set.anchor.role) ? [] : [set.anchor]
  for (const spec of [...set.rest, ...lone]) {
    const stored = held.get(spec.role)
    if (!stored) {
      plan.missing.push(spec.role)
      const request = { method: 'POST', url: spec.key.resourceType } as const
      plan.entries.push({ fullUrl: urnOf(spec.key), request, resource: spec.build(context) })
      plan.keys.push(spec.key)
    } else if (isOurs(stored) && updates(spec.key.resourceType)) {
      addUpdate(plan, spec, stored, context, false)
    }
  }
  if (anchor && updates('DiagnosticReport'))
    addUpdate(plan, set.anchor, anchor, context, locked && plan.entries.length > 0)
  return plan
}

function addUpdate(plan: Plan, spec: ResourceSpec, stored: Resource, context: BuildContext, always: boolean): void {
  const resource = spec.build(context)
  plan.differing.push(...differingElements(stored, resource).map((element) => `${spec.role}.${element}`))
  const update = updateOf(stored, resource, always)
  if (!update) return
  const url = referenceOf(stored)
  plan.entries.push({
    fullUrl: url,
    request: { method: 'PUT', url, ifMatch: `W/"${update.version}"` },
    resource: update.resource,
  })
  plan.keys.push(spec.key)
}

/** The new content of a stored resource and the version it replaces; undefined if it already says the same. */
export function updateOf(
  stored: Resource,
  desired: Resource,
  always = false,
): { resource: Resource; version: string } | undefined {
  if (!always && differingElements(stored, desired).length === 0) return undefined
  const version = stored.meta?.versionId
  if (!version) {
    throw new AppError(
      'EHR_REJECTED',
      `the FHIR server gives no meta.versionId for ${stored.resourceType}, so a safe update is not possible`,
    )
  }
  const kept = Object.fromEntries(Object.entries(stored).filter(([name]) => KEPT.includes(name)))
  const resource = { ...kept, ...desired, id: stored.id!, meta: mergedMeta(stored.meta, desired.meta) } as Resource
  return { resource, version }
}

/** Labels and tags added by others stay. */
function mergedMeta(stored: Meta | undefined, desired: Meta | undefined): Meta {
  const union = (a: Coding[] = [], b: Coding[] = []) => [
    ...a,
    ...b.filter((coding) => !a.some((other) => other.system === coding.system && other.code === coding.code)),
  ]
  const security = union(desired?.security, stored?.security)
  const tag = union(desired?.tag, stored?.tag)
  return {
    ...(stored?.profile && { profile: stored.profile }),
    ...(security.length > 0 && { security }),
    ...(tag.length > 0 && { tag }),
  }
}

/** A study or report in the EHR under our identifier that belongs to another patient: a person must look at it. */
export function checkSubject(resource: Resource, patient: string): void {
  const subject =
    'subject' in resource ? (resource.subject as { reference?: string } | undefined)?.reference : undefined
  if (subject !== undefined && relativeReference(subject) !== patient) {
    throw new AppError(
      'PATIENT_MISMATCH',
      `the EHR's ${resource.resourceType} of this study belongs to another patient than the identifier's`,
    )
  }
}
