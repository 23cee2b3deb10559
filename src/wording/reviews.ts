// A person's decision in sentences, the same on the pages and in the PDF, the PACS and the EHR.
import { readPair } from '../domain/corrected-diameters.ts'
import type { ReportableResult } from '../domain/finding.ts'
import { readName } from '../domain/person-name.ts'
import { type Edit, EXCLUDED, type Review, redraws, targetOf } from '../domain/review.ts'
import { SHORT_HEAD_NAMES } from './names.ts'
import { diameterPair } from './quantities.ts'
import { capital } from './sentences.ts'

/** "12.3 mL", "IDH-mutant", "23.4 × 15.1 mm" */
export function editValue(edit: Pick<Edit, 'target'>, value: number | string): string {
  const target = targetOf(edit) ?? {}
  // Two decimals at most: a volume from counted voxels is no more precise.
  if ('region' in target || ('lesion' in target && typeof value === 'number'))
    return `${Number(Number(value).toFixed(2))} mL`
  const pair = 'diameters' in target ? readPair(value) : undefined
  return pair ? diameterPair(...pair) : String(value)
}

/** "Enhancing tumour" of "measurement.ET", "IDH" of "prediction.idh", "Lesion 2" of "lesion.2" */
export function editedName(
  { measurements, segments }: Pick<ReportableResult, 'measurements' | 'segments'>,
  edit: Pick<Edit, 'target'>,
): string {
  const target = targetOf(edit)
  if (!target) return edit.target
  if ('head' in target) return SHORT_HEAD_NAMES[target.head]
  if ('lesion' in target) return `Lesion ${target.lesion}`
  if ('diameters' in target) return `Diameters of enhancing lesion ${target.diameters}`
  if ('outlines' in target) return 'Outlines'
  if ('segment' in target)
    return `Segment ${segments.find(({ key }) => key === target.segment)?.name.toLowerCase() ?? target.segment}`
  const measured = measurements.find(({ region }) => region === target.region)
  return measured ? capital(measured.name) : edit.target
}

/** "Changed by Dr Nine (dr-9) on 2026-03-01 from 12.3 mL to 11 mL: vessel outlined as tumour" */
export function editSentence(review: Pick<Review, 'reviewer' | 'at'>, edit: Edit): string {
  if (redraws(edit)) {
    const volume = typeof edit.from === 'number' ? ` (${editValue(edit, edit.from)})` : ''
    return `${edit.to === EXCLUDED ? `Excluded${volume}` : 'Redrawn with the brush'} by ${reviewerLine(review)}: ${edit.reason}`
  }
  const from = editValue(edit, edit.from)
  const how = edit.isDerived ? 'Recomputed after the corrections of' : 'Changed by'
  return `${how} ${reviewerLine(review)} from ${from} (the software's value) to ${editValue(edit, edit.to)}: ${edit.reason}`
}

/** "Dr Nine (dr-9) on 2026-03-01 03:04 UTC" */
export function reviewerLine({ reviewer, at }: Pick<Review, 'reviewer' | 'at'>): string {
  return `${readName(reviewer.name)} (${reviewer.identifier}) on ${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** The sentence that replaces "not reviewed". */
export function reviewSentence(review: Omit<Review, 'reviewId' | 'analysisId'>): string {
  const who = reviewerLine(review)
  const remark = review.reason ? `: ${review.reason}` : ''
  if (review.decision === 'reject') return `Rejected by ${who}${remark}. Do not use.`
  const how = review.edits.length > 0 ? 'accepted with edits' : 'accepted'
  return `Written by software (artificial intelligence); reviewed and ${how} by ${who}${remark}. Research use only.`
}
