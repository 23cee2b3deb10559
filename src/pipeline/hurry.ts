// Retries at once what was waiting for its next attempt, because the cause of the wait is gone.
import type { AnalysisState } from '../domain/analysis.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'

/** At most this many; the rest follow at their own time. */
const MAX_HURRIED = 500
const WAITING: readonly AnalysisState[] = ['queued', 'analysed']

export interface HurryPorts {
  analyses: Pick<AnalysisStore, 'list'> & { makeDue(analysisId: string): Promise<boolean> }
  wake(): Promise<unknown>
}

export async function hurryWaiting({ analyses, wake }: HurryPorts): Promise<void> {
  for (const state of WAITING)
    for (const { analysisId } of await analyses.list({ state, limit: MAX_HURRIED })) await analyses.makeDue(analysisId)
  await wake()
}
