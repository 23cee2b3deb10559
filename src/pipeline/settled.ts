// Waits for the outcome of an analysis.
import { type AnalysisRecord, isAtRest } from '../domain/analysis.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'

const LOOK_EVERY_MS = 250

/** Resolves once the analysis has come to rest; throws if the signal aborts. */
export async function settled(
  { analyses, clock }: { analyses: Pick<AnalysisStore, 'get'>; clock: Pick<Clock, 'sleep'> },
  analysisId: string,
  signal?: AbortSignal,
): Promise<AnalysisRecord> {
  for (;;) {
    const record = await analyses.get(analysisId)
    if (record && isAtRest(record.state)) return record
    signal?.throwIfAborted()
    await clock.sleep(LOOK_EVERY_MS, signal)
  }
}
