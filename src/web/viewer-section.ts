// The images of an analysis on its page: what the browser's module needs to draw them, and one picture for pages without it.
import { html } from 'hono/html'
import { BRUSH_LIMITS } from '../domain/brush.ts'
import type { Mark, PlaneView, ShownImages } from '../domain/shown-images.ts'
import { PLANES } from '../domain/shown-images.ts'
import { SHORT_SEQUENCE_NAMES } from '../wording/names.ts'
import { readDate } from '../wording/quantities.ts'
import { BRUSH_KEYS, BRUSH_WORDS, KEYS, PLANE_NAMES, VIEWER, VOLUME_VIEW, WORDS } from '../wording/viewer.ts'
import { lookOf, outlinesAddress, pictureAddress } from './browser/addresses.ts'
import type { Html, Part } from './html.ts'
import { icon } from './icons.ts'

export type ImagesOnPage = ShownImages & { planes: PlaneView[]; marks: Mark[] }

/** How much one review may paint. */
export interface BrushLimits {
  strokes: number
  points: number
  radiusMm: number
}

/** The data in the page for the browser's module. */
export interface ViewerData extends ImagesOnPage {
  base: string
  titles: Readonly<Record<string, string>>
  planeNames: Readonly<Record<string, string>>
  priorDate: string
  words: typeof WORDS
  /** Whether the outlines can be corrected now. */
  brush?: { limits: BrushLimits; words: typeof BRUSH_WORDS }
}

export interface ViewerOptions {
  /** Whether the page has a decision form that takes brush strokes. */
  canDraw: boolean
}

/** Addresses of what the viewer shows first: the picture and its outlines. */
export function firstSlice(path: string, { images, start }: ImagesOnPage): [string, string] {
  const [base, place] = [`${path}/images`, { plane: 'axial', index: start[2] } as const]
  const look = lookOf(images.filter(({ isPrior }) => !isPrior))
  return [pictureAddress(base, place, look), outlinesAddress(base, place)]
}

export function viewerSection(path: string, images: ImagesOnPage | undefined, { canDraw }: ViewerOptions): Part {
  if (!images) return ''
  const base = `${path}/images`
  const data: ViewerData = {
    ...images,
    base,
    titles: Object.fromEntries(images.images.map(({ name, sequence }) => [name, SHORT_SEQUENCE_NAMES[sequence]])),
    planeNames: PLANE_NAMES,
    priorDate: images.prior ? readDate(images.prior.studyDate) : '',
    words: WORDS,
    ...(canDraw && { brush: { limits: BRUSH_LIMITS, words: BRUSH_WORDS } }),
  }
  const [still] = firstSlice(path, images)
  const legend = images.segments.map(
    ({ label, name, key }) =>
      html`<li><button type="button" class="chip" data-segment="${label}" aria-pressed="true">${swatch(key)}${name}</button></li>`,
  )
  return html`<section class="viewer" id="viewer" aria-labelledby="viewer-title" data-viewer="${JSON.stringify(data)}">
<h2 id="viewer-title" class="sr">${VIEWER.title}</h2>
<div class="viewer-bar" role="toolbar" aria-label="${VIEWER.toolbar}">
<span class="group" role="group" aria-label="${VIEWER.plane}">${PLANES.map((plane) => toggle(`plane-${plane}`, PLANE_NAMES[plane], plane === 'axial'))}${toggle('planes', VIEWER.planes, false)}</span>
<span class="group">${toggle('outlines', VIEWER.outlines, true)}${toggle('fills', VIEWER.fills, false)}<input type="range" min="5" max="80" value="35" data-control="opacity" aria-label="${VIEWER.opacity}" title="${VIEWER.opacity}"></span>
<span class="group" role="group" aria-label="${VIEWER.tool}">${toggle('tool-point', VIEWER.point, true)}${toggle('tool-window', VIEWER.window, false)}${toggle('tool-measure', VIEWER.measure, false)}${canDraw ? toggle('tool-draw', VIEWER.draw, false) : ''}</span>
<span class="group">${toggle('crosshair', VIEWER.crosshair, true)}${toggle('check', VIEWER.check, false)}${images.prior ? toggle('prior', VIEWER.prior, false) : ''}</span>
<button type="button" class="tool" data-volume-frame aria-pressed="false" title="${VOLUME_VIEW.title}" hidden>${VOLUME_VIEW.button}</button>
<button type="button" class="tool" data-control="reset">${VIEWER.reset}</button>
<button type="button" class="tool" data-control="keys" aria-expanded="false" aria-controls="viewer-keys">${VIEWER.keys}</button>
</div>
${canDraw ? brushBar(images.segments) : ''}
<div class="panels" tabindex="0" role="group" aria-label="${VIEWER.panels}"></div>
<div class="viewer-foot"><label>${VIEWER.slice} <input type="range" min="0" max="1" value="0" data-control="slice"></label>
<ul class="legend">${legend}</ul><p class="viewer-status" role="status"></p></div>
<dl class="keys" id="viewer-keys" hidden>${[...KEYS, ...(canDraw ? BRUSH_KEYS : [])].map(([keys, does]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${does}</dd></div>`)}</dl>
<p class="muted small caution">${icon('info')} ${VIEWER.caution}</p>
<noscript><figure class="still"><img src="${still}" alt="${VIEWER.noScript}"><figcaption>${VIEWER.noScript}</figcaption></figure></noscript>
</section>`
}

function brushBar(segments: ShownImages['segments']): Html {
  const labels = segments.map(
    ({ label, name, key }) =>
      html`<button type="button" class="tool" data-label="${label}" aria-pressed="false">${swatch(key)}${name}</button>`,
  )
  return html`<div class="brush-bar" role="toolbar" aria-label="${VIEWER.brush}" hidden>
<span class="group">${labels}<button type="button" class="tool" data-label="0" aria-pressed="false">${VIEWER.erase}</button></span>
<button type="button" class="tool" data-brush="ball" aria-pressed="false" title="${VIEWER.ballHint}">${VIEWER.ball}</button>
<input type="range" min="1" max="${2 * BRUSH_LIMITS.radiusMm}" step="1" value="8" data-brush="size" aria-label="${VIEWER.size}" title="${VIEWER.size}">
<button type="button" class="tool" data-brush="undo">${VIEWER.undo}</button>
<p class="brush-says" role="status"></p><a href="#review-title">${VIEWER.toDecision}</a></div>`
}

const SWATCHES = new Set(['NCR', 'ED', 'ET'])

function swatch(key: string): Html {
  return html`<span class="swatch swatch-${SWATCHES.has(key) ? key : 'plain'}"></span>`
}

function toggle(control: string, name: string, isOn: boolean): Html {
  return html`<button type="button" class="tool" data-control="${control}" aria-pressed="${isOn ? 'true' : 'false'}">${name}</button>`
}
