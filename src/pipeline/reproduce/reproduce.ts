// Makes an analysis again from the archive, without a trace in the record, and compares it with what was stored.
import { AppError } from '../../domain/errors.ts'
import type { AnalyseOptions, AnalysePorts } from '../analysis-run.ts'
import { makeAgain } from './make-again.ts'
import { artifactVerdicts, type Reproduction, reasonsOf, versionsOf } from './verdict.ts'

/**
 * Makes the analysis again with the ports and options of the service, except that the record is read as it was then and not
 * written. Throws NOT_FOUND if there is no such analysis or it has no result, BUNDLE_INVALID if another model is loaded than
 * the one that made it, STATE_CONFLICT if the study now has other images, and whatever an analysis throws.
 */
export async function reproduce(
  ports: AnalysePorts,
  options: AnalyseOptions,
  analysisId: string,
): Promise<Reproduction> {
  const { analyses: store, runner } = ports
  const result = await store.result(analysisId)
  if (!result) throw await withoutResult(store, analysisId)
  if (runner.bundle.modelDigest !== result.bundle.modelDigest)
    throw new AppError(
      'BUNDLE_INVALID',
      `analysis ${analysisId} was made by ${result.bundle.id} ${result.bundle.version} (model digest ${result.bundle.modelDigest}), and the bundle here is ${runner.bundle.id} ${runner.bundle.version} (${runner.bundle.modelDigest}); name the folder of the former with --bundle`,
    )
  const made = await makeAgain(ports, options, analysisId)
  const { software, bundle, execution } = made.summary
  if (!software || !bundle || !execution)
    throw new AppError('INTERNAL', 'the repeated analysis does not say what made it')
  const versions = versionsOf(result, { software, bundle, execution })
  const artifacts = artifactVerdicts(await store.artifacts(analysisId), made.artifacts)
  return {
    analysisId,
    reproduced: artifacts.every(({ outcome }) => outcome === 'equal' || outcome === 'measured'),
    versions,
    artifacts,
    reasons: reasonsOf(versions, artifacts),
  }
}

async function withoutResult(store: AnalysePorts['analyses'], analysisId: string): Promise<AppError> {
  const record = await store.get(analysisId)
  return new AppError(
    'NOT_FOUND',
    record ? `analysis ${analysisId} is ${record.state} and has no result to make again` : `no analysis ${analysisId}`,
  )
}
