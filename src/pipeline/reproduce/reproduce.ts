// Makes an analysis again from the archive, without a trace in the record, and compares it with what was stored.
import type { AnalysisEvent } from '../../domain/analysis.ts'
import { AppError } from '../../domain/errors.ts'
import { analyseStudy } from '../analyse-study.ts'
import type { AnalyseOptions, AnalysePorts } from '../analysis-run.ts'
import { archiveAsOf, storeAsOf } from './as-of.ts'
import { artifactVerdicts, type Reproduction, reasonsOf, type Versions, versionsOf } from './verdict.ts'

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
  const record = await store.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  const result = await store.result(analysisId)
  const moment = analysedAt(await store.events(analysisId))
  if (!result || moment === undefined)
    throw new AppError('NOT_FOUND', `analysis ${analysisId} is ${record.state} and has no result to make again`)
  if (runner.bundle.modelDigest !== result.bundle.modelDigest)
    throw new AppError(
      'BUNDLE_INVALID',
      `analysis ${analysisId} was made by ${result.bundle.id} ${result.bundle.version} (model digest ${result.bundle.modelDigest}), and the bundle here is ${runner.bundle.id} ${runner.bundle.version} (${runner.bundle.modelDigest}); name the folder of the former with --bundle`,
    )
  const { analyses, made } = storeAsOf(store, moment)
  const { spool, switches, ...rest } = ports
  await analyseStudy(
    // The spool is read for earlier studies, but not written.
    {
      ...rest,
      analyses,
      archive: archiveAsOf(ports.archive, ports.watch, analyses),
      ...(switches && { switches: { stopped: () => switches.stopped(moment) } }),
      ...(spool && { spool: { ...spool, keep: async () => {} } }),
    },
    options,
    record,
  )
  if (made.imagesChanged || made.artifacts === undefined)
    throw new AppError(
      'STATE_CONFLICT',
      `study ${record.studyInstanceUid} has other images in the archive now than analysis ${analysisId} was made from`,
    )
  const now = JSON.parse(
    new TextDecoder().decode(made.artifacts.find(({ role }) => role === 'result')!.bytes),
  ) as Versions
  const versions = versionsOf(result, now)
  const artifacts = artifactVerdicts(await store.artifacts(analysisId), made.artifacts)
  return {
    analysisId,
    reproduced: artifacts.every(({ outcome }) => outcome === 'equal' || outcome === 'measured'),
    versions,
    artifacts,
    reasons: reasonsOf(versions, artifacts),
  }
}

/** When the stored result was stored: an analysis may have been made more than once. */
function analysedAt(events: readonly AnalysisEvent[]): string | undefined {
  return events.findLast(({ kind, data }) => kind === 'state' && data?.from === 'running' && data.to === 'analysed')?.at
}
