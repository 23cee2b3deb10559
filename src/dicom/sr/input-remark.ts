// Which series a report took for which sequence, as a comment of it: no template of PS3.16 has a place for that; written and read here.
import type { InputSeries } from '../../domain/finding.ts'
import { SEQUENCES, type Sequence, type Uid } from '../../domain/study.ts'
import { SEQUENCE_NAMES } from '../../wording/names.ts'

const REFERENCE = ', the grid of all measurements.'

/** "T2-weighted FLAIR: series 1.2.3, moved by 1.2 mm and 0.4 degrees onto it." */
export function inputRemark({
  sequence,
  seriesInstanceUid,
  registration: { reference, translationMm, rotationDegrees },
}: Pick<InputSeries, 'sequence' | 'seriesInstanceUid' | 'registration'>): string {
  const how = reference
    ? REFERENCE
    : `, moved by ${translationMm.toFixed(1)} mm and ${rotationDegrees.toFixed(1)} degrees onto it.`
  return `${SEQUENCE_NAMES[sequence]}: series ${seriesInstanceUid}${how}`
}

export interface ReadInput {
  sequence: Sequence
  seriesInstanceUid: Uid
  reference: boolean
}

/** Undefined for any other remark. */
export function readInputRemark(remark: string): ReadInput | undefined {
  const [, name, seriesInstanceUid, how] = /^(.+): series ([\d.]+)(, .+)$/.exec(remark) ?? []
  const sequence = SEQUENCES.find((one) => SEQUENCE_NAMES[one] === name)
  return sequence && seriesInstanceUid ? { sequence, seriesInstanceUid, reference: how === REFERENCE } : undefined
}
