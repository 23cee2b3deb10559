// What changed since an earlier study of the patient: volumes with the error of the change, category by size, lesions.

import { html } from 'hono/html'
import type { VolumeChange } from '../domain/comparison.ts'
import { CATEGORY_CAVEAT, categorySentence, lesionSentences, registrationWords } from '../wording/comparison.ts'
import { readDate, signed, volume, volumeChange } from '../wording/quantities.ts'
import { courseChart } from './course-chart.ts'
import type { Part } from './html.ts'
import type { Summary } from './summary.ts'

export function comparisonSection(summary: Summary): Part {
  const { comparison } = summary
  if (!comparison) return ''
  const { prior, days, registration, response } = comparison
  const date = readDate(prior.studyDate)
  const reasons = response.category === undefined ? [] : response.reasons
  return html`<section class="card" aria-labelledby="comparison-title"><h2 id="comparison-title">Change since ${date}</h2>
<p class="callout">${categorySentence(response)}</p>
${courseChart(summary)}<table class="volumes"><thead><tr><th scope="col">Region</th><th scope="col" class="number">${date}</th><th scope="col" class="number">Now</th><th scope="col" class="number">Change</th><th scope="col" class="number">SD</th></tr></thead><tbody>${comparison.volumes.map(row)}</tbody></table>
${sentences([...reasons, ...lesionSentences(comparison)])}
<p class="muted small">${CATEGORY_CAVEAT} Studies ${days} days apart; ${registrationWords(registration)}. Study UID <span class="uid">${prior.studyInstanceUid}</span></p></section>`
}

function row(of: VolumeChange): Part {
  const { region, name, earlier, now, percent } = of
  const { change, deviation } = volumeChange(of)
  const share = percent === undefined ? '' : html`<small>${signed(percent, 0)} %</small>`
  return html`<tr><th scope="row">${name}<small>${region}</small></th><td class="number">${volume(earlier)}</td><td class="number">${volume(now)}</td><td class="number">${change} mL${share}</td><td class="number muted">${deviation === undefined ? 'unknown' : `± ${deviation}`}</td></tr>`
}

function sentences(list: readonly string[]): Part {
  return list.length === 0 ? '' : html`<ul class="reasons">${list.map((each) => html`<li>${each}</li>`)}</ul>`
}
