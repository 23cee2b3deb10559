// The findings: volumes, predictions, quality notes, and what produced them.

import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { EvaluatedPrediction, Prediction, TissueResult } from '../domain/finding.ts'
import { tissueOf } from '../domain/tissue.ts'
import { SHORT_HEAD_NAMES } from '../wording/names.ts'
import { abstainSentence, className } from '../wording/predictions.ts'
import { diameterPair, millilitres, percent, volume } from '../wording/quantities.ts'
import { capital } from '../wording/sentences.ts'
import { NO_FINDING, NOT_A_TISSUE_TEST_NOTICE } from '../wording/standing.ts'
import { tissueSentence } from '../wording/tissue.ts'
import { DIAMETERS, SHOW_IN_IMAGES, TOO_SMALL } from '../wording/viewer.ts'
import { bar, stackedBar } from './bars.ts'
import { contributionBars, likelihoodLine, survivalCurve } from './charts.ts'
import { formatSeconds } from './format.ts'
import type { Html, Part } from './html.ts'
import { icon } from './icons.ts'
import type { Summary } from './summary.ts'
import type { ImagesOnPage } from './viewer-section.ts'

/** Colour classes of segments; the same colours as the outlines in the report. */
const SEGMENT_KINDS = new Set(['NCR', 'ED', 'ET'])
const kindOf = (key: string) => (SEGMENT_KINDS.has(key) ? key : 'plain')

export function volumesSection({ measurements, segments, noFinding, diameters }: Summary, images?: ImagesOnPage): Part {
  if (measurements.length === 0 && noFinding === undefined) return ''
  const largest = Math.max(...measurements.map(({ value }) => value), 0)
  const keys = new Set(segments.map(({ key }) => key))
  const parts = measurements.flatMap(({ region, value }) => (keys.has(region) ? [{ kind: kindOf(region), value }] : []))
  const rows = measurements.map(
    ({ region, name, value, standardDeviation }) => html`<tr>
<th scope="row"><span class="swatch swatch-${kindOf(region)}"></span>${placeLink(name, largestPlace(region, segments, images))}<small>${region}</small></th>
<td class="number">${volume(value)}</td>
<td class="number muted">${standardDeviation === undefined ? '–' : `± ${millilitres(standardDeviation)}`}</td>
<td class="bar-cell">${bar(largest > 0 ? value / largest : 0, kindOf(region))}</td></tr>`,
  )
  return html`<section class="card" aria-labelledby="volumes-title"><h2 id="volumes-title">Volumes</h2>
${noFinding ? html`<p class="callout">${icon('info')}<span>${NO_FINDING}</span></p>` : parts.length > 1 ? stackedBar(parts) : ''}
<table class="volumes"><thead><tr><th scope="col">Region</th><th scope="col" class="number">Volume</th><th scope="col" class="number">SD</th><th scope="col"><span class="sr">Share of the largest</span></th></tr></thead><tbody>${rows}</tbody></table>${diametersLine(diameters ?? [], images)}</section>`
}

function diametersLine(lesions: NonNullable<Summary['diameters']>, images: ImagesOnPage | undefined): Part {
  if (lesions.length === 0) return ''
  const sizes = lesions.map(({ longestMm, perpendicularMm, measurable }, n) => {
    const mark = images?.marks[n]
    const size = diameterPair(longestMm, perpendicularMm)
    const at = mark && middleOf(mark.lines.flat())
    const place = at && mark ? `${mark.plane} ${at.join(' ')}` : undefined
    return html`${n === 0 ? '' : '; '}${placeLink(size, place)}${measurable ? '' : ` ${TOO_SMALL}`}`
  })
  return html`<p class="muted small">${DIAMETERS} ${sizes}.</p>`
}

/** Links to the position in the images, if they are kept. */
function placeLink(text: string, place: string | undefined): Part | string {
  return place === undefined
    ? text
    : html`<button type="button" class="link-button" data-goto="${place}" title="${SHOW_IN_IMAGES}">${text}</button>`
}

/** The axial slice on which the segment is largest; for a region, the slice with the largest whole tumour. */
function largestPlace(region: string, segments: Summary['segments'], images: ImagesOnPage | undefined) {
  if (!images) return undefined
  const label = segments.find(({ key }) => key === region)?.label
  const at = label === undefined ? images.start : images.largest[label]
  return at && `axial ${at.join(' ')}`
}

function middleOf(points: readonly (readonly [number, number, number])[]) {
  return ([0, 1, 2] as const).map((axis) => Math.round(points.reduce((sum, p) => sum + p[axis], 0) / points.length))
}

export function predictionsSection({ predictions, tissueResults }: Summary): Part {
  if (predictions.length === 0) return ''
  return html`<section class="card" aria-labelledby="predictions-title"><h2 id="predictions-title">Predictions from the images</h2>
<p class="muted small">${NOT_A_TISSUE_TEST_NOTICE} Ranges are 95 % intervals.</p><div class="heads">${predictions.map((each) => prediction(each, tissueOf(tissueResults, each.head)))}</div></section>`
}

/** A tissue test comes first, as the call; the prediction then says that it comes from the images. */
function prediction(of: Prediction, tissue: readonly TissueResult[]): Html {
  const name = SHORT_HEAD_NAMES[of.head] ?? of.head
  const tissueLines = tissue.map(
    (result) =>
      html`<p class="call">${result.value}</p><p class="small">Tissue test on record, takes precedence: ${tissueSentence(result)}</p>`,
  )
  const style = tissue.length > 0 ? 'muted small' : 'call'
  const origin = tissue.length > 0 ? 'From the images: ' : ''
  if (of.status === 'not-evaluable') {
    return html`<article class="prediction is-not-evaluable"><h3>${name}</h3>${tissueLines}<p class="${style}">${origin}Not evaluable</p><p class="muted small">${of.reason}</p></article>`
  }
  const rows = Object.entries(of.probabilities).map(([key, probability]) => {
    const interval = of.intervals[key]
    const ends = interval?.map(percent) ?? []
    // An interval that reads the same as the number adds nothing.
    const range = ends.some((end) => end !== percent(probability)) ? html`<small>${ends.join(' – ')}</small>` : ''
    return html`<div class="chance${key === of.call ? ' is-call' : ''}"><dt>${capital(className(of.head, key))}</dt><dd>${percent(probability)}${range}${bar(probability, 'probability', interval, of.leastCall)}</dd></div>`
  })
  const call =
    of.status === 'indeterminate'
      ? 'Indeterminate'
      : of.head === 'survival'
        ? 'Alive after'
        : capital(className(of.head, of.call ?? ''))
  const undecided = likelihoodLine(of)
  return html`<article class="prediction${of.survival ? ' is-wide' : ''}"><h3>${name}</h3>${tissueLines}${call ? html`<p class="${style}">${origin}${call}</p>` : ''}${undecided}<dl>${rows}</dl>${abstainLine(of)}${survivalCurve(of)}${contributionBars(of)}</article>`
}

/** Explains the hatched part of the bars. */
function abstainLine({ leastCall, survival }: EvaluatedPrediction): Part {
  return leastCall === undefined || survival ? '' : html`<p class="muted small">${abstainSentence(leastCall)}</p>`
}

export function qualitySection({ quality, unreadable = [] }: Summary): Part {
  const damage = unreadable.map((part) => ({
    severity: 'warning' as const,
    text: `The stored record is damaged at "${part}", which is not shown.`,
  }))
  if (quality.length + damage.length === 0) return ''
  const notes = [...damage, ...quality].sort(
    (a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'),
  )
  return html`<section class="card" aria-labelledby="quality-title"><h2 id="quality-title">Quality notes</h2>
<ul class="notes">${notes.map(({ severity, text }) => html`<li class="note note-${severity}">${icon(severity === 'warning' ? 'warning' : 'info')}<span><span class="sr">${severity}: </span>${text}</span></li>`)}</ul></section>`
}

export function provenanceSection(record: AnalysisRecord, { bundle, software, execution }: Summary): Html {
  const facts: [string, Part | string][] = [
    ['Analysis', html`<span class="uid">${record.analysisId}</span>`],
    ['Bundle', bundle ? `${bundle.name} ${bundle.version} (${bundle.id})` : record.bundleId],
    ['Bundle sha256', html`<span class="uid">${record.bundleDigest}</span>`],
    ['Weights sha256', bundle ? html`<span class="uid">${bundle.weightsDigest}</span>` : ''],
    ['Licence', bundle?.license ?? ''],
    ['Intended use', bundle?.intendedUse ?? ''],
    ['Software', software ? `${software.name} ${software.version}` : ''],
    [
      'Run on',
      execution
        ? `${execution.provider}, ${execution.runtime}; ${formatSeconds(execution.seconds)}, ${Math.round(execution.peakRssMb)} MB at its peak`
        : '',
    ],
    [
      'Not used',
      execution ? execution.declined.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ') : '',
    ],
  ]
  return html`<details class="card" id="provenance-details"><summary><h2>Made by</h2></summary>
<dl class="facts facts-wide">${facts.map(([label, value]) => (value ? html`<div><dt>${label}</dt><dd>${value}</dd></div>` : ''))}</dl></details>`
}
