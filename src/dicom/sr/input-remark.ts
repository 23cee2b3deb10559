// Which series a report took for which sequence, as a comment of it: no template of PS3.16 has a place for that; written and read here.

import type { InputSeries } from '../../domain/finding.ts'
import { SEQUENCES, type Sequence, type Uid } from '../../domain/study.ts'
import { SEQUENCE_NAMES } from '../../wording/names.ts'
import { movement } from '../../wording/quantities.ts'

const REFERENCE = ', the grid of all measurements.'

/** "T2-weighted FLAIR: series 1.2.3, moved by 1.2 mm, 0.4° onto it." */
export function inputRemark({
  sequence,
  seriesInstanceUid,
  registration,
}: Pick<InputSeries, 'sequence' | 'seriesInstanceUid' | 'registration'>): string {
  const how = registration.reference ? REFERENCE : `, moved by ${movement(registration)} onto it.`
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
