// Removes received images once the site need not keep them: the study is decided, nothing of it is in progress or on hold, and its retention time is
// over.
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { Uid } from '../domain/study.ts'
import { groupInstances, imageSetOf } from '../triggers/image-set.ts'

export interface KeepReceivedPorts {
  received: Pick<ReceivedImages, 'studies' | 'instances' | 'remove'>
  analyses: Pick<AnalysisStore, 'byStudy'>
  watch: Pick<WatchStore, 'get'>
}

/** Returns how many studies. A study with an object that arrived after `before` stays. */
export async function removeReceived(ports: KeepReceivedPorts, before: Date): Promise<number> {
  let removed = 0
  for (const { studyInstanceUid, changedAt } of await ports.received.studies())
    if (changedAt <= before && (await isDone(ports, studyInstanceUid)))
      removed += (await ports.received.remove(studyInstanceUid, before)) ? 1 : 0
  return removed
}

async function isDone({ received, analyses, watch }: KeepReceivedPorts, study: Uid): Promise<boolean> {
  const watched = await watch.get(study)
  if (watched === undefined) {
    // Without images it is never watched: reports and the like.
    return imageSetOf(groupInstances(await received.instances(study))).sopInstanceUids.length === 0
  }
  if (watched.decidedDigest !== watched.instanceSetDigest) return false
  return (await analyses.byStudy(study)).every(({ state }) => state === 'delivered' || state === 'superseded')
}
