// What a person decided, in sentences: the same on the pages, in the PDF, the PACS and the EHR.
import { readName } from '../domain/person-name.ts'
import { type Edit, type Review, targetOf } from '../domain/review.ts'

/** "12.3 mL", "IDH-mutant" */
export function editValue({ target }: Pick<Edit, 'target'>, value: number | string): string {
  // Two decimals at most: a voxel count in mL has no more to say.
  return 'region' in (targetOf({ target }) ?? {}) ? `${Number(Number(value).toFixed(2))} mL` : String(value)
}

/** "Changed by Dr Nine (dr-9) on 2026-03-01 from 12.3 mL to 11 mL: vessel outlined as tumour" */
export function editSentence(review: Pick<Review, 'reviewer' | 'at'>, edit: Edit): string {
  const from = editValue(edit, edit.from)
  const how = edit.isDerived ? 'Recomputed after the corrections of' : 'Changed by'
  return `${how} ${reviewerLine(review)} from ${from} (the software's value) to ${editValue(edit, edit.to)}: ${edit.reason}`
}

/** "Dr Nine (dr-9) on 2026-03-01 03:04 UTC" */
export function reviewerLine({ reviewer, at }: Pick<Review, 'reviewer' | 'at'>): string {
  return `${readName(reviewer.name)} (${reviewer.identifier}) on ${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** The sentence that takes the place of "not reviewed". */
export function reviewSentence(review: Omit<Review, 'reviewId' | 'analysisId'>): string {
  const who = reviewerLine(review)
  const remark = review.reason ? `: ${review.reason}` : ''
  if (review.decision === 'reject') return `Rejected by ${who}${remark}. Do not use.`
  const how = review.edits.length > 0 ? 'accepted with edits' : 'accepted'
  return `Written by software (artificial intelligence); reviewed and ${how} by ${who}${remark}. Research use only.`
}
