// How far the service has come with a study: one word from what the watch and the record of analyses know, nothing kept twice.
import type { AnalysisRecord, AnalysisState } from './analysis.ts'
import type { WatchedStudy } from './ports/watch-store.ts'

/**
 * discovered, growing, settled: not decided yet. waiting: cannot be looked at, or lacks something. not-eligible: left by a rule. eligible:
 * waits for a worker. claimed: in work. disappeared: the archive no longer has an image of it.
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

const BY_STATE: Record<AnalysisState, StudyStage> = {
  queued: 'eligible',
  running: 'claimed',
  analysed: 'analysed',
  delivered: 'delivered',
  held: 'held',
  superseded: 'superseded',
}

/** `analyses` are those of the study; the last registered one is the one in force. */
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
