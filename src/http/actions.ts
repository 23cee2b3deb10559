// What a person can request; each request can safely be repeated.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import { parseRequest, priorityBody, resolution } from './contracts.ts'
import type { AppDeps } from './deps.ts'

/** Releases a held analysis, makes one that waits for its next attempt due at once, and returns any other as it is. */
export async function tryAgain(
  { analyses, resolve, retryReviews }: AppDeps,
  analysisId: string,
): Promise<AnalysisRecord> {
  const record = await load(analyses, analysisId)
  if (record.state === 'held') return resolve(analysisId)
  await analyses.makeDue(analysisId)
  await retryReviews(analysisId)
  return load(analyses, analysisId)
}

/** Releases a hold; a body that names a patient confirms that patient first. */
export async function resolveHold(deps: AppDeps, analysisId: string, body: unknown): Promise<AnalysisRecord> {
  const { patient, by } = parseRequest(resolution, body, 'body')
  return patient !== undefined && by !== undefined
    ? deps.confirmPatient(analysisId, { patient, by })
    : deps.resolve(analysisId)
}

/** A person moves it forward or back in the queue. */
export async function prioritise(
  { analyses, audit }: AppDeps,
  analysisId: string,
  body: unknown,
): Promise<AnalysisRecord> {
  const { priority, by } = parseRequest(priorityBody, body, 'body')
  const { studyInstanceUid } = await load(analyses, analysisId)
  await audit.record({
    action: 'write',
    target: 'store',
    studyInstanceUid,
    what: `priority of analysis ${analysisId}: ${priority}`,
    outcome: 'success',
    user: { identifier: by, name: by },
  })
  return analyses.prioritise(analysisId, priority, by)
}

export async function load(analyses: AppDeps['analyses'], analysisId: string): Promise<AnalysisRecord> {
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  return record
}
