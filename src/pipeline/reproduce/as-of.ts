// The record and the study as they were when an analysis was made, and a place for what is made again: nothing here changes what is stored.
import type { AnalysisRecord, AnalysisSummary } from '../../domain/analysis.ts'
import type { AnalysisStore, Artifact, PriorAnalyses } from '../../domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../domain/ports/image-archive.ts'
import type { WatchStore } from '../../domain/ports/watch-store.ts'
import { archiveReceipt } from '../delivered-objects.ts'

/** What the repeated analysis would have stored. */
export interface Made {
  artifacts?: Artifact[]
  summary?: AnalysisSummary
  /** The images in the archive are no longer those of the analysis. */
  imagesChanged?: true
}

/**
 * The store for one analysis that is made again. It reads what was known at `moment` (ISO 8601), without later deliveries and
 * reviews, so that they do not affect the result, and collects in `made` what would be written.
 */
export function storeAsOf(
  store: AnalysisStore & PriorAnalyses,
  moment: string,
): { analyses: AnalysisStore & PriorAnalyses; made: Made } {
  const made: Made = {}
  const then = (records: AnalysisRecord[]) => records.map((record) => recordAsOf(record, moment))
  return {
    made,
    analyses: {
      ...store,
      byStudy: async (uid) => then(await store.byStudy(uid)),
      byPatient: async (patient) =>
        then(await store.byPatient(patient)).filter(({ legs }) => legs.every(({ state }) => state === 'done')),
      note: async () => {},
      describe: async () => {},
      move: async (analysisId) => {
        // The only transition of a running analysis is to be superseded by a newer image set.
        made.imagesChanged = true
        return (await store.get(analysisId))!
      },
      saveResult: async (analysisId, summary, artifacts) => {
        made.artifacts = artifacts
        made.summary = summary
        return (await store.get(analysisId))!
      },
    },
  }
}

function recordAsOf(record: AnalysisRecord, moment: string): AnalysisRecord {
  const { review, ...rest } = record
  return {
    ...rest,
    legs: record.legs.map((leg) =>
      leg.doneAt !== undefined && leg.doneAt > moment
        ? { leg: leg.leg, state: 'waiting' as const, attempts: leg.attempts }
        : leg,
    ),
    ...(review !== undefined && review.at <= moment && { review }),
  }
}

/** The archive without what we have stored in a study since: otherwise our own series would be among those considered. */
export function archiveAsOf(
  archive: ImageArchive,
  watch: Pick<WatchStore, 'isOwn'>,
  analyses: Pick<AnalysisStore, 'byStudy'>,
): ImageArchive {
  return {
    ...archive,
    async retrieveMetadata(studyInstanceUid) {
      const study = await archive.retrieveMetadata(studyInstanceUid)
      const uids = study.series.flatMap(({ instances }) => instances.map(({ sopInstanceUid }) => sopInstanceUid))
      const own = await watch.isOwn(uids)
      const records = await analyses.byStudy(studyInstanceUid)
      const before = new Set(records.flatMap(({ legs }) => Object.values(archiveReceipt(legs))))
      const series = study.series.map((one) => ({
        ...one,
        instances: one.instances.filter(({ sopInstanceUid: uid }) => !own.has(uid) || before.has(uid)),
      }))
      return { ...study, series: series.filter(({ instances }) => instances.length > 0) }
    },
  }
}
