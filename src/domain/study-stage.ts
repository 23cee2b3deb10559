// How far the service has got with a study: one word derived from the watch and the record of analyses, so that nothing is stored twice.
import type { AnalysisRecord, AnalysisState } from './analysis.ts'
import type { WatchedStudy } from './ports/watch-store.ts'

/**
 * discovered, growing, settled: not decided yet. waiting: cannot be read, or lacks something. not-eligible: excluded by a rule.
 * eligible: waits for a worker. claimed: being worked on. disappeared: the archive no longer has any image of it.
 */
export type StudyStage =
  | 'discovered'
  | 'growing'
  | 'settled'
  | 'waiting'
  | 'not-eligible'
  | 'eligible'
  | 'claimed'
  | 'analysed'
  | 'delivered'
  | 'held'
  | 'superseded'
  | 'disappeared'

/** Seen, and not decided on yet: its images may still be coming. */
export function isArriving(stage: StudyStage): boolean {
  return stage === 'discovered' || stage === 'growing' || stage === 'settled'
}

const BY_STATE: Record<AnalysisState, StudyStage> = {
  queued: 'eligible',
  running: 'claimed',
  analysed: 'analysed',
  delivered: 'delivered',
  held: 'held',
  superseded: 'superseded',
}

/** `analyses` are those of the study; the one registered last counts. */
export function stageOf(
  study: WatchedStudy,
  analyses: readonly Pick<AnalysisRecord, 'sequence' | 'state'>[],
  { now, settleSeconds }: { now: Date; settleSeconds: number },
): StudyStage {
  if (study.instanceCount === 0 && study.instanceSetDigest !== '') return 'disappeared'
  if (study.decidedDigest !== study.instanceSetDigest) {
    if (study.decision?.outcome === 'waiting') return 'waiting'
    const quietMs = now.getTime() - Date.parse(study.changedAt)
    if (quietMs >= settleSeconds * 1000) return 'settled'
    return study.changedAt === study.firstSeenAt ? 'discovered' : 'growing'
  }
  if (study.decision?.outcome === 'declined') return 'not-eligible'
  const last = analyses.toSorted((a, b) => b.sequence - a.sequence)[0]
  return last === undefined ? 'eligible' : BY_STATE[last.state]
}
