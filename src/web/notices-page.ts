// Notices to people: what was sent, what waits, and what was given up, with the reason and a way to send it again.
import { html } from 'hono/html'
import type { Right } from '../domain/access.ts'
import { ERRORS } from '../domain/errors.ts'
import type { KeptNotice, NoticeState } from '../domain/ports/notices.ts'
import type { Reviewer } from '../domain/review.ts'
import { NOTICE_STATES, NOTICES_PAGE, noticeTitle } from '../wording/notices.ts'
import { sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { page } from './layout.ts'

export interface NoticesView {
  notices: readonly KeptNotice[]
  state?: NoticeState
  software?: string
  person?: Reviewer
}

export function noticesPage({ notices, state, software, person }: NoticesView): Html {
  const main = [
    html`<h1>${NOTICES_PAGE.title}</h1>`,
    filter(state),
    html`<p>${NOTICES_PAGE.intro}</p>`,
    notices.length === 0 ? html`<p class="empty">${NOTICES_PAGE.none}</p>` : table(notices),
  ]
  return page({ title: NOTICES_PAGE.title, main, ...(software && { software }), ...(person && { person }) })
}

/** Shown above the worklist while there are notices that were given up; nothing for those who cannot send them again. */
export function failedNotices(count: number, may?: (right: Right) => boolean): Part {
  if (count === 0 || may?.('operate') === false) return ''
  return html`<div class="hold" role="alert"><p class="reason">${NOTICES_PAGE.failed(count)}</p><p><a href="/notices?state=failed">${NOTICES_PAGE.look}</a></p></div>`
}

function filter(state: NoticeState | undefined): Html {
  const tab = (name: string, to: string, isCurrent: boolean) =>
    html`<li><a href="${to}"${isCurrent ? html` aria-current="page"` : ''}>${name}</a></li>`
  const states = Object.keys(NOTICE_STATES) as NoticeState[]
  return html`<nav class="tabs" aria-label="${NOTICES_PAGE.filter}"><ul>${tab(NOTICES_PAGE.all, '/notices', state === undefined)}${states.map((each) => tab(NOTICE_STATES[each], `/notices?state=${each}`, each === state))}</ul></nav>`
}

function table(notices: readonly KeptNotice[]): Html {
  const heads = NOTICES_PAGE.columns.map((name) => html`<th scope="col">${name}</th>`)
  return html`<div class="card scroll"><table class="worklist notices">
<caption class="sr">${NOTICES_PAGE.caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${notices.map(row)}</tbody>
</table></div>`
}

function row({ noticeId, rule, items, createdAt, state, attempts, lastError }: KeptNotice): Html {
  const [made, about, how, reason, again] = NOTICES_PAGE.columns
  const error = state === 'done' ? undefined : lastError
  return html`<tr class="is-${state}">
<td data-label="${made}">${timeOf(createdAt)}</td>
<th scope="row" data-label="${about}">${noticeTitle(items)}<small>${NOTICES_PAGE.rule(rule)}</small></th>
<td data-label="${how}">${NOTICE_STATES[state]}<small>${NOTICES_PAGE.attempts(attempts)}</small></td>
<td data-label="${reason}">${error ? html`<span class="reason">${sentence(error.message)}</span><small class="code">${error.code}</small><small>${ERRORS[error.code][1]}</small>` : ''}</td>
<td data-label="${again}">${state === 'done' ? '' : html`<form method="post" action="/notices/${noticeId}/again"><button type="submit">${again}</button></form>`}</td>
</tr>`
}
