// One analysis made again from the archive, without a trace in the record: with the bundle that made it, or with another.
import type { AnalysisEvent, AnalysisSummary } from '../../domain/analysis.ts'
import { AppError } from '../../domain/errors.ts'
import type { Artifact } from '../../domain/ports/analysis-store.ts'
import { analyseStudy } from '../analyse-study.ts'
import type { AnalyseOptions, AnalysePorts } from '../analysis-run.ts'
import { archiveAsOf, storeAsOf } from './as-of.ts'

/**
 * The record and the heads that were off are read as they were then. Throws NOT_FOUND if there is no such analysis or it has no result, STATE_CONFLICT
 * if the study now has other images, and whatever an analysis throws.
 */
export async function makeAgain(
  ports: AnalysePorts,
  options: AnalyseOptions,
  analysisId: string,
): Promise<{ artifacts: Artifact[]; summary: AnalysisSummary }> {
  const { analyses: store } = ports
  const record = await store.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  const moment = analysedAt(await store.events(analysisId))
  if (moment === undefined)
    throw new AppError('NOT_FOUND', `analysis ${analysisId} is ${record.state} and has no result to make again`)
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
  const { artifacts, summary } = made
  if (made.imagesChanged || artifacts === undefined || summary === undefined)
    throw new AppError(
      'STATE_CONFLICT',
      `study ${record.studyInstanceUid} has other images in the archive now than analysis ${analysisId} was made from`,
    )
  return { artifacts, summary }
}

/** When the stored result was stored: an analysis may have been made more than once. */
function analysedAt(events: readonly AnalysisEvent[]): string | undefined {
  return events.findLast(({ kind, data }) => kind === 'state' && data?.from === 'running' && data.to === 'analysed')?.at
}
