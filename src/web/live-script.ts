// The script of every page: keeps marked parts up to date and writes times in the reader's time zone. Pages work without it.
export const LIVE_SCRIPT = `'use strict'
{
  const link = document.getElementById('link')
  /** Parts as the server sent them, to be compared with what it sends next, so that unchanged parts stay as the reader left them. */
  const sent = new Map()
  const parts = (root) => root.querySelectorAll('[data-live]')
  for (const part of parts(document)) sent.set(part.id, part.innerHTML)

  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })
  const dress = (root) => {
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime)
      if (Number.isNaN(at.getTime())) continue
      time.textContent = clock.format(at)
      time.title = exact.format(at)
    }
    tick(root)
  }
  const tick = (root) => {
    for (const span of root.querySelectorAll('[data-since]')) {
      const seconds = Math.max(0, Math.round((performance.timeOrigin + performance.now() - Date.parse(span.dataset.since)) / 1000))
      const minutes = Math.floor(seconds / 60)
      const hours = Math.floor(minutes / 60)
      span.textContent = minutes < 1 ? seconds + ' s' : hours < 1 ? minutes + ' min ' + (seconds % 60) + ' s' : hours < 48 ? hours + ' h ' + (minutes % 60) + ' min' : Math.floor(hours / 24) + ' d ' + (hours % 24) + ' h'
    }
  }
  dress(document)
  // Chromium 156 does not lay out text again that was drawn before its font arrived, until its style is one it has not seen: fonts.css uses the count.
  let loads = 0
  document.fonts.addEventListener('loadingdone', () => document.documentElement.style.setProperty('--font-loads', String(++loads)))
  setInterval(() => tick(document), 1000)

  const say = (state, text) => {
    link.dataset.state = state
    link.textContent = text
  }

  let busy = false
  let again = false
  const refresh = async () => {
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      const answer = await window.fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' })
      if (answer.status === 401) return say('lost', 'Your session has ended: sign in again in another tab')
      if (!answer.ok) throw new Error(String(answer.status))
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
      for (const part of parts(next)) {
        const here = document.getElementById(part.id)
        if (!here || sent.get(part.id) === part.innerHTML) continue
        // What a person has begun to type is kept; the form itself says that it is out of date.
        if (here.querySelector('form[data-dirty]')) continue
        sent.set(part.id, part.innerHTML)
        const open = new Set([...here.querySelectorAll('details[open]')].map((details) => details.id))
        const focused = document.activeElement && here.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null
        here.replaceChildren(...document.importNode(part, true).childNodes)
        for (const details of here.querySelectorAll('details')) if (open.has(details.id)) details.open = true
        if (focused) for (const target of here.querySelectorAll('a[href]')) if (target.getAttribute('href') === focused) target.focus({ preventScroll: true })
        dress(here)
        document.dispatchEvent(new CustomEvent('part', { detail: part.id }))
      }
      say('live', 'Live')
    } catch {
      say('lost', 'Not up to date: no connection')
    } finally {
      busy = false
      if (again) {
        again = false
        void refresh()
      }
    }
  }

  const source = new EventSource(document.body.dataset.events)
  source.addEventListener('open', () => say('live', 'Live'))
  source.addEventListener('error', () => say('lost', 'Not up to date: no connection'))
  source.addEventListener('change', () => void refresh())
  setInterval(() => void refresh(), 60_000)
  addEventListener('pagehide', () => source.close())
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload()
  })
}
`
