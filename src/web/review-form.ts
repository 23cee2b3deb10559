// The form with which a person accepts, corrects or rejects a result: plain HTML, so that keyboard and browser do the rest.
import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { DECISIONS, type Reviewer } from '../domain/review.ts'
import type { Index, ShownImages } from '../domain/shown-images.ts'
import { toIndex, type Vec3 } from '../domain/volume.ts'
import { DECISION_NAMES, REVIEW_FORM as WORDS } from '../wording/review-form.ts'
import { editTables } from './edit-tables.ts'
import type { Html, Part } from './html.ts'
import { softwareSummary } from './summary.ts'

export interface FormContext {
  /** Who signed in, if known. */
  user?: string | undefined
  /** The person who signed in here: the decision is theirs, and the form asks for nothing more. */
  person?: Reviewer | undefined
  /** If images are kept, lesions link to their position in them. */
  images?: Pick<ShownImages, 'grid'> | undefined
}

/** Whether a decision can still be made and there are outlines to correct. */
export function takesStrokes(record: AnalysisRecord): boolean {
  const { noFinding, grid } = softwareSummary(record)
  return isOpen(record) && !noFinding && grid !== undefined
}

function isOpen({ review, state }: Pick<AnalysisRecord, 'review' | 'state'>): boolean {
  return state === 'delivered' && review?.decision !== 'reject'
}

/** Empty before the result is delivered and after a rejection, which is final. */
export function reviewForm(record: AnalysisRecord, path: string, { user, person, images }: FormContext = {}): Part {
  const { review } = record
  if (!isOpen(record)) return ''
  const summary = softwareSummary(record)
  const places = images ? (summary.lesions ?? []).map(({ centre }) => roundIndex(toIndex(images.grid, centre))) : []
  return html`<section class="card review" aria-labelledby="review-title"><h2 id="review-title">${review ? WORDS.again : WORDS.title}</h2>
${review ? html`<p class="muted small">${WORDS.againHint}</p>` : ''}
<form method="post" action="${path}/review" class="review-form" data-version="${review?.number ?? 0}" data-claim="${path}/claim">
<p class="callout callout-waiting" role="status" data-others data-words="${WORDS.others}" hidden></p>
<input type="hidden" name="version" value="${review?.number ?? 0}">
<fieldset class="choices"><legend>${WORDS.decision}</legend>${DECISIONS.map(
    (decision) =>
      html`<label><input type="radio" name="decision" value="${decision}" required> ${DECISION_NAMES[decision]}</label>`,
  )}</fieldset>
<fieldset class="edits"><legend>${WORDS.edits}</legend>${editTables({ summary, review, places, canPaint: images !== undefined })}</fieldset>
<label class="wide">${WORDS.reason}<textarea name="reason" rows="2" maxlength="1000"></textarea><small>${WORDS.reasonHint}</small></label>
${person ? html`<p class="signed-in">${WORDS.signedIn} <strong>${person.name}</strong> <span class="muted">${person.identifier}</span></p>` : reviewerFields(user)}
<p class="callout callout-waiting" data-meanwhile hidden>${WORDS.meanwhile} <a href="${path}">${WORDS.load}</a></p>
<p><button type="submit" class="primary">${WORDS.send}</button></p>
</form></section>`
}

function reviewerFields(user: string | undefined): Html {
  return html`<fieldset class="reviewer"><legend>${WORDS.reviewer}</legend>
<label>${WORDS.name} <input name="name" required maxlength="100" autocomplete="name" data-remember></label>
<label>${WORDS.identifier} <input name="identifier" required maxlength="64" autocomplete="username" value="${user ?? ''}" data-remember></label>
<label>${WORDS.organization} <input name="organization" maxlength="64" autocomplete="organization" data-remember></label></fieldset>`
}

const roundIndex = (index: Vec3) => index.map(Math.round) as unknown as Index

/** What an open form compares itself with; replaced when someone has decided. */
export function reviewCount({ review }: Pick<AnalysisRecord, 'review'>): Html {
  return html`<span data-reviews="${review?.number ?? 0}"></span>`
}
