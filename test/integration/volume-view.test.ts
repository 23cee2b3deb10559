// The 3D view in a real browser with WebGL 2 in software: NiiVue draws the service's volumes under the page's own content policy.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningServer, serve } from '../../src/http/serve.ts'
import { SIZES, seriousFindings } from '../support/axe.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { OBLIQUE } from '../support/result.ts'
import { delivered } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'
import { type SampleImages, sampleImages } from '../support/sample-images.ts'

let images: SampleImages
let server: RunningServer
let browser: Browser
let tab: Tab
beforeAll(async () => {
  images = await sampleImages(delivered.analysisId, OBLIQUE)
  server = await serve(sampleApp({}, { deps: images.deps }).app, { host: '127.0.0.1', port: 0 })
  browser = await startBrowser({}, ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'])
  tab = await browser.tab()
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await images?.remove()
})

const FRAME = `document.querySelector('.volume-frame')?.contentDocument`
const shown = (name: string) => tab.until(`${FRAME}?.querySelector('.volume-view')?.dataset.shown === '${name}'`)
const inFrame = <T>(expression: string) => tab.evaluate<T>(`((doc) => ${expression})(${FRAME})`)

/** Pixels of the canvas by kind: of a label's colour (far from grey), and grey that is brighter than the background. */
const pixels = () =>
  inFrame<{ coloured: number; grey: number }>(`new Promise((resolve) => doc.defaultView.requestAnimationFrame(() => {
    doc.querySelector('input[data-volume=head]').dispatchEvent(new Event('input', { bubbles: true }))
    const gl = doc.querySelector('canvas').getContext('webgl2')
    const { drawingBufferWidth: width, drawingBufferHeight: height } = gl
    const data = new Uint8Array(4 * width * height)
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data)
    let coloured = 0, grey = 0
    for (let at = 0; at < data.length; at += 4) {
      const [r, g, b] = data.subarray(at, at + 3)
      const spread = Math.max(r, g, b) - Math.min(r, g, b)
      if (spread > 60) coloured += 1
      else if (Math.min(r, g, b) > 40) grey += 1
    }
    resolve({ coloured, grey })
  }))`)
const set = (name: string, value: number | string) =>
  inFrame(`{
    const input = doc.querySelector('[data-volume=${name}]')
    input.value = '${value}'
    input.dispatchEvent(new Event('input', { bubbles: true }))
  }`)

it('opens below the slices and cuts the head', async () => {
  await tab.size(900, 700)
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  await tab.until(`document.querySelector('.viewer').dataset.shown`)
  expect(
    await tab.evaluate(`performance.getEntriesByType('resource').some(({ name }) => name.includes('niivue'))`),
  ).toBe(false)
  await tab.evaluate(`document.querySelector('[data-volume-frame]').click()`)
  await shown('T1c')
  const whole = await pixels()
  expect(whole.grey).toBeGreaterThan(5000)
  expect(whole.coloured).toBeGreaterThan(100)
  await keepPicture('volume-3d', await tab.picture())
  await set('depth', 40)
  await pixels()
  await keepPicture('volume-3d-cut', await tab.picture())
  await set('depth', 100)
  const rest = await pixels()
  expect(rest.grey + rest.coloured).toBeLessThan((whole.grey + whole.coloured) / 2)
  await set('depth', 0)
  expect(tab.errors).toEqual([])
})

it('hides what the legend hides, and shows any image in three planes', async () => {
  await inFrame(`doc.querySelectorAll('[data-segment]').forEach((chip) => chip.click())`)
  expect((await pixels()).coloured).toBeLessThan(100)
  await inFrame(`doc.querySelectorAll('[data-segment]').forEach((chip) => chip.click())`)
  await inFrame(`doc.querySelector('[data-layout=planes]').click()`)
  await set('image', 'FLAIR')
  await shown('FLAIR')
  await set('image', 'prior-FLAIR')
  await shown('prior-FLAIR')
  await set('image', 'FLAIR')
  await shown('FLAIR')
  expect((await pixels()).coloured).toBeGreaterThan(100)
  await keepPicture('volume-planes', await tab.picture())
  expect(tab.errors).toEqual([])
})

it('closes again', async () => {
  await tab.evaluate(`document.querySelector('[data-volume-frame]').click()`)
  expect(await tab.evaluate(`document.querySelector('.volume-frame')`)).toBe(null)
})

it('records who looked', () => {
  expect(images.audited).toMatchObject([{ target: 'spool', interaction: 'access' }])
})

it('has no serious finding of axe-core', async () => {
  await tab.open(`${server.url}/analyses/${delivered.analysisId}/images/3d`)
  await tab.until(`document.querySelector('.volume-view').dataset.shown === 'T1c'`)
  for (const [width, height] of SIZES) {
    await tab.size(width, height)
    expect(await seriousFindings(tab), `at ${width} x ${height}`).toEqual([])
  }
})
