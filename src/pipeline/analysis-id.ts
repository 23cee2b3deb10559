// The identity of an analysis: what was analysed, and by what.
import { sha256Of } from '../domain/digest.ts'
import { SEQUENCES, type SeriesChoice, type Uid } from '../domain/study.ts'

/**
 * 32 hexadecimal digits of the sha256 over study, instance set, bundle and the series that a person chose: the same inputs are
 * the same analysis. `after` is the analysis that this one replaces when the study has returned to an earlier image set.
 */
export function analysisIdOf(
  studyInstanceUid: Uid,
  instanceSetDigest: string,
  modelDigest: string,
  chosen: SeriesChoice['series'] = {},
  after?: string,
): string {
  const choice = SEQUENCES.flatMap((sequence) => (chosen[sequence] ? [`${sequence} ${chosen[sequence]}`] : []))
  const text = [
    'analysis',
    studyInstanceUid,
    instanceSetDigest,
    modelDigest,
    ...choice,
    ...(after ? [`after ${after}`] : []),
  ].join('\n')
  return sha256Of(text).slice(0, 32)
}
