// What a person decided on a result: first on the page, and in place of every "not reviewed".

import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { correctedRegions, type Decision, type ReviewFact } from '../domain/review.ts'
import { REVIEW } from '../wording/review-form.ts'
import { editedName, editValue } from '../wording/reviews.ts'
import { NOT_REVIEWED_NOTICE } from '../wording/standing.ts'
import { REVIEWED_NOTICE } from '../wording/web-pages.ts'
import { formatName, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { type Icon, icon } from './icons.ts'
import { softwareSummary } from './summary.ts'

const DECIDED: Record<Decision, { name: string; icon: Icon }> = {
  accept: { name: 'Accepted', icon: 'done' },
  'accept-with-edits': { name: 'Accepted with edits', icon: 'done' },
  reject: { name: 'Rejected', icon: 'failed' },
}

export function isRejected({ review }: Pick<AnalysisRecord, 'review'>): boolean {
  return review?.decision === 'reject'
}

export function reviewBadge({ decision }: ReviewFact): Html {
  const { name, icon: shape } = DECIDED[decision]
  return html`<span class="badge badge-${decision === 'reject' ? 'rejected' : 'delivered'}">${icon(shape)}${name}</span>`
}

/** Who, when, why, what was corrected, and whether PACS and EHR already say so. */
export function reviewStatement(record: AnalysisRecord): Part {
  const { review } = record
  if (!review) return ''
  const software = softwareSummary(record)
  const edits = review.edits.map(
    (edit) =>
      html`<li><strong>${editedName(software, edit)}</strong> ${editValue(edit, edit.from)} → ${editValue(edit, edit.to)}: ${edit.reason}</li>`,
  )
  const following = review.redrawn
    ? REVIEW.remeasured
    : correctedRegions(review.edits).length > 0
      ? REVIEW.summed
      : undefined
  const where = review.delivered
    ? ''
    : html`<span class="muted">The PACS and the EHR do not have this decision yet; see the history.</span>`
  const word = review.decision === 'reject' ? 'Reason' : 'Remark'
  return html`<div class="decision${isRejected({ review }) ? ' decision-rejected' : ''}"><p>${reviewBadge(review)} by <strong>${formatName(review.reviewer)}</strong>, ${timeOf(review.at)}. ${review.decision === 'reject' ? 'Do not use this result.' : ''} ${where}</p>
${review.reason ? html`<p>${word}: ${review.reason}</p>` : ''}${edits.length > 0 ? html`<ul class="reasons">${edits}</ul>` : ''}${following ? html`<p class="muted small">${following}</p>` : ''}</div>`
}

/** Shown above every result: who has reviewed it. A rejected result needs no more words. */
export function notice(record: AnalysisRecord): Part {
  if (isRejected(record)) return ''
  return html`<p class="notice">${icon('info')}<span>${record.review ? REVIEWED_NOTICE : NOT_REVIEWED_NOTICE}</span></p>`
}

/** What the software found, folded away below a title that says what has become of it. */
export function withdrawn(parts: readonly Part[]): Part {
  if (parts.every((part) => part === '')) return ''
  return html`<details class="card withdrawn" id="withdrawn-details"><summary><h2>What the software had found: rejected, do not use</h2></summary>${parts}</details>`
}
