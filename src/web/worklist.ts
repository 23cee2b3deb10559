// The worklist: every analysis, newest first, with what a person needs to know of each at a glance.

import { html } from 'hono/html'
import type { Right } from '../domain/access.ts'
import type { Hour } from '../domain/activity.ts'
import { type AnalysisRecord, type AnalysisState, isAboutPatient } from '../domain/analysis.ts'
import { ERRORS, type ErrorCode } from '../domain/errors.ts'
import type { PeerState } from '../domain/peers.ts'
import type { ReviewClaim } from '../domain/ports/review-claims.ts'
import type { Reviewer } from '../domain/review.ts'
import type { HeadStop } from '../domain/stop-rules.ts'
import { BUNDLES } from '../wording/bundles.ts'
import { CONCORDANCE } from '../wording/concordance.ts'
import { SEX_NAMES } from '../wording/names.ts'
import { NOTICES_PAGE } from '../wording/notices.ts'
import { readDate, volume } from '../wording/quantities.ts'
import { LEG_NAMES, LEG_STATES, STATES } from '../wording/web-pages.ts'
import { PRIORITY_NAMES, WORKLIST } from '../wording/worklist.ts'
import { activityCharts } from './activity-charts.ts'
import { ageAt, formatName, inLanguage, sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { icon, LEG_ICONS, STATE_ICONS } from './icons.ts'
import { livePart, page } from './layout.ts'
import { failedNotices } from './notices-page.ts'
import { emptiness, outages } from './outages.ts'
import { reviewBadge } from './review-section.ts'
import { stopNotices } from './stop-rules.ts'
import { leadingMeasurement, readSummary, type Summary } from './summary.ts'

export interface WorklistView {
  records: AnalysisRecord[]
  /** Who has which of them open. */
  claims: readonly ReviewClaim[]
  /** Activity of the last hours. */
  hours: readonly Hour[]
  counts: Record<AnalysisState, number>
  /** Studies that were looked at but not analysed. */
  notAnalysed: number
  peers: readonly PeerState[]
  /** Studies that were seen and whose images may still be coming; looked for where the list is empty. */
  arriving: number
  /** Notices that were given up. */
  failedNotices: number
  /** Heads that stop rules turned off. */
  stops: readonly HeadStop[]
  state?: AnalysisState
  /** Only those to review. */
  toReview?: boolean
  order?: 'newest' | 'waiting'
  /** The search terms. */
  search?: readonly string[]
  /** Version of the whole record, read before everything else. */
  version: string
  offset: number
  limit: number
  software?: string
  /** The person who signed in here; their name goes with their requests. */
  person?: Reviewer
  may?: (right: Right) => boolean
}

export function worklistPage(view: WorklistView): Html {
  const { records, state, search = [], toReview } = view
  const isSearch = search.length > 0
  const main = [
    html`<div class="list-head"><h1>${WORKLIST.title}</h1><a class="button" href="/board">${WORKLIST.board}</a>${!view.may || view.may('operate') ? html`<a class="button" href="/notices">${NOTICES_PAGE.title}</a><a class="button" href="/concordance">${CONCORDANCE.link}</a><a class="button" href="/bundles">${BUNDLES.link}</a>` : ''}${searchForm(search)}</div>`,
    livePart('outages', [
      ...outages(view.peers),
      ...stopNotices(view.stops, !view.may || view.may('operate')),
      failedNotices(view.failedNotices, view.may),
    ]),
    ...(isSearch ? [] : [livePart('activity', activityCharts(view.hours))]),
    livePart('tabs', tabs({ counts: view.counts, notAnalysed: view.notAnalysed, ...current(view) })),
    isSearch
      ? html`<p class="muted">${WORKLIST.matching(records.length)} <a href="/">${WORKLIST.all}</a></p>`
      : orders(view),
    livePart('rows', records.length === 0 ? empty(view) : [table(view), ...(isSearch ? [] : [pager(view)])]),
  ]
  return page({
    title: state
      ? `${WORKLIST.title}: ${STATES[state].name}`
      : toReview
        ? `${WORKLIST.title}: ${WORKLIST.toReview}`
        : WORKLIST.title,
    main,
    // Search terms appear in no address, so the page cannot repeat the search by itself.
    ...(isSearch ? {} : { live: { events: `/events?since=${view.version}`, refreshSeconds: 15 } }),
    ...(view.software ? { software: view.software } : {}),
    ...(view.person && { person: view.person }),
  })
}

function current({ state, toReview, search = [] }: WorklistView): Pick<TabsView, 'current'> {
  if (search.length > 0) return { current: 'search' }
  return toReview ? { current: 'to-review' } : state ? { current: state } : {}
}

function searchForm(search: readonly string[]): Html {
  return html`<form method="post" action="/search" role="search" class="search"><label><span class="sr">${WORKLIST.search}</span><input type="search" name="words" maxlength="200" placeholder="${WORKLIST.search}" value="${search.join(' ')}" autocomplete="off"></label><button type="submit">${WORKLIST.find}</button></form>`
}

function orders({ order = 'newest', state, toReview }: WorklistView): Html {
  const filter = { ...(state ? { state } : {}), ...(toReview ? { show: 'to-review' } : {}) }
  const link = (to: 'newest' | 'waiting', name: string) => {
    const query = new URLSearchParams({ ...filter, ...(to === 'newest' ? {} : { order: to }) }).toString()
    return html`<a href="/${query ? `?${query}` : ''}"${order === to ? html` aria-current="true"` : ''}>${name}</a>`
  }
  return html`<p class="orders">${link('newest', WORKLIST.newest)} ${link('waiting', WORKLIST.waiting)}</p>`
}

export function stateBadge(state: AnalysisState): Html {
  return html`<span class="badge badge-${state}">${icon(STATE_ICONS[state])}${STATES[state].name}</span>`
}

export interface TabsView {
  counts?: Record<AnalysisState, number>
  notAnalysed: number
  current?: AnalysisState | 'not-analysed' | 'to-review' | 'search'
}

/** Every state that has analyses, holds in any case, and studies without analyses. */
export function tabs({ counts, notAnalysed, current }: TabsView): Html {
  const tab = (name: string, count: number | undefined, to: string, key?: TabsView['current']) =>
    html`<li><a href="${to}"${current === key ? html` aria-current="page"` : ''}>${name}${count === undefined ? '' : html` <span class="count">${count}</span>`}</a></li>`
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0)
  const states = (Object.keys(STATES) as AnalysisState[]).filter(
    (each) => counts && (counts[each] > 0 || each === current || each === 'held'),
  )
  return html`<nav class="tabs" aria-label="Filter by state"><ul>${tab('All', total, '/')}${tab(WORKLIST.toReview, undefined, '/?show=to-review', 'to-review')}${states.map((each) => tab(STATES[each].name, counts?.[each], `/?state=${each}`, each))}${tab('Not analysed', notAnalysed, '/not-analysed', 'not-analysed')}</ul></nav>`
}

function empty({ state, peers, arriving, toReview, search = [] }: WorklistView): Html {
  if (search.length > 0) return html`<p class="empty">${WORKLIST.noMatch}</p>`
  if (toReview) return html`<p class="empty">${WORKLIST.nothingToReview}</p>`
  if (state) return html`<p class="empty">No analysis is in this state.</p>`
  return html`<p class="empty">${emptiness(peers, arriving)}</p>`
}

function table({ records, order, claims }: WorklistView): Html {
  return html`<div class="card scroll"><table class="worklist">
<caption class="sr">${order === 'waiting' ? WORKLIST.captionWaiting : WORKLIST.captionNewest}</caption>
<thead><tr><th scope="col">State</th><th scope="col">Patient</th><th scope="col">Study</th><th scope="col">Found</th><th scope="col">Result</th><th scope="col">Delivery</th></tr></thead>
<tbody>${records.map((record) => row(record, claims))}</tbody>
</table></div>`
}

function row(record: AnalysisRecord, claims: WorklistView['claims']): Html {
  const summary = readSummary(record)
  const { study } = summary
  return html`<tr class="is-${record.state}">
<td data-label="State">${badges(record)}${urgency(record)}${reviewers(record, claims)}</td>
<th scope="row" data-label="Patient">${patient(record, summary)}</th>
<td data-label="Study">${study ? html`<span>${readDate(study.studyDate) || 'no date'}</span><small>${study.studyDescription}</small>` : html`<span class="muted">not read yet</span>`}</td>
<td data-label="Found">${timeOf(record.createdAt)}<small><span data-since="${record.createdAt}"></span></small></td>
<td data-label="Result">${outcome(record, summary)}</td>
<td data-label="Delivery"><ul class="legs">${record.legs.map((leg) => html`<li class="leg leg-${leg.state}">${icon(LEG_ICONS[leg.state])}${LEG_NAMES[leg.leg]}<span class="sr"> ${LEG_STATES[leg.state]}</span></li>`)}</ul></td>
</tr>`
}

/** Only what is out of the ordinary, and only while it matters. */
function urgency({ priority, state }: AnalysisRecord): Part {
  if (priority === 'fresh' || state === 'delivered' || state === 'superseded') return ''
  return html`<small class="priority priority-${priority}">${WORKLIST.priority}: ${PRIORITY_NAMES[priority].toLowerCase()}</small>`
}

function reviewers({ analysisId }: AnalysisRecord, claims: WorklistView['claims']): Part {
  const names = claims.filter((claim) => claim.analysisId === analysisId).map(({ name }) => name)
  return names.length === 0 ? '' : html`<small class="reviewing">${WORKLIST.reviewing(names)}</small>`
}

/** A rejected result is no longer shown as delivered. */
function badges({ state, review }: AnalysisRecord): Part {
  if (!review) return stateBadge(state)
  const isWithdrawn = review.decision === 'reject' && state === 'delivered'
  return html`${isWithdrawn ? '' : stateBadge(state)} ${reviewBadge(review)}`
}

function patient({ analysisId, studyInstanceUid }: AnalysisRecord, { patient: who, study }: Summary): Html {
  const href = `/analyses/${analysisId}`
  if (!who) return html`<a href="${href}" class="uid">${studyInstanceUid}</a>`
  const age = ageAt(who.patientBirthDate, study?.studyDate ?? '')
  const facts = [who.patientId, SEX_NAMES[who.patientSex], age === undefined ? undefined : `${age} y`]
    .filter(Boolean)
    .join(' · ')
  return html`<a href="${href}"${inLanguage(who.patientName)}>${formatName(who.patientName) || who.patientId || studyInstanceUid}</a><small>${facts}</small>`
}

function outcome({ analysisId, state, hold, bundleId, review }: AnalysisRecord, summary: Summary): Part {
  if (review?.decision === 'reject')
    return html`<span class="reason">Rejected: ${review.reason ?? ''}</span><small>by ${formatName(review.reviewer)}</small>`
  if (state === 'held' && hold)
    return html`<span class="reason">${sentence(hold.message)}</span><small class="code">${hold.code}</small><small>${ERRORS[hold.code]?.[1] ?? ''}</small>${release(analysisId, hold.code)}`
  if (summary.noFinding) return html`<span>No tumour segmented</span><small>${bundleId}</small>`
  const measurement = leadingMeasurement(summary)
  if (!measurement) return html`<span class="muted">–</span>`
  return html`<span class="figure">${volume(measurement.value)}</span><small>${measurement.name} · ${bundleId}</small>`
}

/** If a person has to say more than "continue" (whose images these are), the study page asks for it. */
function release(analysisId: string, code: ErrorCode): Html {
  if (isAboutPatient(code)) return html`<a class="button" href="/analyses/${analysisId}">${WORKLIST.resolve}</a>`
  return html`<form method="post" action="/analyses/${analysisId}/resolve"><button type="submit">${WORKLIST.release}</button></form>`
}

function pager({ records, offset, limit, state, toReview, order = 'newest' }: WorklistView): Part {
  const link = (to: number, text: string, rel: string) => {
    const query = new URLSearchParams({
      ...(state ? { state } : {}),
      ...(toReview ? { show: 'to-review' } : {}),
      ...(order === 'newest' ? {} : { order }),
      ...(to > 0 ? { offset: String(to) } : {}),
    }).toString()
    return html`<a rel="${rel}" href="/${query ? `?${query}` : ''}">${text}</a>`
  }
  const newer = offset > 0 ? link(Math.max(0, offset - limit), 'Newer', 'prev') : ''
  const older = records.length === limit ? link(offset + limit, 'Older', 'next') : ''
  return newer || older ? html`<nav class="pager" aria-label="Pages">${newer}${older}</nav>` : ''
}
