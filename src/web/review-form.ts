// The form with which a person accepts, corrects or rejects a result: plain HTML, so that keyboard and browser do the rest.
import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { Measurement, Prediction } from '../domain/finding.ts'
import { callOf, DECISIONS, type Edit } from '../domain/review.ts'
import { SHORT_HEAD_NAMES } from '../wording/names.ts'
import { className } from '../wording/predictions.ts'
import { volume } from '../wording/quantities.ts'
import { CALLS, DECISION_NAMES, REVIEW_FORM as WORDS } from '../wording/review-form.ts'
import type { Html, Part } from './html.ts'
import { softwareSummary } from './summary.ts'

/** Names of the form's fields: "to.measurement.ET" holds the new value, "why.measurement.ET" its reason. */
export const FIELDS = { to: 'to.', why: 'why.', exclude: 'exclude.' } as const

/** Nothing before the result is delivered, and after a rejection, which is final. `user` is who signed in, where that is known. */
export function reviewForm(record: AnalysisRecord, path: string, user?: string): Part {
  const { review, state } = record
  if (state !== 'delivered' || review?.decision === 'reject') return ''
  // Edits are stated against what the software said, whatever a review before has made of it.
  const { measurements, predictions, noFinding, segments } = softwareSummary(record)
  const keys = new Set(segments.map(({ key }) => key))
  const before = (target: string) => review?.edits.find((edit) => edit.target === target)
  const heads = predictions.filter(({ head }) => head !== 'survival')
  return html`<section class="card review" aria-labelledby="review-title"><h2 id="review-title">${review ? WORDS.again : WORDS.title}</h2>
${review ? html`<p class="muted small">${WORDS.againHint}</p>` : ''}
<form method="post" action="${path}/review" class="review-form" data-version="${review?.number ?? 0}">
<input type="hidden" name="version" value="${review?.number ?? 0}">
<fieldset class="choices"><legend>${WORDS.decision}</legend>${DECISIONS.map(
    (decision) =>
      html`<label><input type="radio" name="decision" value="${decision}" required> ${DECISION_NAMES[decision]}</label>`,
  )}</fieldset>
<fieldset class="edits"><legend>${WORDS.edits}</legend>
${
  noFinding || measurements.length === 0
    ? ''
    : html`<table><caption>${WORDS.volumes}</caption><thead><tr><th scope="col">${WORDS.region}</th><th scope="col" class="number">${WORDS.software}</th><th scope="col">${WORDS.corrected}</th><th scope="col">${WORDS.why}</th></tr></thead><tbody>${measurements.map((one) => measurementRow(one, keys.has(one.region), before(`measurement.${one.region}`)))}</tbody></table><p class="muted small">${WORDS.sums}</p>`
}
${
  heads.length === 0
    ? ''
    : html`<table><caption>${WORDS.predictions}</caption><thead><tr><th scope="col">${WORDS.predictions}</th><th scope="col">${WORDS.software}</th><th scope="col">${WORDS.corrected}</th><th scope="col">${WORDS.why}</th></tr></thead><tbody>${heads.map((one) => predictionRow(one, before(`prediction.${one.head}`)))}</tbody></table>`
}</fieldset>
<label class="wide">${WORDS.reason}<textarea name="reason" rows="2" maxlength="1000"></textarea><small>${WORDS.reasonHint}</small></label>
<fieldset class="reviewer"><legend>${WORDS.reviewer}</legend>
<label>${WORDS.name} <input name="name" required maxlength="100" autocomplete="name" data-remember></label>
<label>${WORDS.identifier} <input name="identifier" required maxlength="64" autocomplete="username" value="${user ?? ''}" data-remember></label>
<label>${WORDS.organization} <input name="organization" maxlength="64" autocomplete="organization" data-remember></label></fieldset>
<p class="callout callout-waiting" data-meanwhile hidden>${WORDS.meanwhile} <a href="${path}">${WORDS.load}</a></p>
<p><button type="submit" class="primary">${WORDS.send}</button></p>
</form></section>`
}

function measurementRow({ region, name, value }: Measurement, isSegment: boolean, before: Edit | undefined): Html {
  const target = `measurement.${region}`
  const exclude = isSegment
    ? html`<label class="exclude"><input type="checkbox" name="${FIELDS.exclude}${target}"> ${WORDS.exclude}</label>`
    : ''
  return html`<tr><th scope="row">${name} <small>${region}</small></th><td class="number">${volume(value)}</td>
<td><input type="number" name="${FIELDS.to}${target}" min="0" max="3000" step="0.01" data-before="${before?.to ?? ''}" aria-label="${WORDS.corrected}: ${name}">${exclude}</td>
<td><input name="${FIELDS.why}${target}" maxlength="500" data-before="${before?.reason ?? ''}" aria-label="${WORDS.why}: ${name}"></td></tr>`
}

function predictionRow(prediction: Prediction, before: Edit | undefined): Html {
  const { head } = prediction
  const target = `prediction.${head}`
  const classes = prediction.status === 'not-evaluable' ? [] : Object.keys(prediction.probabilities)
  const option = (value: string, text: string) => html`<option value="${value}">${text}</option>`
  const name = SHORT_HEAD_NAMES[head] ?? head
  return html`<tr><th scope="row">${name}</th><td>${CALLS[callOf(prediction)] ?? className(head, callOf(prediction))}</td>
<td><select name="${FIELDS.to}${target}" data-before="${before?.to ?? ''}" aria-label="${WORDS.corrected}: ${name}"><option value="">${WORDS.keep}</option>${classes.map((key) => option(key, className(head, key)))}${option('indeterminate', WORDS.indeterminate)}</select></td>
<td><input name="${FIELDS.why}${target}" maxlength="500" data-before="${before?.reason ?? ''}" aria-label="${WORDS.why}: ${name}"></td></tr>`
}

/** What an open form compares itself with; exchanged when somebody has decided. */
export function reviewCount({ review }: Pick<AnalysisRecord, 'review'>): Html {
  return html`<span data-reviews="${review?.number ?? 0}"></span>`
}
