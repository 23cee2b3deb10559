// A site's own rules on which series is which sequence.
import { AppError } from '../../domain/errors.ts'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'

/**
 * A site's own rules per sequence: a Series Instance UID, which decides for its study, or a pattern (regular expression, matched
 * case-insensitively) that narrows the choice to series whose description matches, if there is one. A pattern may name a
 * series that would be excluded for its kind (a derived one, for example), but not one without images of a whole head.
 */
export type SeriesOverrides = Partial<Record<Sequence, string | undefined>>

/** A value of digits and dots alone is a UID (PS3.5 Section 9.1). */
export function compileOverrides(overrides: SeriesOverrides) {
  const uids: Partial<Record<Sequence, string>> = {}
  const descriptions: Partial<Record<Sequence, RegExp>> = {}
  for (const sequence of SEQUENCES) {
    const rule = overrides[sequence]
    if (!rule) continue
    if (/^\d+(\.\d+){2,}$/.test(rule)) uids[sequence] = rule
    else descriptions[sequence] = pattern(rule, sequence)
  }
  return { uids, descriptions }
}

function pattern(source: string, sequence: Sequence): RegExp {
  try {
    return new RegExp(source, 'iu')
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `series.overrides.${sequence} is not a regular expression`, { cause })
  }
}
