// The change since an earlier study in sentences, for the conclusion and the narrative of the report.
import {
  CATEGORY_CAVEAT,
  categorySentence,
  changeSentence,
  lesionSentences,
  priorSentence,
} from '../../domain/comparison.ts'
import type { ReportableResult } from '../../domain/ports.ts'

/** Empty without an earlier study. */
export function changeLines({ comparison }: ReportableResult): string[] {
  if (!comparison) return []
  const { prior, volumes, response } = comparison
  return [
    `Compared with the ${priorSentence(comparison)} (Study Instance UID ${prior.studyInstanceUid}).`,
    ...volumes.map((change) => `${change.name}: ${changeSentence(change)}.`),
    `Category: ${categorySentence(response)}. ${CATEGORY_CAVEAT}`,
    ...lesionSentences(comparison),
  ].map((line) => line.replaceAll('..', '.'))
}
