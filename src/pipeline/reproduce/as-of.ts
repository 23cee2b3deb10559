// The record as it stood when an analysis was made, and a place for what is made anew: nothing here changes what is stored.
import type { AnalysisRecord } from '../../domain/analysis.ts'
import type { AnalysisStore, Artifact, PriorAnalyses } from '../../domain/ports/analysis-store.ts'

/** What an analysis that is made again would have stored. */
export interface Made {
  artifacts?: Artifact[]
  /** The images in the archive are not those of the analysis. */
  imagesChanged?: true
}

/**
 * The store for one analysis that is made again. It reads what was known at `moment` (ISO 8601): deliveries and reviews of
 * later are left out, so that they do not show in the result; it keeps what would be written in `made`.
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
        // The only move of an analysis at work is to give way to a newer set of images.
        made.imagesChanged = true
        return (await store.get(analysisId))!
      },
      saveResult: async (analysisId, _summary, artifacts) => {
        made.artifacts = artifacts
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
