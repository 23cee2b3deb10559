// Progress: the steps with their times, the deliveries with attempts and receipts, and the full history.
import { html } from 'hono/html'
import type { AnalysisEvent, AnalysisRecord } from '../domain/analysis.ts'
import type { LegRecord } from '../domain/delivery.ts'
import { ERRORS } from '../domain/errors.ts'
import { STEPS } from '../domain/steps.ts'
import { LEG_NAMES, LEG_STATES, receiptName, stepName } from '../wording/web-pages.ts'
import { bar } from './bars.ts'
import { formatSeconds, secondsBetween, sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { type Icon, icon, LEG_ICONS } from './icons.ts'

export interface StepView {
  step: string
  state: 'done' | 'running' | 'stopped' | 'next'
  /** Set once done. */
  seconds?: number
  startedAt?: string
}

/** The steps of the last run: those that have happened and, while it runs, those still to come. */
export function stepsOf(state: AnalysisRecord['state'], events: readonly AnalysisEvent[]): StepView[] {
  const begin = events.findLastIndex(
    ({ kind, data }) => (kind === 'state' && data?.to === 'running') || kind === 'lease',
  )
  if (begin < 0) return []
  const steps = new Map<string, StepView>()
  for (const { kind, data, at } of events.slice(begin)) {
    if (kind !== 'step' || typeof data?.step !== 'string') continue
    const { step, seconds } = data
    const startedAt = steps.get(step)?.startedAt ?? at
    if (typeof seconds === 'number') steps.set(step, { step, state: 'done', seconds, startedAt })
    else steps.set(step, { step, state: state === 'running' ? 'running' : 'stopped', startedAt })
  }
  if (state === 'running') {
    for (const step of STEPS) if (!steps.has(step)) steps.set(step, { step, state: 'next' })
  }
  return [...steps.values()]
}

const STEP_ICONS: Record<StepView['state'], Icon> = {
  done: 'done',
  running: 'running',
  stopped: 'failed',
  next: 'waiting',
}

export function progressSection(record: AnalysisRecord, events: readonly AnalysisEvent[]): Part {
  const steps = stepsOf(record.state, events)
  const longest = Math.max(...steps.map(({ seconds }) => seconds ?? 0), 0)
  const items = steps.map(
    ({
      step,
      state,
      seconds,
      startedAt,
    }) => html`<li class="step step-${state}"${state === 'running' ? html` aria-current="step"` : ''}>${icon(STEP_ICONS[state])}<span class="step-name">${stepName(step)}</span>
<span class="step-time">${seconds === undefined ? (state === 'running' && startedAt ? html`<span data-since="${startedAt}">running</span>` : state === 'stopped' ? 'stopped' : '') : formatSeconds(seconds)}</span>
${seconds === undefined ? '' : bar(longest > 0 ? seconds / longest : 0, 'time')}</li>`,
  )
  const analysedAt = events.findLast(
    ({ kind, data }) => kind === 'state' && data?.to === 'analysed' && data.from === 'running',
  )?.at
  const deliveredAt = events.findLast(({ kind, data }) => kind === 'state' && data?.to === 'delivered')?.at
  const facts: [string, Part][] = [
    ['Found', timeOf(record.createdAt)],
    [
      'Analysed',
      analysedAt
        ? html`${timeOf(analysedAt)} <span class="muted">after ${formatSeconds(secondsBetween(record.createdAt, analysedAt))}</span>`
        : '',
    ],
    [
      'Delivered',
      deliveredAt
        ? html`${timeOf(deliveredAt)} <span class="muted">after ${formatSeconds(secondsBetween(record.createdAt, deliveredAt))}</span>`
        : '',
    ],
    ['Runs', record.attempts > 1 ? html`${record.attempts}` : ''],
  ]
  return html`<section class="card" aria-labelledby="progress-title"><h2 id="progress-title">Timeline</h2>
<dl class="facts facts-rows">${facts.map(([label, value]) => (value ? html`<div><dt>${label}</dt><dd>${value}</dd></div>` : ''))}</dl>
${items.length > 0 ? html`<ol class="steps">${items}</ol>` : html`<p class="muted">Not started yet.</p>`}</section>`
}

export function deliverySection(record: AnalysisRecord): Html {
  return html`<section class="card" aria-labelledby="delivery-title"><h2 id="delivery-title">Delivery</h2>${record.legs.map(legView)}</section>`
}

function legView(leg: LegRecord): Html {
  const receipts = Object.entries(leg.receipt ?? {})
  const error = leg.state === 'done' ? undefined : leg.lastError
  return html`<article class="delivery"><h3><span class="leg leg-${leg.state}">${icon(LEG_ICONS[leg.state])}${LEG_NAMES[leg.leg]}</span> <span class="muted">${LEG_STATES[leg.state]}${leg.doneAt ? html` ${timeOf(leg.doneAt)}` : ''}</span>
<span class="muted attempts">${leg.attempts === 0 ? '' : leg.attempts === 1 ? '1 attempt' : `${leg.attempts} attempts`}</span></h3>
${error ? html`<div class="callout callout-${leg.state}">${icon('warning')}<span>${sentence(error.message)}<small>${ERRORS[error.code]?.[1] ?? ''}</small><small class="code">${error.code} · ${timeOf(error.at)}</small></span></div>` : ''}
${receipts.length > 0 ? html`<dl class="receipts">${receipts.map(([role, value]) => html`<div><dt>${receiptName(role)}</dt><dd class="uid">${value}</dd></div>`)}</dl>` : ''}</article>`
}

export function historySection(events: readonly AnalysisEvent[]): Html {
  const rows = events.map(
    ({ at, kind, text }) =>
      html`<tr><td data-label="When">${timeOf(at)}</td><td data-label="Kind"><span class="kind">${kind}</span></td><td data-label="What">${text}</td></tr>`,
  )
  return html`<details class="card" id="history-details"><summary><h2>History</h2><span class="count">${events.length}</span></summary>
<div class="scroll"><table class="history"><thead><tr><th scope="col">When</th><th scope="col">Kind</th><th scope="col">What</th></tr></thead><tbody>${rows}</tbody></table></div></details>`
}
