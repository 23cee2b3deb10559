// The images of the study page in a real Chromium, beside NiiVue with the same volumes: time to the first slice, and slices a second while scrolling.
// node bin/run.mjs bench/viewer.ts [--page] [--note TEXT]; with --page the study page alone, and NiiVue's figures stay those of the run before.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { STRUCTURAL } from '../src/domain/study.ts'
import { type Grid, voxelCount } from '../src/domain/volume.ts'
import { readPageScripts } from '../src/http/page-scripts.ts'
import { serve } from '../src/http/serve.ts'
import { createShownImages } from '../src/viewer/shown.ts'
import { createImageSpool } from '../src/viewer/spool.ts'
import { startBrowser, type Tab } from '../test/support/browser.ts'
import { realClock } from '../test/support/real-clock.ts'
import { delivered } from '../test/support/sample-analyses.ts'
import { sampleApp } from '../test/support/sample-app.ts'
import { besideNiivue } from './niivue-page.ts'

/** The usual size of a 3D T1 series after contrast. */
const GRID: Grid = {
  size: [256, 256, 176],
  spacing: [1, 1, 1],
  origin: [-128, -128, -60],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
}
const LOADS = 3
const SCROLL_MS = 5000

/** A ball filled with noise, and a smaller one as the tumour: the cost lies in the number of voxels, which do not compress. */
function volumes() {
  const [nx, ny, nz] = GRID.size
  const images = STRUCTURAL.map((sequence) => ({
    sequence,
    image: { grid: GRID, data: new Float32Array(voxelCount(GRID)) },
  }))
  const labels = { grid: GRID, data: new Uint8Array(voxelCount(GRID)) }
  let seed = 1
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const [x, y, z] = [i - nx / 2, j - ny / 2, (k - nz / 2) * 1.3]
        const isHead = x * x + y * y * 0.8 + z * z < 100 * 100
        const far = (x - 40) ** 2 + (y - 20) ** 2 + z * z
        labels.data[at] = far < 12 * 12 ? 1 : far < 18 * 18 ? 3 : far < 30 * 30 ? 2 : 0
        for (const { image } of images) {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
          image.data[at] = isHead ? 400 + labels.data[at]! * 120 + (seed >>> 26) : seed >>> 29
        }
      }
  return { images, labels }
}

const PLANES = ['axial', 'coronal', 'sagittal']
const SOFTWARE_WEBGL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader']

/** From the start of the navigation until the slice is on the screen, and until the page's load event. */
interface FirstSlice {
  shown: number
  loaded: number
}

async function firstSlice(tab: Tab, url: string): Promise<FirstSlice> {
  await tab.open(url)
  return tab.evaluate<FirstSlice>(`new Promise((resolve) => {
    const viewer = document.querySelector('.viewer')
    const [{ loadEventStart: loaded }] = performance.getEntriesByType('navigation')
    const look = () => (viewer.dataset.shown ? resolve({ shown: performance.now(), loaded }) : requestAnimationFrame(look))
    look()
  })`)
}

/** Requests the next slice as soon as the last one is on the screen. */
const scroll = (tab: Tab, plane: string) =>
  tab.evaluate<number>(`new Promise((resolve) => {
    const panels = document.querySelector('.panels')
    const viewer = document.querySelector('.viewer')
    const press = (key) => panels.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
    press(${JSON.stringify(plane[0])})
    press('Home')
    let count = 0
    let last = ''
    let begin = 0
    const look = (now) => {
      const { shown } = viewer.dataset
      if (shown !== last && shown.startsWith(${JSON.stringify(plane)})) {
        last = shown
        if (begin > 0) count += 1
        else if (shown.endsWith('/0')) begin = now
        if (begin > 0) press('ArrowUp')
      }
      if (begin > 0 && now - begin > ${SCROLL_MS}) resolve((1000 * count) / (now - begin))
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })`)

interface Figures {
  machine: string
  firstSliceMs: number[]
  slicesPerSecond: Record<string, number>
}

const RESULTS = new URL('./results/', import.meta.url)

async function measurePage(tab: Tab, url: string): Promise<Figures & { afterLoadMs: number[] }> {
  await tab.size(1280, 720)
  const machine = machineNow()
  const first: FirstSlice[] = []
  for (let n = 0; n < LOADS; n++) first.push(await firstSlice(tab, url))
  const perSecond: number[] = []
  for (const plane of PLANES) perSecond.push(await scroll(tab, plane))
  return {
    machine,
    firstSliceMs: first.map(({ shown }) => Math.round(shown)),
    afterLoadMs: first.map(({ shown, loaded }) => Math.round(shown - loaded)),
    slicesPerSecond: byPlane(perSecond),
  }
}

async function measureNiivue(tab: Tab, url: string): Promise<Figures> {
  await tab.size(1280, 720)
  const machine = machineNow()
  const [first, perSecond]: [number[], number[]] = [[], []]
  for (let n = 0; n < LOADS; n++) {
    await tab.open(url)
    await tab.until('window.first > 0')
    first.push(await tab.evaluate<number>('window.first'))
  }
  for (const plane of PLANES) perSecond.push(await tab.evaluate<number>(`scroll('${plane}', ${SCROLL_MS})`))
  return { machine, firstSliceMs: first.map(Math.round), slicesPerSecond: byPlane(perSecond) }
}

/** As the measurement begins. Other work on the machine counts, unless a note says what this does about it. */
function machineNow(): string {
  const [, note] = /--note (.+)/.exec(process.argv.slice(2).join(' ')) ?? []
  return `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}${note ? `, ${note}` : ''}`
}

const byPlane = (perSecond: readonly number[]) =>
  Object.fromEntries(PLANES.map((plane, n) => [plane, Number(perSecond[n]!.toFixed(1))]))

const folder = await mkdtemp(join(tmpdir(), 'gliabridge-bench-'))
const spool = createImageSpool(folder, realClock)
const { images, labels } = volumes()
const segments = [
  { label: 1, key: 'NCR', name: 'necrotic core', colour: '#f3a712' },
  { label: 2, key: 'ED', name: 'oedema', colour: '#2e86ab' },
  { label: 3, key: 'ET', name: 'enhancing tumour', colour: '#e4572e' },
]
const begin = performance.now()
await spool.keep(delivered.analysisId, { images, labels, segments })
const keepSeconds = (performance.now() - begin) / 1000
const audit = { record: async () => undefined }
const scripts = await readPageScripts()
const pages = sampleApp({}, { deps: { images: createShownImages({ spool, audit, clock: realClock }), scripts } })
const path = `/analyses/${delivered.analysisId}`
const both = besideNiivue(pages.app, {
  library: scripts.library.path,
  base: `${path}/images`,
  names: images.map(({ sequence }) => sequence),
})
const server = await serve(both, { host: '127.0.0.1', port: 0 })
const browser = await startBrowser()
const peer = process.argv.includes('--page') ? undefined : await startBrowser({}, SOFTWARE_WEBGL)
try {
  const page = await measurePage(await browser.tab(), `${server.url}${path}`)
  const before = JSON.parse(await readFile(new URL('viewer.json', RESULTS), 'utf8')) as { niivue: Figures }
  const niivue = peer ? await measureNiivue(await peer.tab(), `${server.url}/niivue`) : before.niivue
  const result = { grid: GRID.size, keepSeconds: Number(keepSeconds.toFixed(1)), page, niivue }
  await writeFile(new URL('viewer.json', RESULTS), `${JSON.stringify(result, null, 2)}\n`)
  await writeFile(
    new URL('viewer.md', RESULTS),
    `# Images of the study page

Four sequences of ${GRID.size.join(' x ')} voxels with outlines, in headless Chromium at 1280 x 720, server and browser on one machine. The page draws without WebGL; NiiVue, with the same volumes in
four linked canvases, with WebGL 2 in software (SwiftShader), as on a PC without a graphics card. It gets whole volumes as .nii.gz, which the server compresses while it sends them, before it can draw;
the page gets slices. The first load is also the first of its browser and of its server. Made by \`node bin/run.mjs bench/viewer.ts\`; the machine and its load as each measurement began are in the table. Keeping the volumes
for the page took ${result.keepSeconds} s.

| | study page | NiiVue |
|---|---|---|
| machine | ${page.machine} | ${niivue.machine} |
| first slice after the start of the navigation, ${LOADS} loads in turn, ms | ${page.firstSliceMs.join(', ')} | ${niivue.firstSliceMs.join(', ')} |
| the same after the load event of the page, ms | ${page.afterLoadMs.join(', ')} | |
| slices a second while scrolling: ${PLANES.join(', ')} | ${Object.values(page.slicesPerSecond).join(', ')} | ${Object.values(niivue.slicesPerSecond).join(', ')} |
`,
  )
  console.log(JSON.stringify(result, null, 2))
} finally {
  await browser.close()
  await peer?.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
}
