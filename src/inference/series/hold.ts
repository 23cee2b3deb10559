// The error that holds a study for a person, built from what is missing, ambiguous or unusable.
import { AppError } from '../../domain/errors.ts'
import type { SeriesDecision } from '../../domain/study.ts'
import type { SeriesFacts } from './facts.ts'

export function holdOf(
  { missing, ambiguous, held }: { missing: string[]; ambiguous: string[]; held: string[] },
  decisions: SeriesDecision[],
): AppError | undefined {
  if (missing.length + ambiguous.length + held.length === 0) return undefined
  const selected = decisions
    .filter((d) => d.selected)
    .map((d) => `${d.sequence} in series ${d.seriesNumber || '(no number)'}`)
  const parts = [
    ...(missing.length > 0 ? [`no usable series for ${missing.join(', ')}`] : []),
    ...ambiguous,
    ...held,
    `found: ${selected.join(', ') || 'none of the sequences'}; ${decisions.length - selected.length} of ${decisions.length} series not taken`,
  ]
  const code = missing.length > 0 ? 'SERIES_MISSING' : ambiguous.length > 0 ? 'SERIES_AMBIGUOUS' : 'SERIES_UNSUPPORTED'
  return new AppError(code, parts.join('; '))
}

/** Names series by number, since descriptions are free text. */
export const numbersOf = (all: SeriesFacts[]) => all.map((facts) => facts.seriesNumber || '(no number)').join(', ')
