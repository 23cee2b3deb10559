// What a reader of the report must know, as comments in it: who has reviewed it, what it is based on, the quality notes.
import type { ReportableResult } from '../../domain/finding.ts'
import { type Review, redraws } from '../../domain/review.ts'
import type { DicomJson } from '../../domain/study.ts'
import { inputSentence } from '../../wording/input-series.ts'
import { editedName, editSentence, reviewSentence } from '../../wording/reviews.ts'
import { COMMENT } from './concepts.ts'
import { textItem } from './content-item.ts'

type Remarked = Pick<ReportableResult, 'noFinding' | 'bundle' | 'inputs' | 'quality' | 'segments' | 'measurements'>

/** The first says whether a person has reviewed the report; `firstWritten` is when the software wrote it (DICOM DT). */
export function remarkItems(result: Remarked, reviewed?: { review: Review; firstWritten: string }): DicomJson[] {
  const { noFinding, bundle, inputs, quality } = result
  const outlines = (reviewed?.review.edits ?? []).filter(redraws)
  const remarks = [
    `Made by software and ${reviewed ? 'reviewed' : 'not reviewed'} by a person. ${bundle.intendedUse}`,
    ...(noFinding
      ? ['No tumour was found above the size that the software can report. This does not exclude one.']
      : []),
    'Ranges of uncertainty are 95 % intervals.',
    ...inputs.map(inputSentence),
    ...quality.map(({ severity, text }) => (severity === 'warning' ? `Warning: ${text}` : text)),
    ...outlines.map((edit) => `${editedName(result, edit)}: ${editSentence(reviewed!.review, edit)}`),
    ...(reviewed ? [`${reviewSentence(reviewed.review)} First written ${reviewed.firstWritten}.`] : []),
  ]
  return remarks.map((remark) => textItem('CONTAINS', COMMENT, remark))
}
