// A person's decision in sentences, the same on the pages and in the PDF, the PACS and the EHR.
import { readPair } from '../domain/corrected-diameters.ts'
import type { ReportableResult } from '../domain/finding.ts'
import { readName } from '../domain/person-name.ts'
import { type Edit, EXCLUDED, type Review, redraws, targetOf } from '../domain/review.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'
import { capital } from './sentences.ts'

export function reviewsIn(words: Wording, q: Quantities) {
  const { review: said } = words

  /** "12.3 mL", "IDH-mutant", "23.4 × 15.1 mm" */
  function editValue(edit: Pick<Edit, 'target'>, value: number | string): string {
    const target = targetOf(edit) ?? {}
    // Two decimals at most: a volume from counted voxels is no more precise.
    if ('region' in target || ('lesion' in target && typeof value === 'number'))
      return `${q.short(Number(value), 2)} mL`
    const pair = 'diameters' in target ? readPair(value) : undefined
    return pair ? q.diameterPair(...pair) : (words.classes[value] ?? String(value))
  }

  /** "Enhancing tumour" of "measurement.ET", "IDH" of "prediction.idh", "Lesion 2" of "lesion.2" */
  function editedName(
    { measurements, segments }: Pick<ReportableResult, 'measurements' | 'segments'>,
    edit: Pick<Edit, 'target'>,
  ): string {
    const target = targetOf(edit)
    if (!target) return edit.target
    if ('head' in target) return words.heads[target.head]
    if ('lesion' in target) return said.lesion(target.lesion)
    if ('diameters' in target) return said.diameters(target.diameters)
    if ('outlines' in target) return said.outlines
    if ('segment' in target) {
      const name = segments.find(({ key }) => key === target.segment)?.name.toLowerCase()
      return said.segment(words.regions[target.segment] ?? name ?? target.segment)
    }
    const measured = measurements.find(({ region }) => region === target.region)
    return measured ? capital(words.regions[target.region] ?? measured.name) : edit.target
  }

  /** "Dr Nine (dr-9) on 2026-03-01 03:04 UTC" */
  function reviewerLine({ reviewer, at }: Pick<Review, 'reviewer' | 'at'>): string {
    const moment = `${q.isoDate(at.slice(0, 10))} ${at.slice(11, 16)} UTC`
    return said.by(readName(reviewer.name), reviewer.identifier, moment)
  }

  /** "Changed by Dr Nine (dr-9) on 2026-03-01 from 12.3 mL to 11 mL: vessel outlined as tumour" */
  function editSentence(review: Pick<Review, 'reviewer' | 'at'>, edit: Edit): string {
    const who = reviewerLine(review)
    if (redraws(edit)) {
      const volume = typeof edit.from === 'number' ? ` (${editValue(edit, edit.from)})` : ''
      return edit.to === EXCLUDED ? said.excluded(volume, who, edit.reason) : said.redrawn(who, edit.reason)
    }
    const [from, to] = [editValue(edit, edit.from), editValue(edit, edit.to)]
    return edit.isDerived ? said.derived(who, from, to, edit.reason) : said.changed(who, from, to, edit.reason)
  }

  /** The sentence that replaces "not reviewed". */
  function reviewSentence(review: Omit<Review, 'reviewId' | 'analysisId'>): string {
    const who = reviewerLine(review)
    const remark = review.reason ? words.named('', review.reason) : ''
    if (review.decision === 'reject') return said.rejected(who, remark)
    return review.edits.length > 0 ? said.acceptedWithEdits(who, remark) : said.accepted(who, remark)
  }

  return { editValue, editedName, editSentence, reviewerLine, reviewSentence }
}

export const { editValue, editedName, editSentence, reviewerLine, reviewSentence } = reviewsIn(
  ENGLISH,
  ENGLISH_QUANTITIES,
)
