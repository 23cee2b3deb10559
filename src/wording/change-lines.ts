// The change since an earlier study in sentences, for the conclusion and the narrative of the report.

import type { ReportableResult } from '../domain/finding.ts'
import { courseLines } from '../domain/volume-course.ts'
import { CATEGORY_CAVEAT, categorySentence, changeSentence, lesionSentences, priorSentence } from './comparison.ts'
import { COURSE, courseSentence } from './course.ts'

/** Empty without an earlier study. */
export function changeLines(result: ReportableResult): string[] {
  const { comparison } = result
  if (!comparison) return []
  const { prior, volumes, response } = comparison
  return [
    `Compared with the ${priorSentence(comparison)} (Study Instance UID ${prior.studyInstanceUid}).`,
    ...volumes.map((change) => `${change.name}: ${changeSentence(change)}.`),
    ...courseOf(result),
    `Category: ${categorySentence(response)} ${CATEGORY_CAVEAT}`,
    ...lesionSentences(comparison),
  ]
}

/** The volumes over all studies; with two, the changes have said it. */
function courseOf(result: ReportableResult): string[] {
  const lines = courseLines(result).filter(({ points }) => points.length > 2)
  return lines.length === 0 ? [] : [`${COURSE.title}: ${courseSentence(lines)}`]
}
