// All resources of one report, built as if a server had given every reference.
import type { DiagnosticReport, Resource } from '@medplum/fhirtypes'
import type { EhrReport } from '../../src/domain/ports.ts'
import type { BuildContext, Wanted } from '../../src/fhir/context.ts'
import { anchorOf } from '../../src/fhir/diagnostic-report.ts'
import { contextOf } from '../../src/fhir/plan.ts'
import { reportSet } from '../../src/fhir/report-set.ts'
import { ANALYSIS_SYSTEM } from './fhir-report.ts'

/** Resources by role; the patient is Patient/p1. */
export function buildReport(report: EhrReport): { resources: Map<string, Resource>; anchor: DiagnosticReport } {
  const set = reportSet(report.result, ANALYSIS_SYSTEM)
  // References as a server gives them, so that validators can check their types.
  const all: Wanted[] = [...set.shared, set.anchor, ...set.rest]
  const found = new Map<string, Resource>(
    all.map(({ role, key }) => [role, { resourceType: key.resourceType, id: role.replaceAll('.', '-') } as Resource]),
  )
  const context: BuildContext = contextOf(report, set, ANALYSIS_SYSTEM, 'Patient/p1', found)
  return {
    resources: new Map(all.map((wanted) => [wanted.role, wanted.build(context)])),
    anchor: anchorOf(set.anchor, context),
  }
}
