// A tumour board meeting on the projector: the list, then one patient per screen; links, Page Down and the wheel move through it, without a script.
import { html } from 'hono/html'
import type { BoardContent, BoardPicture, BoardSlide } from '../domain/board.ts'
import type { Reviewer } from '../domain/review.ts'
import { ENGLISH as words } from '../wording/languages/en.ts'
import { countOf, MEETING, NOT_SHOWN, slideOf } from '../wording/meeting.ts'
import type { Html, Part } from './html.ts'
import { page } from './layout.ts'

type Shown = Exclude<BoardSlide, { notShown: unknown }>

export function boardPage(slides: readonly BoardSlide[], software?: string, person?: Reviewer): Html {
  const rows = slides.map((slide, n) => {
    const name = nameOf(slide)
    const said = 'notShown' in slide ? NOT_SHOWN[slide.notShown] : slide.status
    return html`<li><span class="number">${n + 1}</span><a href="#patient-${n + 1}">${name}</a><span class="muted">${said}</span></li>`
  })
  const list = html`<section id="list"><h1>${MEETING.title}</h1><p class="muted">${slides.length === 0 ? MEETING.none : countOf(slides.length)}</p><ol class="board-list">${rows}</ol></section>`
  return page({
    title: MEETING.title,
    main: [list, ...slides.map((slide, n) => slidePart(slide, n + 1, slides.length))],
    ...(software && { software }),
    ...(person && { person }),
  })
}

/** The form that names the patients; their ids appear in no address. */
export function boardForm(software?: string, person?: Reviewer): Html {
  const main = html`<h1>${MEETING.title}</h1>
<form class="board-ask" method="post" action="/board">
<label>${MEETING.patients}<textarea name="patients" spellcheck="false"></textarea></label>
<label>${MEETING.fromList}<input name="list" maxlength="64"></label>
<p><button>${MEETING.ask}</button> <button class="quiet" formaction="/board.pdf">${MEETING.asPdf}</button></p>
</form>`
  return page({ title: MEETING.title, main, ...(software && { software }), ...(person && { person }) })
}

const nameOf = (slide: BoardSlide) => ('notShown' in slide ? slide.requested : slide.names.join(' · '))

function slidePart(slide: BoardSlide, n: number, count: number): Html {
  const links = [
    ...(n > 1 ? [html`<a href="#patient-${n - 1}" rel="prev">${MEETING.previous}</a>`] : []),
    html`<a href="#list">${MEETING.toList}</a>`,
    ...(n < count ? [html`<a href="#patient-${n + 1}" rel="next">${MEETING.next}</a>`] : []),
  ]
  const top = html`<div class="slide-top"><h2>${nameOf(slide)}</h2>${'status' in slide ? html`<span class="tag">${slide.status}</span>` : ''}<nav aria-label="${slideOf(n, count)}"><span class="muted">${slideOf(n, count)}</span>${links}</nav></div>`
  const body = 'notShown' in slide ? html`<p>${NOT_SHOWN[slide.notShown]}</p>` : shownPart(slide)
  return html`<section class="slide" id="patient-${n}">${top}${body}</section>`
}

function shownPart({ analysisId, withdrawn, content, pictures, warnings }: Shown): Part {
  const link = html`<p><a href="/analyses/${analysisId}">${MEETING.decide}</a></p>`
  if (!content) return html`<p class="lead">${withdrawn ?? ''}</p>${link}`
  const [first, ...others] = content.impression
  const limits = warnings.map((text) => html`<p class="slide-warning">${text}</p>`)
  const shown =
    pictures.length > 0
      ? html`<div class="slide-pictures">${pictures.map((picture) => pictureRow(analysisId, picture))}</div>`
      : html`<p class="slide-warning">${MEETING.noPictures}</p>`
  return html`<p>${content.identity}</p>${content.record.length > 0 ? html`<div class="slide-record">${content.record.map((line) => html`<p>${line}</p>`)}</div>` : ''}<div><p class="lead">${first ?? ''}</p>${others.map((line) => html`<p>${line}</p>`)}</div>
<div class="slide-body"><div>${shown}${limits}</div><dl>${volumeRows(content)}</dl><div><h3>${words.board.predicted}</h3><dl>${callRows(content)}</dl>${link}</div></div>`
}

/** The image alone, then with outlines, in the colours and dashes of the report. */
function pictureRow(analysisId: string, { index, caption, widthMm, heightMm, outlines }: BoardPicture): Html {
  const box = `0 0 ${widthMm.toFixed(1)} ${heightMm.toFixed(1)}`
  const image = html`<image href="/analyses/${analysisId}/board/${index}.png" width="${widthMm.toFixed(1)}" height="${heightMm.toFixed(1)}"/>`
  const lines = outlines.map(
    ({ colour, dash, path }) =>
      html`<path d="${path}" fill="none" stroke="#000" stroke-width="1.6"/><path d="${path}" fill="none" stroke="${colour}" stroke-width=".9" stroke-dasharray="${dash.join(' ')}"/>`,
  )
  const outlined = `${caption}, ${words.board.outlined}: ${outlines.map(({ name }) => name).join(', ')}`
  return html`<figure><figcaption>${caption}. ${words.rightOnLeft}</figcaption>
<svg viewBox="${box}" role="img" aria-label="${caption}, ${words.board.plain}">${image}</svg>
<svg viewBox="${box}" role="img" aria-label="${outlined}">${image}${lines}</svg></figure>`
}

function volumeRows({ volumes }: BoardContent): Html[] {
  return volumes.map(
    ({ name, text, change, colour }) =>
      html`<div><dt>${colour ? html`<svg class="swatch" viewBox="0 0 6 9" aria-hidden="true"><rect width="6" height="9" fill="${colour}"/></svg>` : ''}${name}</dt><dd>${text}${change === '' ? '' : html`<small>${change}</small>`}</dd></div>`,
  )
}

function callRows({ calls }: BoardContent): Html[] {
  return calls.map(
    ({ name, text, budget }) =>
      html`<div><dt>${name}</dt><dd>${text}${budget === '' ? '' : html`<small>${budget}</small>`}</dd></div>`,
  )
}
