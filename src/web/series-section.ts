// The series of the study: which were used and which were not, why, a picture of each, and a way to choose others.
import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { Reviewer } from '../domain/review.ts'
import { SEQUENCES, type Sequence, type SeriesDecision, STRUCTURAL } from '../domain/study.ts'
import { SHORT_SEQUENCE_NAMES } from '../wording/names.ts'
import { movement } from '../wording/quantities.ts'
import { SERIES as WORDS } from '../wording/web-pages.ts'
import type { Html, Part } from './html.ts'
import { decisionsInOrder, type Summary } from './summary.ts'

export function seriesSection({ decisions, inputs }: Summary, path: string): Part {
  if (decisions.length === 0) return ''
  const missing = STRUCTURAL.filter((sequence) => !usedAs(decisions, sequence))
  const rows = decisionsInOrder(decisions).map((decision) => row(decision, inputs, path))
  return html`<section class="card" aria-labelledby="decisions-title"><h2 id="decisions-title">${WORDS.title}</h2>
${missing.length > 0 ? html`<p class="muted small">${WORDS.missing}: ${missing.map((sequence) => SHORT_SEQUENCE_NAMES[sequence]).join(', ')}.</p>` : ''}
<div class="scroll"><table class="decisions"><thead><tr><th scope="col" class="number">${WORDS.number}</th><th scope="col">${WORDS.picture}</th><th scope="col">${WORDS.series}</th><th scope="col">${WORDS.usedAs}</th><th scope="col">${WORDS.why}</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

const usedAs = (decisions: readonly SeriesDecision[], sequence: Sequence) =>
  decisions.find((decision) => decision.selected && decision.sequence === sequence)

const titleOf = ({ seriesNumber, seriesDescription }: SeriesDecision) =>
  `${seriesNumber || WORDS.noNumber} · ${seriesDescription || WORDS.noDescription}`

function row(decision: SeriesDecision, inputs: Summary['inputs'], path: string): Html {
  const { selected, sequence, seriesInstanceUid, seriesNumber, seriesDescription, modality, reasons } = decision
  const registration = inputs.find((one) => one.seriesInstanceUid === seriesInstanceUid)?.registration
  const motion = registration
    ? html`<small>${registration.reference ? WORDS.reference : `${WORDS.moved} ${movement(registration)}`}</small>`
    : ''
  // Only images from the scanner are shown; anything else leaves an empty frame.
  const picture =
    modality === 'MR'
      ? html`<img src="${path}/series/${seriesInstanceUid}/picture.png" width="72" height="72" loading="lazy" alt="${WORDS.middleOf} ${titleOf(decision)}">`
      : ''
  return html`<tr class="${selected ? 'is-taken' : 'is-left'}">
<td class="number" data-label="${WORDS.number}">${seriesNumber || '–'}</td>
<td class="thumb" data-label="${WORDS.picture}">${picture}</td>
<th scope="row" data-label="${WORDS.series}">${seriesDescription || html`<span class="muted">${WORDS.noDescription}</span>`}<small>${modality}</small></th>
<td data-label="${WORDS.usedAs}">${selected && sequence ? html`<span class="sequence">${SHORT_SEQUENCE_NAMES[sequence]}</span>${motion}` : html`<span class="muted">${WORDS.notUsed}</span>`}</td>
<td data-label="${WORDS.why}"><ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul></td></tr>`
}

/** Offered once the analysis has come to rest; the choice starts a new analysis, which replaces this one. */
export function seriesChoice({ state }: AnalysisRecord, { decisions }: Summary, path: string, person?: Reviewer): Part {
  const images = decisions.filter(({ modality }) => modality === 'MR')
  if ((state !== 'delivered' && state !== 'held') || images.length === 0) return ''
  const offered = SEQUENCES.filter((one) => STRUCTURAL.some((each) => each === one) || usedAs(decisions, one))
  const fields = offered.map((sequence) => {
    const used = usedAs(decisions, sequence)
    const options = images
      .filter((decision) => decision !== used)
      .map((decision) => html`<option value="${decision.seriesInstanceUid}">${titleOf(decision)}</option>`)
    return html`<label>${SHORT_SEQUENCE_NAMES[sequence]} <select name="${sequence}"><option value="">${used ? titleOf(used) : WORDS.none}</option>${options}</select></label>`
  })
  return html`<section class="card"><details class="choose" id="choose-details"><summary>${WORDS.choose}</summary>
<p class="muted small">${WORDS.chooseHint}</p>
<form method="post" action="${path}/series" class="choose-form">${fields}
${person ? '' : html`<label>${WORDS.by} <input name="by" required maxlength="100" autocomplete="name"></label>`}
<p><button type="submit">${WORDS.again}</button></p></form></details></section>`
}
