// The pages for those who run the service, in a real browser: a site's own figures with its stop rules, and the notices; with content and without,
// by keyboard, and at the sizes at which people read them.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ERRORS } from '../../src/domain/errors.ts'
import type { KeptNotice, NoticeState } from '../../src/domain/ports/notices.ts'
import type { HeadStop, RuleState } from '../../src/domain/stop-rules.ts'
import { siteFigures } from '../../src/evaluation/concordance.ts'
import { readPageScripts } from '../../src/http/page-scripts.ts'
import { type RunningServer, serve } from '../../src/http/serve.ts'
import { CONCORDANCE } from '../../src/wording/concordance.ts'
import { NOTICES_PAGE } from '../../src/wording/notices.ts'
import { STOP_RULES, stopReason } from '../../src/wording/stop-rules.ts'
import { SIZES, seriousFindings } from '../support/axe.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { sampleApp } from '../support/sample-app.ts'
import { PERIOD, sampleBundle, sampleFigures } from '../support/sample-figures.ts'
import { failedNotice as failed } from '../support/sample-notice.ts'

const waiting: KeptNotice = {
  ...failed,
  noticeId: 'b2c3',
  rule: 'urgent results',
  items: [{ subject: 'urgent-result', key: 'result 1', since: '2026-03-01T04:00:00.000Z', analysisId: 'a-1' }],
  state: 'waiting',
  attempts: 1,
}
const sent: KeptNotice = { ...failed, noticeId: 'c3d4', state: 'done', attempts: 1 }

const rules: RuleState[] = [
  {
    rule: { head: 'idh', measure: 'wrong-calls', above: 0.25, cases: 20 },
    since: '2026-01-05T00:00:00.000Z',
    measured: { value: 0.19, cases: 31 },
  },
  {
    rule: { head: 'grade', measure: 'changed-calls', above: 0.2, cases: 20 },
    since: '2026-01-05T00:00:00.000Z',
    measured: { value: 0.46, cases: 24 },
  },
]
const stop: HeadStop = {
  head: 'grade',
  at: '2026-02-03T04:05:00.000Z',
  reason: stopReason(rules[1]!),
}

/** What the pages are to show; each test sets it. */
const shown = { notices: [] as KeptNotice[], figures: sampleFigures, rules, stops: [] as HeadStop[] }
const again: string[] = []

let server: RunningServer
let browser: Browser
let tab: Tab
let calls: string[]
beforeAll(async () => {
  const concordance = {
    ...sampleApp().deps.concordance,
    figures: async () => shown.figures,
    rules: async () => shown.rules,
    stops: async () => shown.stops,
    turnOn: async (head: string, by: string, reason: string) => {
      calls.push(`turn on ${head} ${by} ${reason}`)
      shown.stops = []
    },
  }
  const notices = {
    list: async ({ state }: { state?: NoticeState }) =>
      shown.notices.filter((one) => state === undefined || one.state === state),
    again: async (noticeId: string) => {
      again.push(noticeId)
      shown.notices = shown.notices.map((one) => (one.noticeId === noticeId ? { ...one, state: 'waiting' } : one))
      return failed
    },
  }
  const sample = sampleApp({}, { deps: { scripts: await readPageScripts(), concordance, notices } })
  calls = sample.calls
  server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
  browser = await startBrowser()
  tab = await browser.tab()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})
beforeEach(() => {
  Object.assign(shown, { notices: [failed, waiting, sent], figures: sampleFigures, rules, stops: [] })
})

const textOf = (selector: string) =>
  tab.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).innerText`)

/** Presses Tab until the focused element's name is `name`. */
async function tabTo(name: string): Promise<void> {
  const focused = () =>
    tab.evaluate<string>(
      `(document.activeElement.textContent.trim() || document.activeElement.closest('label')?.textContent.trim() || document.activeElement.name || '')`,
    )
  for (let n = 0; n < 40; n += 1) {
    await tab.press('Tab')
    if ((await focused()) === name) return
  }
  throw new Error(`the keyboard does not reach "${name}"`)
}

async function readable(path: string, picture: string): Promise<void> {
  await tab.open(`${server.url}${path}`)
  await tab.evaluate('document.fonts.ready.then(() => true)')
  for (const scheme of ['light', 'dark'] as const) {
    await tab.scheme(scheme)
    for (const [width, height] of SIZES) {
      await tab.size(width, height)
      expect(await seriousFindings(tab), `${path} ${scheme} at ${width} x ${height}`).toEqual([])
      if (scheme === 'light' || width === 1280)
        await keepPicture(`${picture}-${width}-${scheme}`, await tab.picture(true))
    }
  }
  await tab.scheme('light')
  await tab.size(1280, 720)
  expect(tab.errors).toEqual([])
}

it('shows the figures of the site beside the card, on one scale, with the rules that stop a head', async () => {
  shown.stops = [stop]
  await tab.open(`${server.url}/concordance`)
  const { wrongCalls, card } = sampleFigures.heads[0]!
  const main = await textOf('main')
  for (const { count, of } of [wrongCalls, card!.wrongCalls!]) expect(main).toContain(`${count} of ${of}`)
  expect(main).toContain('Nothing of them leaves the site.')
  expect(main).toContain(stop.reason)
  // The marks lie within the plot, this site's above the card's.
  const marks = await tab.evaluate<[number, number][]>(
    `[...document.querySelectorAll('.interval-plot circle')].map((mark) => { const box = mark.ownerSVGElement.getBoundingClientRect(), at = mark.getBoundingClientRect(); return [(at.x + at.width / 2 - box.x) / box.width, (at.y - box.y) / box.height] })`,
  )
  expect(marks).toHaveLength(2)
  for (const [across] of marks) expect(across > 0.15 && across < 1).toBe(true)
  expect(marks[0]![1]).toBeLessThan(marks[1]![1])
  await readable('/concordance', 'overview-concordance')
})

it('says that there is nothing to compare where no analysis was counted', async () => {
  shown.figures = siteFigures([], sampleBundle, PERIOD)
  shown.rules = []
  await tab.open(`${server.url}/concordance`)
  expect(await textOf('main')).toContain(CONCORDANCE.none)
  expect(await tab.evaluate(`document.querySelector('.interval-plot')`)).toBeNull()
  expect(await tab.evaluate(`document.getElementById('stop-rules')`)).toBeNull()
  await readable('/concordance', 'overview-concordance-empty')
})

it('turns a head on by keyboard alone, with a name and a reason', async () => {
  shown.stops = [stop]
  await tab.open(`${server.url}/concordance`)
  await tabTo(STOP_RULES.by)
  for (const key of 'dn') await tab.press(key)
  await tabTo(STOP_RULES.reason)
  for (const key of 'ok') await tab.press(key)
  await tabTo(STOP_RULES.turnOn)
  await tab.press('Enter')
  await tab.until(`document.body && !document.body.innerText.includes(${JSON.stringify(stop.reason)})`)
  expect(calls).toContain('turn on grade dn ok')
  expect(tab.errors).toEqual([])
})

it('lists the notices with their reason and what to do, and filters them by state', async () => {
  await tab.open(`${server.url}/notices`)
  const table = await textOf('table.worklist')
  for (const part of ['night desk', 'after 12 attempts', '550 to RCPT TO', ERRORS.NOTICE_REFUSED[1]])
    expect(table).toContain(part)
  expect(await tab.evaluate<number>(`document.querySelectorAll('tbody tr').length`)).toBe(3)
  await tab.evaluate(`document.querySelector('.tabs a[href="/notices?state=done"]').click()`)
  await tab.until(`location.search === '?state=done' && document.readyState === 'complete'`)
  expect(await tab.evaluate<number>(`document.querySelectorAll('tbody tr').length`)).toBe(1)
  expect(await textOf('.tabs [aria-current]')).toBe('sent')
  await readable('/notices', 'overview-notices')
})

it('says that there is no notice', async () => {
  shown.notices = []
  await tab.open(`${server.url}/notices?state=failed`)
  expect(await textOf('main .empty')).toBe(NOTICES_PAGE.none)
  expect(await tab.evaluate(`document.querySelector('table')`)).toBeNull()
  await readable('/notices', 'overview-notices-empty')
})

it('sends a notice again by keyboard alone', async () => {
  await tab.open(`${server.url}/notices?state=failed`)
  await tabTo('Send again')
  await tab.press('Enter')
  await tab.until(`location.search === '' && document.querySelector('tr.is-waiting')`)
  expect(again).toEqual(['a1b2'])
  expect(await tab.evaluate<number>(`document.querySelectorAll('tr.is-failed').length`)).toBe(0)
  expect(tab.errors).toEqual([])
})
