// The simpler write modes: one resource after the other, each create and update conditional, the report after what it refers to.
import type { Resource, ResourceType } from '@medplum/fhirtypes'
import type { BuildContext, ResourceSpec } from '../resources/context.ts'
import type { ReportSet } from '../resources/report-set.ts'
import { createOnce, remember, type Site } from './find-or-create.ts'
import { isOurs, updateOf } from './plan.ts'

/** Resources that refer to the finished report. */
const AFTER_THE_REPORT: readonly ResourceType[] = ['Provenance', 'Communication', 'Task']

/** Brings the EHR to what the set says; `contextNow` reflects what it holds at that moment. Stops at the first failure; the next call continues. */
export async function writeSingly(
  site: Site,
  set: ReportSet,
  contextNow: () => BuildContext,
  held: Map<string, Resource>,
): Promise<void> {
  for (const spec of inOrder(set)) {
    const stored = held.get(spec.role)
    if (!stored) {
      held.set(spec.role, await createOnce(site, spec.build(contextNow()), spec.key))
      continue
    }
    if (!isOurs(stored) || !site.capabilities.updates(spec.key.resourceType)) continue
    const update = updateOf(stored, spec.build(contextNow()))
    if (!update) continue
    const updated = await site.store.update(update.resource, update.version)
    await remember(site, spec.key, updated)
    held.set(spec.role, updated?.id ? updated : update.resource)
  }
}

function inOrder(set: ReportSet): ResourceSpec[] {
  const isLate = ({ key }: ResourceSpec) => AFTER_THE_REPORT.includes(key.resourceType)
  const report = set.mentioned.has(set.anchor.role) ? [] : [set.anchor]
  return [...set.rest.filter((spec) => !isLate(spec)), ...report, ...set.rest.filter(isLate)]
}
