// What a person can do with an analysis: release a hold, or have it delivered again. Both lead to the same objects.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'

async function load(analyses: AnalysisStore, analysisId: string): Promise<AnalysisRecord> {
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  return record
}

async function reopenLegs(analyses: AnalysisStore, record: AnalysisRecord, states: string[]): Promise<void> {
  for (const leg of record.legs) {
    if (states.includes(leg.state))
      await analyses.updateLeg(record.analysisId, leg.leg, { state: 'waiting', attempts: 0 })
  }
}

/** Releases a held analysis: on to delivery if it has results, otherwise from the start. Anything else is left as it is. */
export async function releaseHold(analyses: AnalysisStore, analysisId: string): Promise<AnalysisRecord> {
  const record = await load(analyses, analysisId)
  if (record.state !== 'held') return record
  const analysed = (await analyses.artifactRoles(analysisId)).has('result')
  await reopenLegs(analyses, record, ['failed'])
  return analyses.move(analysisId, analysed ? 'analysed' : 'queued', { text: 'hold released' })
}

/** Delivers stored results again (after a PACS was restored or an EHR replaced); a held analysis is released instead. */
export async function replay(analyses: AnalysisStore, analysisId: string): Promise<AnalysisRecord> {
  const record = await load(analyses, analysisId)
  if (record.state !== 'delivered') return releaseHold(analyses, analysisId)
  await reopenLegs(analyses, record, ['done', 'failed'])
  return analyses.move(analysisId, 'analysed', { text: 'delivered again on request' })
}
