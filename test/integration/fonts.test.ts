// Names in every script in a real browser that has one Latin font of its own: what it shows comes from the fonts that the pages serve.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningServer, serve } from '../../src/http/serve.ts'
import { type Browser, startBrowser } from '../support/browser.ts'
import { delivered } from '../support/sample-analyses.ts'
import { type SampleApp, sampleApp } from '../support/sample-app.ts'

const NAMES = {
  'noto-sans-jp': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  'noto-sans-kr': 'Hong^Gildong=洪^吉洞=홍^길동',
  'noto-sans-sc': 'Wang^Xiaodong=王^小东',
  'noto-sans-devanagari': 'Sharma^Anushka=शर्मा^अनुष्का',
  'noto-sans-tamil': 'Murugan=முருகன்',
  'noto-sans-myanmar': 'Kyi=အောင်ဆန်းစုကြည်',
  'noto-sans-khmer': 'Sreymom=ស្រីមុំ',
  'noto-sans-ethiopic': 'Bikila=አበበ^ቢቂላ',
}

let folder: string
let sample: SampleApp
let server: RunningServer
let browser: Browser
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gliabridge-fonts-'))
  const config = join(folder, 'fonts.conf')
  // The one directory that the browser may look into: Latin, Greek, Cyrillic, Armenian, Georgian, and no script of the names below.
  writeFileSync(
    config,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>${folder}/cache</cachedir></fontconfig>`,
  )
  sample = sampleApp()
  server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
  browser = await startBrowser({ FONTCONFIG_FILE: config })
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

it.each(Object.entries(NAMES))('%s draws %s', async (family, patientName) => {
  const patient = { ...delivered.summary!.patient!, patientName }
  sample.change({ ...delivered, summary: { ...delivered.summary, patient } })
  const tab = await browser.tab()
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  await tab.until(`[...document.fonts].some((face) => face.family.includes('${family}') && face.status === 'loaded')`)
  // As wide as with the family alone, which boxes of the machine's own font are not.
  const width = (style: string) =>
    `(() => { const copy = document.querySelector('h1').cloneNode(true); copy.style.cssText = 'position:absolute;white-space:nowrap;${style}'; document.body.append(copy); const { width } = copy.getBoundingClientRect(); copy.remove(); return width })()`
  const alone = await tab.evaluate<number>(
    width(`font-family:system-ui,&quot;${family}&quot;`.replaceAll('&quot;', '')),
  )
  const boxes = await tab.evaluate<number>(width('font-family:DejaVu Sans'))
  expect(Math.abs(alone - boxes)).toBeGreaterThan(1)
  await tab.until(`Math.abs(${width('')} - ${alone}) < 0.5`)
  expect(tab.errors).toEqual([])
  await tab.close()
})
