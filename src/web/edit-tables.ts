// The edits of the review form as tables: outlines, volumes, diameters, predictions; each row has a field for its reason.
import { html } from 'hono/html'
import { readPair } from '../domain/corrected-diameters.ts'
import { type Bidimensional, type Measurement, numberOf, type Prediction } from '../domain/finding.ts'
import {
  callOf,
  diametersTarget,
  type Edit,
  lesionTarget,
  measurementTarget,
  OUTLINES_TARGET,
  predictionTarget,
  type ReviewFact,
  segmentTarget,
} from '../domain/review.ts'
import type { Index } from '../domain/shown-images.ts'
import { SHORT_HEAD_NAMES } from '../wording/names.ts'
import { className } from '../wording/predictions.ts'
import { diameterPair, volume } from '../wording/quantities.ts'
import { CALLS, EDIT_TABLES as WORDS } from '../wording/review-form.ts'
import type { Html, Part } from './html.ts'
import type { Summary } from './summary.ts'

/** Names of the form fields: "to.measurement.ET" holds the new value, "why.measurement.ET" its reason. */
export const FIELDS = { to: 'to.', across: 'across.', why: 'why.', exclude: 'exclude.', strokes: 'strokes' } as const

export interface EditTables {
  /** What the software found: edits are stated against that, whatever an earlier review has changed. */
  summary: Summary
  review?: ReviewFact | undefined
  /** Voxels at the lesions' centres in the images; empty if no images are kept. */
  places: readonly Index[]
  /** Whether the page has images to paint on. */
  canPaint: boolean
}

export function editTables(tables: EditTables): Part[] {
  const { summary, review } = tables
  const before = (target: string) => review?.edits.find((edit) => edit.target === target)
  const { measurements, diameters = [], predictions, noFinding } = summary
  const heads = predictions.filter(({ head }) => head !== 'survival')
  const [region, software, corrected, why] = [WORDS.region, WORDS.software, WORDS.corrected, WORDS.why]
  return [
    noFinding || !summary.grid ? '' : outlineTable(tables, before),
    noFinding || measurements.length === 0
      ? ''
      : html`${table(
          WORDS.volumes,
          [region, software, corrected, why],
          measurements.map((one) => measurementRow(one, before(measurementTarget(one.region)))),
        )}<p class="muted small">${WORDS.sums}</p>`,
    diameters.length === 0
      ? ''
      : table(
          WORDS.diameters,
          [WORDS.lesion, software, corrected, why],
          diameters.map((one, n) => diametersRow(one, n, before)),
        ),
    heads.length === 0
      ? ''
      : table(
          WORDS.predictions,
          [WORDS.prediction, software, corrected, why],
          heads.map((one) => predictionRow(one, before(predictionTarget(one.head)))),
        ),
  ]
}

function table(caption: string, columns: readonly string[], rows: readonly Part[]): Html {
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function outlineTable(
  { summary, review, places, canPaint }: EditTables,
  before: (target: string) => Edit | undefined,
): Part {
  const { segments, lesions = [] } = summary
  const rows = [
    ...segments
      .filter(({ voxelCount }) => voxelCount > 0)
      .map(({ key, name }) => {
        const of = summary.measurements.find(
          ({ labels }) => labels?.length === 1 && labels[0] === labelOf(summary, key),
        )
        return outlineRow(segmentTarget(key), name, of && volume(of.value), before)
      }),
    // Without its only lesion there would be no tumour: that is a rejection.
    ...(lesions.length < 2 ? [] : lesions).map(({ millilitres }, n) => {
      const at = places[n]
      const name = html`${WORDS.lesion} ${n + 1}`
      const link = at
        ? html`<button type="button" class="link-button" data-goto="axial ${at.join(' ')}">${name}</button>`
        : name
      return outlineRow(lesionTarget(n + 1), link, volume(millilitres), before, `${WORDS.lesion} ${n + 1}`)
    }),
  ]
  const strokes = review?.redrawn?.strokes ?? []
  // What an earlier review painted is stated again or left out; the browser adds what is painted now.
  const was = strokes.length > 0
  const brushed =
    was || canPaint
      ? html`<tr${was ? '' : html` hidden`}><th scope="row">${WORDS.brush}</th><td></td>
<td><label class="exclude"><input type="checkbox" name="${FIELDS.strokes}" value="${was ? JSON.stringify(strokes) : ''}"${was ? html` data-was` : ''}> ${WORDS.keepStrokes}</label></td>
<td>${whyField(OUTLINES_TARGET, WORDS.brush, before(OUTLINES_TARGET))}</td></tr>`
      : ''
  return html`${table(WORDS.outlines, [WORDS.outline, WORDS.software, WORDS.exclude, WORDS.why], [...rows, brushed])}<p class="muted small">${WORDS.remeasured}</p>`
}

const labelOf = ({ segments }: Summary, key: string) => segments.find((one) => one.key === key)?.label

function outlineRow(
  target: string,
  name: Part | string,
  size: string | undefined,
  before: (target: string) => Edit | undefined,
  spoken: Part | string = name,
): Html {
  const was = before(target)
  return html`<tr><th scope="row">${name}</th><td class="number">${size ?? ''}</td>
<td><label class="exclude"><input type="checkbox" name="${FIELDS.exclude}${target}"${was ? html` data-was` : ''}> ${WORDS.exclude}<span class="sr">: ${spoken}</span></label></td>
<td>${whyField(target, spoken, was)}</td></tr>`
}

function whyField(target: string, name: Part | string, before: Edit | undefined): Html {
  return html`<input name="${FIELDS.why}${target}" maxlength="500" data-before="${before?.reason ?? ''}" aria-label="${WORDS.why}: ${name}">`
}

function measurementRow({ region, name, value }: Measurement, before: Edit | undefined): Html {
  const target = measurementTarget(region)
  return html`<tr><th scope="row">${name} <small>${region}</small></th><td class="number">${volume(value)}</td>
<td><input type="number" name="${FIELDS.to}${target}" min="0" max="3000" step="0.01" data-before="${before?.to ?? ''}" aria-label="${WORDS.corrected}: ${name}"></td>
<td>${whyField(target, name, before)}</td></tr>`
}

function diametersRow(lesion: Bidimensional, index: number, before: (target: string) => Edit | undefined): Html {
  const number = numberOf(lesion, index)
  const target = diametersTarget(number)
  const was = before(target)
  const pair = was && readPair(was.to)
  const name = `${WORDS.lesion} ${number}`
  const field = (prefix: string, label: string, value: number | undefined) =>
    html`<input type="number" name="${prefix}${target}" min="0.1" max="400" step="0.1" data-before="${value ?? ''}" aria-label="${label}: ${name}">`
  return html`<tr><th scope="row">${name}</th><td class="number">${diameterPair(lesion.longestMm, lesion.perpendicularMm)}</td>
<td class="pair">${field(FIELDS.to, WORDS.longest, pair?.[0])} × ${field(FIELDS.across, WORDS.perpendicular, pair?.[1])}</td>
<td>${whyField(target, name, was)}</td></tr>`
}

function predictionRow(prediction: Prediction, before: Edit | undefined): Html {
  const { head } = prediction
  const target = predictionTarget(head)
  const classes = prediction.status === 'not-evaluable' ? [] : Object.keys(prediction.probabilities)
  const option = (value: string, text: string) => html`<option value="${value}">${text}</option>`
  const name = SHORT_HEAD_NAMES[head] ?? head
  return html`<tr><th scope="row">${name}</th><td>${CALLS[callOf(prediction)] ?? className(head, callOf(prediction))}</td>
<td><select name="${FIELDS.to}${target}" data-before="${before?.to ?? ''}" aria-label="${WORDS.corrected}: ${name}"><option value="">${WORDS.keep}</option>${classes.map((key) => option(key, className(head, key)))}${option('indeterminate', WORDS.indeterminate)}</select></td>
<td>${whyField(target, name, before)}</td></tr>`
}
