// The lower rungs: one resource after the other, each create and each update under a condition, the report after what it refers to.
import type { Resource, ResourceType } from '@medplum/fhirtypes'
import type { BuildContext, Wanted } from '../resources/context.ts'
import type { ReportSet } from '../resources/report-set.ts'
import { createOnce, remember, type Site } from './find-or-create.ts'
import { isOurs, updateOf } from './plan.ts'

/** What refers to the finished report. */
const AFTER_THE_REPORT: readonly ResourceType[] = ['Provenance', 'Communication', 'Task']

/** Brings `found` to what the set wants; `contextNow` knows what is found at that moment. Stops at the first failure; the next call goes on. */
export async function writeSingly(
  site: Site,
  set: ReportSet,
  contextNow: () => BuildContext,
  found: Map<string, Resource>,
): Promise<void> {
  for (const wanted of inOrder(set)) {
    const stored = found.get(wanted.role)
    if (!stored) {
      found.set(wanted.role, await createOnce(site, wanted.build(contextNow()), wanted.key))
      continue
    }
    if (!isOurs(stored) || !site.capabilities.updates(wanted.key.resourceType)) continue
    const update = updateOf(stored, wanted.build(contextNow()))
    if (!update) continue
    const updated = await site.store.update(update.resource, update.version)
    await remember(site, wanted.key, updated)
    found.set(wanted.role, updated?.id ? updated : update.resource)
  }
}

function inOrder(set: ReportSet): Wanted[] {
  const isLate = ({ key }: Wanted) => AFTER_THE_REPORT.includes(key.resourceType)
  const report = set.mentioned.has(set.anchor.role) ? [] : [set.anchor]
  return [...set.rest.filter((wanted) => !isLate(wanted)), ...report, ...set.rest.filter(isLate)]
}
