// A site's own figures beside the card's: one table per head, one for outlines, and wrong calls on a common scale.
import { html } from 'hono/html'
import type { Share, SiteFigures } from '../domain/concordance.ts'
import type { Reviewer } from '../domain/review.ts'
import type { HeadStop, RuleState } from '../domain/stop-rules.ts'
import { CONCORDANCE, endOfScale, type FiguresTable, figuresContent } from '../wording/concordance.ts'
import { partPercent } from '../wording/quantities.ts'
import type { Html, Part } from './html.ts'
import { page } from './layout.ts'
import { stopRulesPart } from './stop-rules.ts'

export interface ConcordanceView {
  figures: SiteFigures
  /** "2026-11", if one was requested. */
  month?: string
  /** The site's stop rules, and heads that are off. */
  rules: readonly RuleState[]
  stops: readonly HeadStop[]
  software?: string
  person?: Reviewer
}

export function concordancePage({ figures, month, rules, stops, software, person }: ConcordanceView): Html {
  const { period, counted, tables, notes } = figuresContent(figures)
  const query = month === undefined ? '' : `?month=${month}`
  const main = [
    html`<div class="list-head"><h1>${CONCORDANCE.title}</h1><form method="get" action="/concordance" class="search"><label>${CONCORDANCE.month} <input type="month" name="month" pattern="[0-9]{4}-[0-9]{2}" placeholder="2026-11" value="${month ?? ''}" required></label><button type="submit">${CONCORDANCE.show}</button></form><a class="button" href="/concordance.pdf${query}">${CONCORDANCE.asPdf}</a></div>`,
    html`<div><p>${CONCORDANCE.lead}</p><p class="muted">${period}. ${figures.analyses === 0 ? CONCORDANCE.none : `${counted}.`}</p></div>`,
    ...tables.map(tablePart),
    stopRulesPart(rules, stops, person),
    html`<ul class="muted small">${notes.map((note) => html`<li>${note}</li>`)}</ul>`,
  ]
  return page({ title: CONCORDANCE.title, main, ...(software && { software }), ...(person && { person }) })
}

function tablePart({ title, verdict, rows, hasCard, wrongCalls }: FiguresTable): Part {
  return html`<section class="card concordance figures" aria-label="${title}"><h2>${title}</h2><p class="verdict">${verdict}</p>${wrongCalls ? scale(wrongCalls) : ''}
<div class="scroll"><table><thead><tr><th scope="col">${CONCORDANCE.measure}</th><th scope="col">${CONCORDANCE.here}</th>${hasCard ? html`<th scope="col">${CONCORDANCE.card}</th>` : ''}</tr></thead>
<tbody>${rows.map(({ name, here, card }) => html`<tr><th scope="row">${name}</th><td>${here}</td>${hasCard ? html`<td>${card === '' ? CONCORDANCE.nothing : card}</td>` : ''}</tr>`)}</tbody></table></div></section>`
}

const PLOT = { width: 560, left: 110, right: 540, row: 24, foot: 22 } as const

/** Both shares with their intervals, on a scale from 0 to the next tenth above them. */
function scale({ here, card }: { here: Share; card: Share }): Html {
  const top = endOfScale(here, card)
  const x = (share: number) => (PLOT.left + ((PLOT.right - PLOT.left) * share) / top).toFixed(1)
  const bottom = 2 * PLOT.row
  const mark = (name: string, { count, of, ci95 }: Share, n: number) => {
    const y = PLOT.row * (n + 0.5)
    const [low, high] = ci95!
    return html`<text x="0" y="${y + 4}">${name}</text><line class="interval" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}"></line><circle cx="${x(count / of)}" cy="${y}" r="5"></circle>`
  }
  const tick = (share: number) =>
    html`<line class="axis" x1="${x(share)}" x2="${x(share)}" y1="0" y2="${bottom + 4}"></line><text class="tick" x="${x(share)}" y="${bottom + 18}" text-anchor="middle">${partPercent(share)}</text>`
  return html`<figure class="interval-plot" aria-hidden="true"><svg viewBox="0 0 ${PLOT.width} ${bottom + PLOT.foot}">${[0, top / 2, top].map(tick)}${mark(CONCORDANCE.here, here, 0)}${mark(CONCORDANCE.card, card, 1)}</svg></figure>`
}
