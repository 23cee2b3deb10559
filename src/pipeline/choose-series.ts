// A person says which series is which sequence, and the study is analysed again with that choice: a new analysis that supersedes the old one.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import { SEQUENCES, type Sequence, type SeriesChoice, type Uid } from '../domain/study.ts'

export interface ChoosePorts {
  analyses: Pick<AnalysisStore, 'get' | 'note'>
  audit: AuditTrail
  /** Registers the same image set with the choice; the same choice again is the same analysis. */
  register(studyInstanceUid: Uid, digest: string, choice: SeriesChoice): Promise<string>
}

/**
 * Throws NOT_FOUND; CHOICE_INVALID naming what cannot be chosen; STATE_CONFLICT while the analysis runs, after another has
 * superseded it, or if this choice has been analysed before.
 */
export async function chooseSeries(
  { analyses, audit, register }: ChoosePorts,
  analysisId: string,
  { by, series }: Pick<SeriesChoice, 'by' | 'series'>,
): Promise<AnalysisRecord> {
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  const { state, studyInstanceUid, instanceSetDigest } = record
  if (state !== 'delivered' && state !== 'held')
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${state}; wait until it is delivered or on hold`)
  checkChoice(record, series)
  const what = choiceText(series)
  const user = { identifier: by, name: by }
  await audit.record({
    action: 'read',
    target: 'pacs',
    studyInstanceUid,
    what: `analysis with ${what}, chosen by a person`,
    outcome: 'success',
    user,
  })
  const choice = { by, series: { ...record.seriesChoice?.series, ...series } }
  const next = await register(studyInstanceUid, instanceSetDigest, choice)
  const made = await analyses.get(next)
  if (!made) throw new AppError('INTERNAL', `analysis ${next} was registered and is not there`)
  if (made.state === 'delivered' || made.state === 'held' || made.state === 'superseded')
    throw new AppError('STATE_CONFLICT', `this choice was analysed before, as analysis ${next}, which is ${made.state}`)
  await analyses.note(analysisId, { kind: 'asked', text: `${by} chose ${what}; analysed again as ${next}` })
  await analyses.note(next, { kind: 'asked', text: `asked for by ${by}, who chose ${what}` })
  return made
}

function checkChoice({ summary }: AnalysisRecord, series: SeriesChoice['series']): void {
  const decisions = summary?.decisions ?? []
  const chosen = entriesOf(series)
  const problems = chosen.flatMap(([sequence, uid]) => {
    const decision = decisions.find(({ seriesInstanceUid }) => seriesInstanceUid === uid)
    if (!decision) return [`${sequence}: the study has no series ${uid}`]
    return decision.modality === 'MR' ? [] : [`${sequence}: series ${uid} is ${decision.modality}, and no MR image`]
  })
  const uids = chosen.map(([, uid]) => uid)
  if (new Set(uids).size < uids.length) problems.push('one series cannot be two sequences')
  const isSame = chosen.every(([sequence, uid]) =>
    decisions.some((one) => one.selected && one.sequence === sequence && one.seriesInstanceUid === uid),
  )
  if (chosen.length === 0 || isSame) problems.push('nothing is chosen otherwise than it was')
  if (problems.length > 0) throw new AppError('CHOICE_INVALID', problems.join('; '))
}

const entriesOf = (series: SeriesChoice['series']) =>
  SEQUENCES.flatMap((sequence): [Sequence, Uid][] => (series[sequence] ? [[sequence, series[sequence]]] : []))

function choiceText(series: SeriesChoice['series']): string {
  return entriesOf(series)
    .map(([sequence, uid]) => `series ${uid} for ${sequence}`)
    .join(', ')
}
