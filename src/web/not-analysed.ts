// Studies that were declined or are waiting, each with its reason and a way to have it analysed anyway.
import { html } from 'hono/html'
import type { Right } from '../domain/access.ts'
import type { WatchedStudy } from '../domain/ports/watch-store.ts'
import type { Reviewer } from '../domain/review.ts'
import { sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { page } from './layout.ts'
import { tabs } from './worklist.ts'

export interface NotAnalysedView {
  studies: readonly WatchedStudy[]
  count: number
  limit: number
  offset: number
  /** Query → way of asking, where the archive does not take it as the standard defines it. */
  ways: Readonly<Record<string, string>>
  software?: string
  /** The person who signed in here; their name goes with their requests. */
  person?: Reviewer
  /** What they may do; everything if nobody signs in here. */
  may?: (right: Right) => boolean
}

export function notAnalysedPage(view: NotAnalysedView): Html {
  const { studies, count, ways } = view
  const main = [
    html`<h1>Not analysed</h1>`,
    tabs({ notAnalysed: count, current: 'not-analysed' }),
    html`<p>The service looked at these studies and did not analyse them. It keeps nothing of what it read, so only their UIDs are listed here.</p>`,
    ...(studies.length === 0
      ? [html`<p class="empty">Every study that was seen is analysed.</p>`]
      : [table(studies, view.person), pager(view)]),
    archive(ways),
  ]
  return page({
    title: 'Not analysed',
    main,
    ...(view.software ? { software: view.software } : {}),
    ...(view.person && { person: view.person }),
  })
}

function table(studies: readonly WatchedStudy[], person: Reviewer | undefined): Html {
  return html`<div class="card scroll"><table class="worklist">
<caption class="sr">Studies that are not analysed, latest change first</caption>
<thead><tr><th scope="col">Study</th><th scope="col">Images</th><th scope="col">Seen</th><th scope="col">Reason</th><th scope="col">Analyse all the same</th></tr></thead>
<tbody>${studies.map((study) => row(study, person))}</tbody>
</table></div>`
}

function row(
  { studyInstanceUid, instanceCount, changedAt, decision }: WatchedStudy,
  person: Reviewer | undefined,
): Html {
  return html`<tr>
<th scope="row" data-label="Study"><span class="uid">${studyInstanceUid}</span></th>
<td data-label="Images">${instanceCount}</td>
<td data-label="Seen">${timeOf(changedAt)}</td>
<td data-label="Reason"><span class="reason">${sentence(decision?.reason ?? '')}</span>${decision?.outcome === 'waiting' ? html`<small>It is tried again by itself.</small>` : ''}</td>
<td data-label="Analyse all the same"><form method="post" action="/studies/${studyInstanceUid}/analyse">${person ? '' : html`<label>Asked for by <input name="by" required maxlength="100" autocomplete="name"></label>`}<button type="submit">Analyse</button></form></td>
</tr>`
}

function pager({ studies, count, limit, offset }: NotAnalysedView): Part {
  const link = (to: number, text: string, rel: string) =>
    html`<a rel="${rel}" href="/not-analysed${to > 0 ? `?offset=${to}` : ''}">${text}</a>`
  const newer = offset > 0 ? link(Math.max(0, offset - limit), 'Newer', 'prev') : ''
  const older = offset + studies.length < count ? link(offset + limit, 'Older', 'next') : ''
  return newer || older ? html`<nav class="pager" aria-label="Pages">${newer}${older}</nav>` : ''
}

/** How the archive has to be queried, if that was found out: people who miss a study look here. */
function archive(ways: NotAnalysedView['ways']): Part {
  const learnt = Object.entries(ways)
  if (learnt.length === 0) return html`<p class="muted">The archive takes every question as the standard has it.</p>`
  return html`<p class="muted">The archive does not take every question as the standard has it; it is asked otherwise:</p>
<ul class="muted">${learnt.map(([question, way]) => html`<li>${question}: ${way}</li>`)}</ul>`
}
