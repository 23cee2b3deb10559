// How a report describes a series it is based on.
import type { InputSeries } from '../domain/finding.ts'
import { SEQUENCE_NAMES } from './names.ts'
import { movement } from './quantities.ts'

/** "T2-weighted FLAIR: series 1.2.3, moved by 1.2 mm, 0.4° onto it." */
export function inputSentence({
  sequence,
  seriesInstanceUid,
  registration,
}: Pick<InputSeries, 'sequence' | 'seriesInstanceUid' | 'registration'>): string {
  const how = registration.reference ? ', the grid of all measurements' : `, moved by ${movement(registration)} onto it`
  return `${SEQUENCE_NAMES[sequence]}: series ${seriesInstanceUid}${how}.`
}
