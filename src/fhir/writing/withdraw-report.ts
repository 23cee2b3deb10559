// Withdraws a report that a later analysis of the study replaced before anybody reviewed it: it stays readable, and says so (FHIR R4 statuses).
import type { DiagnosticReport, DocumentReference, Media, Resource } from '@medplum/fhirtypes'
import type { EhrReceipt, EhrReport } from '../../domain/ports/clinical-record.ts'
import { conclusionOf } from '../../wording/report-text.ts'
import { diagnosticReport } from '../resources/diagnostic-report.ts'
import { documentReference } from '../resources/document-reference.ts'
import { relativeReference } from '../resources/identifiers.ts'
import { narrativeOf } from '../resources/report-narrative.ts'
import { findByKeys, type Site } from './find-or-create.ts'
import { isOurs } from './plan.ts'
import { type Pauses, settle } from './settle.ts'

const WITHDRAWN_TYPES = /^(DiagnosticReport|Observation|RiskAssessment|DocumentReference|Media)\//

/**
 * Found by the receipt of its delivery, or by identifier if that answer was lost. Each resource is replaced under its version;
 * what a person has signed stays. Safe to repeat.
 */
export async function withdrawReport(
  effects: Pauses & { site: Site },
  { earlier, receipt }: { earlier: Pick<EhrReport, 'result' | 'links'>; receipt: EhrReceipt },
  analysisSystem: string,
): Promise<void> {
  const { site } = effects
  const { analysisId } = earlier.result
  const keys = [diagnosticReport(analysisSystem, analysisId, []), documentReference(analysisSystem, analysisId)]
    .map(({ key }) => key)
    .filter(({ resourceType }) => site.capabilities.creates(resourceType))
  await settle(effects, `the withdrawal of the report of analysis ${analysisId}`, async () => {
    const held = new Map<string, Resource>()
    const add = (resource: Resource | undefined) => {
      if (resource !== undefined) held.set(`${resource.resourceType}/${resource.id}`, resource)
    }
    for (const resource of (await findByKeys(site, keys)).values()) add(resource)
    const report = [...held.values()].find((one): one is DiagnosticReport => one.resourceType === 'DiagnosticReport')
    const parts = [...(report?.result ?? []), ...(report?.media ?? []).map(({ link }) => link)]
    const named = [...Object.values(receipt), ...parts.map(({ reference = '' }) => reference)]
    for (const reference of new Set(named.map(referenceOnly)))
      if (WITHDRAWN_TYPES.test(reference) && !held.has(reference)) add(await site.store.read(reference))
    // The report first: it is what a clinician opens.
    for (const resource of [...held.values()].sort((a, b) => Number(isReport(b)) - Number(isReport(a)))) {
      const version = resource.meta?.versionId
      const replaced = replacedForm(resource, earlier)
      if (replaced === undefined || version === undefined || !site.capabilities.updates(resource.resourceType)) continue
      await site.store.update(replaced, version)
    }
    return true
  })
}

const isReport = ({ resourceType }: Resource) => resourceType === 'DiagnosticReport'
const referenceOnly = (reference: string) => relativeReference(reference).replace(/\/_history\/.*$/, '')

/** Undefined for what is no longer ours to change, or already says so. */
function replacedForm(resource: Resource, earlier: Pick<EhrReport, 'result' | 'links'>): Resource | undefined {
  if (!isOurs(resource)) return undefined
  if (resource.resourceType === 'DocumentReference')
    return { ...resource, status: 'superseded' } satisfies DocumentReference
  if (resource.resourceType === 'DiagnosticReport') {
    const text = { status: 'additional', div: narrativeOf(earlier, 'replaced') } as const
    const conclusion = conclusionOf(earlier.result, 'replaced')
    return { ...resource, status: 'cancelled', text, conclusion } satisfies DiagnosticReport
  }
  // An R4 event has no status for "replaced by another"; with this one, no reader shows the picture as a finding.
  if (resource.resourceType === 'Media' && resource.status === 'completed')
    return { ...resource, status: 'entered-in-error' } satisfies Media
  if (resource.resourceType === 'Observation' || resource.resourceType === 'RiskAssessment')
    return { ...resource, status: 'cancelled' }
  return undefined
}
