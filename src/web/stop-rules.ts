// Heads that a stop rule turned off, shown above the worklist and the figures; the rules with their measurements, and the way to turn a head on.
import { html } from 'hono/html'
import type { Reviewer } from '../domain/review.ts'
import type { HeadStop, RuleState } from '../domain/stop-rules.ts'
import { SHORT_HEAD_NAMES } from '../wording/names.ts'
import { boundWords, measuredNow, measureName, STOP_RULES, stoppedTitle } from '../wording/stop-rules.ts'
import type { Html, Part } from './html.ts'

/** With a link for whoever may turn it on. */
export function stopNotices(stops: readonly HeadStop[], mayTurnOn: boolean): Part[] {
  return stops.map(
    (stop) =>
      html`<div class="hold" role="alert"><p class="reason">${stoppedTitle(stop)}</p><p>${stop.reason}.</p>${mayTurnOn ? html`<p><a href="/concordance#stop-rules">${STOP_RULES.more}</a></p>` : ''}</div>`,
  )
}

/** Nothing if the site has no rules and no head is off. */
export function stopRulesPart(
  states: readonly RuleState[],
  stops: readonly HeadStop[],
  person: Reviewer | undefined,
): Part {
  if (states.length === 0 && stops.length === 0) return ''
  return html`<section class="card concordance" id="stop-rules" aria-label="${STOP_RULES.title}"><h2>${STOP_RULES.title}</h2><p class="muted">${STOP_RULES.lead}</p>
${stops.map((stop) => turnOnForm(stop, person))}
${states.length === 0 ? '' : table(states, stops)}</section>`
}

function table(states: readonly RuleState[], stops: readonly HeadStop[]): Html {
  const isOff = (head: string) => stops.some((stop) => stop.head === head)
  return html`<div class="scroll"><table><thead><tr><th scope="col">${STOP_RULES.head}</th><th scope="col">${STOP_RULES.measure}</th><th scope="col">${STOP_RULES.bound}</th><th scope="col">${STOP_RULES.now}</th><th scope="col">${STOP_RULES.since}</th><th scope="col">${STOP_RULES.state}</th></tr></thead>
<tbody>${states.map(
    ({ rule, since, measured }) =>
      html`<tr><th scope="row">${SHORT_HEAD_NAMES[rule.head]}</th><td>${measureName(rule.measure)}</td><td>${boundWords(rule)}</td><td>${measuredNow(measured)}</td><td>${since.slice(0, 10)}</td><td>${isOff(rule.head) ? html`<strong>${STOP_RULES.off}</strong>` : STOP_RULES.on}</td></tr>`,
  )}</tbody></table></div>`
}

function turnOnForm(stop: HeadStop, person: Reviewer | undefined): Html {
  return html`<div class="hold"><p class="reason">${stoppedTitle(stop)}</p><p>${stop.reason}.</p>
<form method="post" action="/concordance/heads/${stop.head}/on" class="turn-on">${person ? '' : html`<label>${STOP_RULES.by} <input name="by" required maxlength="100" autocomplete="name"></label>`}<label>${STOP_RULES.reason} <input name="reason" required maxlength="500"></label><button type="submit">${STOP_RULES.turnOn}</button></form></div>`
}
