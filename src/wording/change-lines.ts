// The change since an earlier study in sentences, for the conclusion and the narrative of the report.

import type { ReportableResult } from '../domain/finding.ts'
import { CATEGORY_CAVEAT, categorySentence, changeSentence, lesionSentences, priorSentence } from './comparison.ts'

/** Empty without an earlier study. */
export function changeLines({ comparison }: ReportableResult): string[] {
  if (!comparison) return []
  const { prior, volumes, response } = comparison
  return [
    `Compared with the ${priorSentence(comparison)} (Study Instance UID ${prior.studyInstanceUid}).`,
    ...volumes.map((change) => `${change.name}: ${changeSentence(change)}.`),
    `Category: ${categorySentence(response)} ${CATEGORY_CAVEAT}`,
    ...lesionSentences(comparison),
  ]
}
