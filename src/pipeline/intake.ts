// From a settled study to a registered analysis.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { BundleIdentity } from '../domain/finding.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Log } from '../domain/ports/log.ts'
import { NO_TRACING, type Tracing } from '../domain/ports/tracing.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { Priority } from '../domain/priority.ts'
import type { SeriesChoice, Study, Uid } from '../domain/study.ts'
import { imageSetOf } from '../triggers/image-set.ts'
import { analysisIdOf } from './analysis-id.ts'

/** sha256 over the sorted SOP Instance UIDs of the study's images, without our own results: the same digest as the watch's. */
export async function imageSetDigest(watch: Pick<WatchStore, 'isOwn'>, study: Study): Promise<string> {
  const uids = study.series.flatMap((series) => series.instances.map((instance) => instance.sopInstanceUid))
  return imageSetOf(study.series, await watch.isOwn(uids)).digest
}

export interface IntakePorts {
  analyses: AnalysisStore
  log: Log
  tracing?: Tracing
  wake(): Promise<void>
}

/**
 * Registers the analysis of this image set by this bundle, once. Earlier ones that are not delivered are superseded, even while
 * a worker has them: it finds out at its next step. A series choice that a person made for the study also holds for its later
 * image sets. `replaces`: the analysis that gives way to this one, although its images are the same.
 */
export async function registerAnalysis(
  ports: IntakePorts,
  bundle: Pick<BundleIdentity, 'id' | 'digest' | 'modelDigest'>,
  studyInstanceUid: Uid,
  instanceSetDigest: string,
  priority: Priority = 'fresh',
  choice?: SeriesChoice,
  replaces?: string,
): Promise<string> {
  const before = await ports.analyses.byStudy(studyInstanceUid)
  const seriesChoice = choice ?? before.findLast((one) => one.seriesChoice)?.seriesChoice
  const idOf = (after?: string) =>
    analysisIdOf(studyInstanceUid, instanceSetDigest, bundle.modelDigest, seriesChoice?.series, after)
  const own = idAmong(before, instanceSetDigest, idOf)
  // What this model has of the set already is earlier than what gives way, and does not come back.
  const isThere = before.some((one) => one.analysisId === own)
  const analysisId = replaces !== undefined && isThere ? idOf(replaces) : own
  const analysis = {
    analysisId,
    studyInstanceUid,
    instanceSetDigest,
    bundleId: bundle.id,
    bundleDigest: bundle.digest,
    modelDigest: bundle.modelDigest,
    priority,
    ...(seriesChoice && { seriesChoice }),
  }
  const { record, created } = await (ports.tracing ?? NO_TRACING).span(
    'register',
    { analysisId, studyInstanceUid },
    () => ports.analyses.register(analysis),
    { study: studyInstanceUid, first: before.length === 0 },
  )
  if (created) ports.log.info({ analysisId, studyInstanceUid }, 'registered')
  // Even if it was registered before: the process may have ended right after registering.
  for (const other of await ports.analyses.byStudy(studyInstanceUid)) {
    const isOlder = other.sequence < record.sequence
    if (!isOlder || other.state === 'delivered' || other.state === 'superseded') continue
    await ports.analyses.move(other.analysisId, 'superseded', { text: `superseded by ${analysisId}` })
  }
  await ports.wake()
  return analysisId
}

/**
 * A study may return to an earlier image set: an analysis that was withdrawn or superseded in the meantime is not revived. The
 * set is analysed again, to replace the analysis in between; further requests get that same analysis.
 */
function idAmong(before: readonly AnalysisRecord[], digest: string, idOf: (after?: string) => string): string {
  const inOrder = before.toSorted((a, b) => a.sequence - b.sequence)
  const at = inOrder.findLastIndex((one) => one.instanceSetDigest !== digest)
  const isPast = inOrder.slice(0, Math.max(at, 0)).some(({ analysisId }) => analysisId === idOf())
  return isPast ? idOf(inOrder[at]!.analysisId) : idOf()
}
