// All resources of one report, built as if a server had given every reference.
import type { DiagnosticReport, Resource } from '@medplum/fhirtypes'
import type { EhrReport } from '../../src/domain/ports/clinical-record.ts'
import type { BuildContext, Order, ResourceSpec } from '../../src/fhir/resources/context.ts'
import { anchorOf } from '../../src/fhir/resources/diagnostic-report.ts'
import { notices } from '../../src/fhir/resources/notice.ts'
import { reportSet } from '../../src/fhir/resources/report-set.ts'
import { contextOf } from '../../src/fhir/writing/plan.ts'
import { ANALYSIS_SYSTEM } from './fhir-report.ts'

/** Resources by role; the patient is Patient/p1. With an order whose requester is told, both kinds of notice. */
export function buildReport(
  report: EhrReport,
  order?: Order,
): { resources: Map<string, Resource>; anchor: DiagnosticReport } {
  const base = reportSet(report, ANALYSIS_SYSTEM)
  const notifications = (['communication', 'task'] as const).flatMap((notify) =>
    notices(ANALYSIS_SYSTEM, report.result.analysisId, { notify }, order?.requester).map((notice) => ({
      ...notice,
      role: notify,
    })),
  )
  const set = { ...base, rest: [...base.rest, ...notifications] }
  // References as a server gives them, so that validators can check their types.
  const all: ResourceSpec[] = [...set.shared, set.anchor, ...set.rest]
  const found = new Map<string, Resource>(
    all.map(({ role, key }) => [role, { resourceType: key.resourceType, id: role.replaceAll('.', '-') } as Resource]),
  )
  const context: BuildContext = contextOf(report, set, ANALYSIS_SYSTEM, 'Patient/p1', found, {
    writtenAt: '2025-01-31T16:45:00.000Z',
    ...(order && { search: { isSearched: true, order } }),
  })
  return {
    resources: new Map(all.map((wanted) => [wanted.role, wanted.build(context)])),
    anchor: anchorOf(set.anchor, context),
  }
}
