// The pages in a real browser: live updates in place, the content policy, the keyboard, no JavaScript, narrow screens.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPageScripts } from '../../src/http/page-scripts.ts'
import { type RunningServer, serve } from '../../src/http/serve.ts'
import { SIZES, seriousFindings } from '../support/axe.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { delivered, eventsOf, held, running, samples } from '../support/sample-analyses.ts'
import { type SampleApp, sampleApp } from '../support/sample-app.ts'

let sample: SampleApp
let server: RunningServer
let browser: Browser
let tab: Tab
beforeAll(async () => {
  sample = sampleApp({}, { deps: { scripts: await readPageScripts() } })
  server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
  browser = await startBrowser()
  tab = await browser.tab()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

it('updates what changed in place and leaves the rest as the reader left it', async () => {
  await tab.open(`${server.url}/analyses/${running.analysisId}`)
  await tab.until(`document.getElementById('link').textContent === 'Live'`)
  await tab.evaluate(
    `document.getElementById('provenance-details').open = true; window.kept = document.querySelector('#decisions section')`,
  )
  sample.events.set(running.analysisId, eventsOf({ ...delivered, analysisId: running.analysisId }))
  sample.change({
    ...delivered,
    analysisId: running.analysisId,
    summary: { ...delivered.summary, decisions: running.summary!.decisions!, inputs: [] },
  })
  await tab.until(`document.querySelector('.status .badge')?.textContent.includes('Delivered')`)
  await tab.until(`document.querySelector('#volumes')?.textContent.includes('62.1 mL')`)
  expect(await tab.evaluate(`document.getElementById('provenance-details').open`)).toBe(true)
  expect(await tab.evaluate(`document.querySelector('#decisions section') === window.kept`)).toBe(true)
  expect(tab.errors).toEqual([])
})

it('writes times in the zone of the reader', async () => {
  await tab.open(server.url)
  await tab.until(`!document.querySelector('time').textContent.includes('UTC')`)
})

it('counts how long ago something was, in days once it is long', async () => {
  await tab.open(server.url)
  const [since, words] = await tab.evaluate<[string, string]>(
    `(({ dataset, textContent }) => [dataset.since, textContent])(document.querySelector('td [data-since]'))`,
  )
  const hours = Math.floor((Date.now() - Date.parse(since)) / 3_600_000)
  expect(words).toBe(`${Math.floor(hours / 24)} d ${hours % 24} h`)
})

it('releases a hold by keyboard alone', async () => {
  await tab.open(`${server.url}/analyses/${held.analysisId}`)
  let focused = ''
  for (let i = 0; i < 20 && focused !== 'Release the hold'; i += 1) {
    await tab.press('Tab')
    focused = await tab.evaluate('document.activeElement.textContent.trim()')
  }
  expect(focused).toBe('Release the hold')
  await tab.press('Enter')
  await tab.until(`document.querySelector('.status .badge')?.textContent.includes('Waiting')`)
  expect(sample.calls).toContain(`resolve ${held.analysisId}`)
})

it('fits narrow screens without scrolling sideways, in both schemes', async () => {
  for (const scheme of ['light', 'dark'] as const) {
    await tab.scheme(scheme)
    for (const width of [360, 768, 1280]) {
      await tab.size(width, 800)
      for (const path of ['/', ...samples.map((record) => `/analyses/${record.analysisId}`)]) {
        await tab.open(server.url + path)
        expect(
          await tab.evaluate<number>('document.documentElement.scrollWidth'),
          `${path} at ${width}`,
        ).toBeLessThanOrEqual(width)
      }
    }
  }
})

it('has text that can be read in both schemes (WCAG 2.2, 1.4.3)', async () => {
  await tab.size(1280, 900)
  for (const scheme of ['light', 'dark'] as const) {
    await tab.scheme(scheme)
    for (const path of ['/', ...samples.map((record) => `/analyses/${record.analysisId}`)]) {
      await tab.open(server.url + path)
      expect(await tab.evaluate<string[]>(FAINT_TEXT), `${path} ${scheme}`).toEqual([])
    }
  }
})

it('has named regions, tables with headers, and one main heading', async () => {
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  expect(await tab.evaluate(`document.querySelectorAll('h1').length`)).toBe(1)
  expect(
    await tab.evaluate(`['header', 'main', 'footer'].every((name) => document.querySelectorAll(name).length === 1)`),
  ).toBe(true)
  expect(
    await tab.evaluate(
      `[...document.querySelectorAll('table')].every((table) => table.querySelector('thead th[scope=col]'))`,
    ),
  ).toBe(true)
  expect(
    await tab.evaluate(
      `[...document.querySelectorAll('section[aria-labelledby]')].every((part) => document.getElementById(part.getAttribute('aria-labelledby')))`,
    ),
  ).toBe(true)
  expect(
    await tab.evaluate(
      `[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)`,
    ),
  ).toEqual([])
})

it('works without JavaScript', async () => {
  await tab.scripts(false)
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  await tab.scripts(true)
  const page = await tab.evaluate<string>('document.documentElement.outerHTML')
  expect(page).toContain('http-equiv="refresh"')
  expect(page).toContain('62.1 mL')
})

/** Elements with text of their own whose contrast against what is behind them is below 4.5 (3 when large). */
const FAINT_TEXT = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255] }
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]))
  const light = (c) => c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = (element) => { const chain = []; for (let e = element; e; e = e.parentElement) chain.unshift(rgba(getComputedStyle(e).backgroundColor)); return chain.reduce((under, top) => over(top, under), [255, 255, 255]) }
  const opacity = (element) => { let o = 1; for (let e = element; e; e = e.parentElement) o *= Number(getComputedStyle(e).opacity); return o }
  const faint = []
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) || !element.checkVisibility() || element.closest('.sr, .skip, svg, noscript, script')) continue
    const style = getComputedStyle(element)
    const ground = behind(element)
    const colour = rgba(style.color)
    const [a, b] = [light(over([...colour.slice(0, 3), colour[3] * opacity(element)], ground)), light(ground)]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (large ? 3 : 4.5)) faint.push(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2) + ' ' + element.textContent.trim().slice(0, 30))
  }
  return faint
})()`

it('shows a meeting, one patient a screen, and leads through it by keyboard', async () => {
  await tab.size(1280, 720)
  await tab.open(`${server.url}/board`)
  const { patientId } = delivered.summary!.patient!
  await tab.evaluate(`document.querySelector('textarea').value = '${patientId}\\nnobody\\n${patientId}'`)
  await tab.evaluate(`document.querySelector('form').requestSubmit()`)
  await tab.until(`document.querySelectorAll('.slide').length === 3`)
  const topOf = (n: number) =>
    tab.evaluate<number>(`Math.round(document.querySelector('#patient-${n}').getBoundingClientRect().top) + 0`)
  const focusOn = (rel: string, n: number) =>
    tab.evaluate(`document.querySelector('#patient-${n} [rel=${rel}]').focus()`)
  await tab.evaluate(`document.querySelector('.board-list a').focus()`)
  await tab.press('Enter')
  await tab.until(`location.hash === '#patient-1'`)
  expect(Math.abs(await topOf(1))).toBeLessThan(3)
  await focusOn('next', 1)
  await tab.press('Enter')
  await tab.until(`location.hash === '#patient-2'`)
  expect(Math.abs(await topOf(2))).toBeLessThan(3)
  await focusOn('prev', 2)
  await tab.press('Enter')
  await tab.until(`location.hash === '#patient-1'`)
  await keepPicture('board-slide', await tab.picture())
  for (const [width, height] of SIZES) {
    await tab.size(width, height)
    expect(await seriousFindings(tab), `at ${width} x ${height}`).toEqual([])
  }
  // What is seen first is large enough for three metres: 2.9 % of the screen's height.
  await tab.size(1920, 1080)
  expect(
    await tab.evaluate<number>(`parseFloat(getComputedStyle(document.querySelector('.slide .lead')).fontSize)`),
  ).toBeGreaterThan(30)
})

it('has no serious finding of axe-core on the lists, a hold and the form of a meeting, at the usual size, on tablets, and at 200 %', async () => {
  for (const path of ['/', '/not-analysed', '/notices', '/bundles', '/board', `/analyses/${held.analysisId}`]) {
    await tab.open(`${server.url}${path}`)
    for (const [width, height] of SIZES) {
      await tab.size(width, height)
      expect(await seriousFindings(tab), `${path} at ${width} x ${height}`).toEqual([])
    }
  }
})
