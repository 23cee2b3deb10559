// The images of the study page in a real browser without WebGL: first picture, wheel, keys, pointer, prior, and what axe-core finds.

import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { type Grid, toPatient, type Vec3 } from '../../src/domain/volume.ts'
import type { AppDeps } from '../../src/http/deps.ts'
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
let page = ''
const sent: Parameters<AppDeps['review']>[1][] = []
beforeAll(async () => {
  images = await sampleImages(delivered.analysisId, OBLIQUE)
  const sample = sampleApp(
    {},
    {
      deps: {
        ...images.deps,
        review: async (_, request) => {
          sent.push(request)
          throw new AppError('STATE_CONFLICT', 'the test only looks at what was sent')
        },
      },
    },
  )
  // Outlines are corrected where the result says on what grid they lie.
  const record = sample.records.get(delivered.analysisId)!
  const { grid } = images.synthetic.segmentation
  sample.change({ ...record, summary: { ...record.summary, grid, diameters: [diametersOn(grid)] } } as never)
  server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
  browser = await startBrowser({}, ['--disable-3d-apis'])
  tab = await browser.tab()
  page = `${server.url}/analyses/${delivered.analysisId}`
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await images?.remove()
})

/** Two lines on the slice MEASURED_ON, as an analysis measures a lesion. */
const MEASURED_ON = 9
function diametersOn(grid: Grid) {
  const line = (from: Vec3, to: Vec3) => [toPatient(grid, from), toPatient(grid, to)]
  const [i, j] = [Math.round(grid.size[0] / 2), Math.round(grid.size[1] / 2)]
  return {
    longestMm: 41.3,
    perpendicularMm: 30.1,
    longest: line([i - 12, j, MEASURED_ON], [i + 12, j, MEASURED_ON]),
    perpendicular: line([i, j - 8, MEASURED_ON], [i, j + 8, MEASURED_ON]),
    axis: 2,
    slice: MEASURED_ON,
    measurable: true,
  }
}

const SHOWN = `document.querySelector('.viewer').dataset.shown`
const shows = (what: string) => tab.until(`${SHOWN} === '${what}'`)
const focus = () => tab.evaluate(`document.querySelector('.panels').focus()`)
/** Share of the panel's pixels that are brighter than black, as an expression of the page. */
const share = (n: number) => `(() => {
    const canvas = document.querySelectorAll('.panels canvas')[${n}]
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] > 60) count += 1
    return (4 * count) / data.length
  })()`
const lit = (n: number) => tab.evaluate<number>(share(n))
/** How many of the panel's pixels are near a colour. */
const coloured = (n: number, [r, g, b]: readonly [number, number, number], within = 40) =>
  tab.evaluate<number>(`(() => {
    const canvas = document.querySelectorAll('.panels canvas')[${n}]
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let at = 0; at < data.length; at += 4)
      if (Math.abs(data[at] - ${r}) + Math.abs(data[at + 1] - ${g}) + Math.abs(data[at + 2] - ${b}) < ${within}) count += 1
    return count
  })()`)
const status = () => tab.evaluate<string>(`document.querySelector('.viewer-status').textContent`)
/** Buttons follow their state with the next frame. */
const pressed = (control: string, is: boolean) =>
  tab.until(`document.querySelector('[data-control="${control}"]').getAttribute('aria-pressed') === '${is}'`)
const start = async () => (await images.deps.images.describe(delivered.analysisId))!.start

beforeEach(async () => {
  await tab.size(1280, 720)
  await tab.open(page)
  await shows(`axial/${(await start())[2]}`)
  await tab.evaluate(`document.querySelector('#images').scrollIntoView()`)
  await focus()
})

it('shows all four sequences at the largest tumour, without WebGL', async () => {
  for (const kind of ['webgl', 'webgl2'])
    expect(await tab.evaluate(`document.createElement('canvas').getContext('${kind}')`)).toBeNull()
  expect(await tab.evaluate(`document.querySelector('[data-volume-frame]').hidden`)).toBe(true)
  expect(await tab.evaluate(`document.querySelectorAll('.panels canvas').length`)).toBe(4)
  for (const n of [0, 1, 2, 3]) expect(await lit(n)).toBeGreaterThan(0.1)
  expect(await tab.evaluate(`document.querySelector('.panels canvas').getAttribute('aria-label')`)).toMatch(
    /^T1, axial slice \d+ of 34; outlined: .*enhancing tumour/,
  )
  expect(tab.errors).toEqual([])
  await keepPicture('viewer-axial', await tab.picture())
})

it('scrolls by wheel and keys, all panels at once, and stops at the ends', async () => {
  const k = (await start())[2]
  const box = await tab.evaluate<{ x: number; y: number }>(
    `(({ x, y }) => ({ x, y }))(document.querySelector('.panels').getBoundingClientRect())`,
  )
  await tab.wheel(box.x + 50, box.y + 50, 80)
  await shows(`axial/${k - 2}`)
  await tab.press('ArrowUp')
  await shows(`axial/${k - 1}`)
  await tab.press('Home')
  await shows('axial/0')
  await tab.press('ArrowDown')
  await tab.press('End')
  await shows('axial/33')
  expect(await tab.evaluate(`document.querySelector('.viewer-status').textContent`)).toBe('Axial 34 of 34')
  await tab.press('t')
  await shows(`axial/${k}`)
})

it('goes to the same place in the other planes', async () => {
  const [i, j] = await start()
  await tab.press('c')
  await shows(`coronal/${j}`)
  await keepPicture('viewer-coronal', await tab.picture())
  await tab.press('s')
  await shows(`sagittal/${i}`)
  await tab.press('a')
  await shows(`axial/${(await start())[2]}`)
})

it('points: a click moves the crosshair, and the other planes follow', async () => {
  const box = await tab.evaluate<{ x: number; y: number; width: number; height: number }>(
    `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelectorAll('.panels canvas')[1].getBoundingClientRect())`,
  )
  // The middle of the panel is the middle of the slice.
  await tab.drag([box.x + box.width / 2 + 1, box.y + box.height / 2 + 1])
  await tab.press('s')
  await shows(`sagittal/${OBLIQUE.size[0] / 2}`)
})

it('shows the prior beside, hides outlines, enlarges, and changes the window', async () => {
  await tab.press('p')
  await tab.until(`document.querySelectorAll('.panels canvas').length === 8`)
  await tab.until(
    `document.querySelectorAll('.panels canvas')[7].getAttribute('aria-label')?.includes('outlined: nothing')`,
  )
  await keepPicture('viewer-prior', await tab.picture())
  await tab.press('p')
  await tab.press('2')
  await tab.until(`document.querySelectorAll('.panels canvas').length === 1`)
  await tab.until(`document.querySelector('.panels canvas').getAttribute('aria-label')?.startsWith('T1 post-contrast')`)
  const before = await lit(0)
  for (let n = 0; n < 12; n++) await tab.press('ArrowRight')
  await tab.until(`${share(0)} < ${before - 0.02}`)
  await keepPicture('viewer-large', await tab.picture())
  await tab.press('r')
  await tab.until(`document.querySelectorAll('.panels canvas').length === 4`)
  await tab.press('o')
  await pressed('outlines', false)
})

it('shows three planes of one sequence at once, linked at the cross-hair', async () => {
  const [i, j, k] = await start()
  await tab.press('v')
  await tab.until(`document.querySelectorAll('.panels canvas').length === 3`)
  const says = (n: number, text: string) =>
    tab.until(`document.querySelectorAll('.panels canvas')[${n}].getAttribute('aria-label')?.startsWith('${text}')`)
  await says(0, `T1 post-contrast, axial slice ${k + 1} of`)
  await says(1, `T1 post-contrast, coronal slice ${j + 1} of`)
  await says(2, `T1 post-contrast, sagittal slice ${i + 1} of`)
  await keepPicture('viewer-planes', await tab.picture())
  // The wheel turns the plane under it, and a click leads the others.
  const box = await tab.evaluate<{ x: number; y: number; width: number; height: number }>(
    `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelectorAll('.panels canvas')[1].getBoundingClientRect())`,
  )
  await tab.wheel(box.x + 30, box.y + 30, -40)
  await says(1, `T1 post-contrast, coronal slice ${j + 2} of`)
  await tab.drag([box.x + box.width / 2 + 1, box.y + box.height / 2 + 1])
  await says(2, `T1 post-contrast, sagittal slice ${OBLIQUE.size[0] / 2 + 1} of`)
  await tab.press('2')
  await says(0, 'T1 post-contrast, axial')
  await tab.press('4')
  await says(0, 'FLAIR, axial')
  await tab.press('0')
  await tab.press('v')
  await tab.until(`document.querySelectorAll('.panels canvas').length === 4`)
})

it('paints and erases on the slice, takes a stroke back, and puts what is painted into the decision', async () => {
  const k = (await start())[2]
  const strokes = () =>
    tab.evaluate<string>(
      `document.querySelector('[name="strokes"]').checked && document.querySelector('[name="strokes"]').value`,
    )
  const paintedOn = (n: number) => tab.until(`document.querySelector('.viewer').dataset.painted === '${n}'`)
  await tab.press('d')
  await pressed('tool-draw', true)
  const box = await tab.evaluate<{ x: number; y: number; width: number; height: number }>(
    `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelectorAll('.panels canvas')[1].getBoundingClientRect())`,
  )
  const at = (x: number, y: number): [number, number] => [box.x + x * box.width, box.y + y * box.height]
  await tab.drag(at(0.4, 0.4), at(0.45, 0.42), at(0.5, 0.4))
  await paintedOn(1)
  // A ball reaches the next slices, the disc before it does not.
  await tab.press('h')
  await tab.press('g')
  await tab.drag(at(0.5, 0.5))
  await paintedOn(2)
  await keepPicture('viewer-brush', await tab.picture())
  await tab.press('PageUp')
  await shows(`axial/${k + 1}`)
  await tab.press('PageDown')
  await shows(`axial/${k}`)
  const [disc, ball] = JSON.parse(await strokes()) as { label: number; across?: number[]; points: number[][] }[]
  expect([disc!.label, ball!.label]).toEqual([1, 0])
  expect(disc!.across?.map(Math.abs).reduce((a, b) => Math.max(a, b))).toBeGreaterThan(0.9)
  expect(ball!.across).toBeUndefined()
  expect(disc!.points.length).toBeGreaterThan(3)
  await tab.press('z')
  await paintedOn(1)
  await tab.press('z')
  await paintedOn(0)
  expect(await strokes()).toBe(false)
})

it('paints by keyboard alone, and sends it with the review', async () => {
  await tab.press('d')
  await tab.press('l')
  await tab.press(' ', 'down')
  await tab.press('ArrowRight')
  await tab.press('ArrowRight')
  await tab.press(' ', 'up')
  await tab.until(`document.querySelector('.viewer').dataset.painted === '1'`)
  const set = (name: string, value: string) =>
    tab.evaluate(
      `document.querySelector('.review-form').elements.namedItem(${JSON.stringify(name)}).value = '${value}'`,
    )
  expect(await tab.evaluate(`document.querySelector('[name="decision"]:checked').value`)).toBe('accept-with-edits')
  expect(await tab.evaluate(`document.querySelector('[name="why.outlines"]').required`)).toBe(true)
  await set('why.outlines', 'missed a part')
  await set('name', 'Dora Nine')
  await set('identifier', 'P-77')
  await tab.evaluate(`document.querySelector('.review').scrollIntoView()`)
  await keepPicture('viewer-brush-decision', await tab.picture())
  await tab.evaluate(`document.querySelector('.review-form').requestSubmit()`)
  await tab.until(`document.querySelector('.problem')`)
  expect(sent).toMatchObject([
    {
      decision: 'accept-with-edits',
      edits: [{ target: 'outlines', from: 'software', to: 'redrawn', reason: 'missed a part' }],
      strokes: [{ label: 2, radiusMm: 4 }],
    },
  ])
})

it('fills outlines, more or less, hides one segment, and takes the crosshair away', async () => {
  const oedema = [46, 134, 171] as const
  const blue = () => coloured(0, oedema, 60)
  const lines = await blue()
  expect(lines).toBeGreaterThan(100)
  await tab.press('f')
  await pressed('fills', true)
  for (let n = 0; n < 5; n++) await tab.press(']')
  await tab.until(`document.querySelector('[data-control="opacity"]').value === '80'`)
  const filled = await blue()
  expect(filled).toBeGreaterThan(5 * lines)
  for (let n = 0; n < 7; n++) await tab.press('[')
  await tab.until(`Number(document.querySelector('[data-control="opacity"]').value) <= 15`)
  expect(await blue()).toBeLessThan(filled / 2)
  await tab.press('f')
  await pressed('fills', false)
  await tab.evaluate(`document.querySelector('[data-segment="2"]').click()`)
  await tab.until(`document.querySelector('[data-segment="2"]').getAttribute('aria-pressed') === 'false'`)
  expect(await blue()).toBeLessThan(lines / 10)
  const crosshair = () => coloured(0, [92, 161, 191], 70)
  const before = await crosshair()
  await focus()
  await tab.press('x')
  await pressed('crosshair', false)
  expect(await crosshair()).toBeLessThan(before / 2)
})

it('measures in millimetres, and says so in words', async () => {
  await tab.press('m')
  await pressed('tool-measure', true)
  const box = await tab.evaluate<{ x: number; y: number; width: number; height: number }>(
    `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelectorAll('.panels canvas')[1].getBoundingClientRect())`,
  )
  const { size, spacing } = images.synthetic.segmentation.grid
  // The whole slice fits into its panel.
  const perMm = Math.min(box.width / (size[0] * spacing[0]), box.height / (size[1] * spacing[1]))
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await tab.drag([x - 50, y], [x, y], [x + 50, y])
  await tab.until(`document.querySelector('.viewer-status').textContent.endsWith(' mm')`)
  const [, mm] = /, ([\d.]+) mm$/.exec(await status()) ?? []
  expect(Math.abs(Number(mm) - 100 / perMm)).toBeLessThan(0.02 * (100 / perMm) + 0.2)
  await keepPicture('viewer-ruler', await tab.picture())
  await tab.press('ArrowUp')
  await tab.until(`!document.querySelector('.viewer-status').textContent.includes('mm')`)
})

it('leads from diameters to the slice on which they were measured, with their lines', async () => {
  const yellow = () => coloured(1, [255, 242, 122])
  expect(await yellow()).toBeLessThan(5)
  await tab.evaluate(
    `[...document.querySelectorAll('#volumes [data-goto]')].find(({ textContent }) => textContent.includes('41.3 × 30.1 mm')).click()`,
  )
  await shows(`axial/${MEASURED_ON}`)
  await tab.until(
    `document.querySelectorAll('.panels canvas')[1].getAttribute('aria-label').includes('slice ${MEASURED_ON + 1} of')`,
  )
  expect(await yellow()).toBeGreaterThan(20)
  await keepPicture('viewer-diameters', await tab.picture())
})

it('shows the other sequence in each panel while a key is held, to check the alignment', async () => {
  const before = await lit(0)
  await tab.press('b', 'down')
  await tab.until(`${share(0)} !== ${before}`)
  await tab.press('b', 'up')
  await tab.until(`${share(0)} === ${before}`)
})

it('checks alignment by squares', async () => {
  await tab.press('k')
  await pressed('check', true)
  await keepPicture('viewer-alignment', await tab.picture())
})

it('has no serious finding of axe-core, at the usual size, on tablets, and at 200 %', async () => {
  for (const [width, height] of SIZES) {
    await tab.size(width, height)
    expect(await seriousFindings(tab), `at ${width} x ${height}`).toEqual([])
    await keepPicture(`viewer-${width}x${height}`, await tab.picture())
  }
})

it('asks for the first slice before any script runs, and once', async () => {
  const k = (await start())[2]
  const requests = await tab.evaluate<{ name: string; initiatorType: string; startTime: number }[]>(
    `performance.getEntriesByType('resource').map(({ name, initiatorType, startTime }) => ({ name, initiatorType, startTime }))`,
  )
  for (const part of ['picture.png', 'outlines.json']) {
    const [first, ...more] = requests.filter(({ name }) => name.includes(`/axial/${k}/${part}`))
    expect([first?.initiatorType, more]).toEqual(['link', []])
    const next = requests.find(({ name }) => name.includes(`/axial/${k + 1}/${part}`))
    expect(next?.initiatorType).toBe('fetch')
    expect(next!.startTime).toBeGreaterThan(first!.startTime)
  }
})

it('loads at most 60 KB of compressed JavaScript', async () => {
  // Whatever came, by whatever tag or import.
  const sources = await tab.evaluate<string[]>(
    `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /\\.(js|ts)$/.test(name))`,
  )
  const sizes = await Promise.all(
    [...new Set(sources)].map(async (source) => gzipSync(await (await fetch(source)).text()).length),
  )
  expect(sizes.length).toBeGreaterThan(5)
  expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(60 * 1024)
})

/** The last one, since nothing is kept after it. */
it('says that images are gone, and stays a page', async () => {
  await images.spool.removeBefore(new Date('2999-01-01'))
  await tab.press('Home')
  await tab.until(`document.querySelector('.viewer-status').textContent.includes('no longer kept')`)
})
