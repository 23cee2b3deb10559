// An analysis that was registered for a model that is no longer active: it is replaced by one for the model that is.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Priority } from '../domain/priority.ts'
import type { SeriesChoice, Uid } from '../domain/study.ts'

export interface ChangeBundlePorts {
  analyses: Pick<AnalysisStore, 'confirmPatient'>
  /** Registers for the active model, and supersedes earlier analyses of the study that are not delivered. */
  register(
    study: Uid,
    instanceSetDigest: string,
    priority: Priority,
    choice: SeriesChoice | undefined,
    replaces: string,
  ): Promise<string>
}

/** The identity of an analysis derives from the model (ADR 0003), so another model must not compute it. Returns the new one's id. */
export async function replaceForModel(
  { analyses, register }: ChangeBundlePorts,
  { analysisId: old, studyInstanceUid, instanceSetDigest, priority, seriesChoice, confirmedPatient }: AnalysisRecord,
): Promise<string> {
  const analysisId = await register(studyInstanceUid, instanceSetDigest, priority, seriesChoice, old)
  if (confirmedPatient) await analyses.confirmPatient(analysisId, confirmedPatient)
  return analysisId
}
