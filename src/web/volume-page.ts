// The images of an analysis in 3D and in free planes, in a frame of the study page: NiiVue draws them with WebGL 2.
import { html } from 'hono/html'
import type { ShownImages } from '../domain/shown-images.ts'
import { toPatient } from '../domain/volume.ts'
import { SHORT_SEQUENCE_NAMES } from '../wording/names.ts'
import { VOLUME_VIEW } from '../wording/viewer.ts'
import { ASSET_PATHS } from './assets.ts'
import type { Html } from './html.ts'
import type { VolumeData } from './volume-data.ts'

export function volumePage(
  shown: ShownImages,
  base: string,
  scripts: { base: string; library: { path: string } },
): Html {
  const titled = shown.images.map(({ name, sequence, isPrior, window }) => {
    const title = SHORT_SEQUENCE_NAMES[sequence]
    if (!isPrior) return { name, title, window, labels: 'labels' as const }
    return { name, title: `${title}, ${VOLUME_VIEW.prior}`, window, ...(shown.prior?.hasLabels && PRIOR_LABELS) }
  })
  const { loading, lost, shows } = VOLUME_VIEW
  const [x, y, z] = toPatient(shown.grid, shown.start)
  const data: VolumeData = {
    base,
    library: scripts.library.path,
    images: titled,
    segments: shown.segments,
    start: [-x, -y, z],
    words: { loading, lost, shows },
  }
  const first = titled.find(({ name }) => name === 'T1c') ?? titled[0]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${VOLUME_VIEW.title}</title>
<link rel="stylesheet" href="${ASSET_PATHS.style}">
<link rel="stylesheet" href="/assets/fonts.css">
<script type="module" src="${scripts.base}/volume-view.ts"></script>
</head>
<body class="volume-page">
<main class="viewer volume-view" aria-label="${VOLUME_VIEW.title}" data-volumes="${JSON.stringify(data)}">
<div class="viewer-bar" role="toolbar" aria-label="${VOLUME_VIEW.toolbar}">
<label>${VOLUME_VIEW.image} <select data-volume="image">${titled.map(({ name, title }) => html`<option value="${name}"${name === first?.name ? ' selected' : ''}>${title}</option>`)}</select></label>
<span class="group" role="group" aria-label="${VOLUME_VIEW.layout}">${layoutButton('render', VOLUME_VIEW.render, true)}${layoutButton('planes', VOLUME_VIEW.planes, false)}</span>
${slider('head', VOLUME_VIEW.head, 0, 100, 60)}
${slider('labels', VOLUME_VIEW.labels, 0, 100, 80)}
<span class="group" role="group" aria-label="${VOLUME_VIEW.plane}">
${slider('depth', VOLUME_VIEW.depth, 0, 100, 0)}
${slider('azimuth', VOLUME_VIEW.azimuth, 0, 360, 270)}
${slider('elevation', VOLUME_VIEW.elevation, -90, 90, 0)}
</span>
<button type="button" class="tool" data-volume="reset">${VOLUME_VIEW.reset}</button>
</div>
<canvas class="volume" tabindex="0" aria-label="${VOLUME_VIEW.canvas}"></canvas>
<div class="viewer-foot"><ul class="legend">${shown.segments.map(
    ({ label, name, colour }) =>
      html`<li><button type="button" class="chip" data-segment="${label}" aria-pressed="true"><svg class="swatch" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="${colour}"/></svg>${name}</button></li>`,
  )}</ul>
<p class="viewer-status" role="status">${loading}</p></div>
</main>
</body>
</html>`
}

const PRIOR_LABELS = { labels: 'prior-labels' } as const

function layoutButton(layout: string, name: string, isOn: boolean): Html {
  return html`<button type="button" class="tool" data-layout="${layout}" aria-pressed="${isOn ? 'true' : 'false'}">${name}</button>`
}

function slider(name: string, label: string, min: number, max: number, value: number): Html {
  return html`<label>${label} <input type="range" min="${min}" max="${max}" value="${value}" data-volume="${name}"></label>`
}
