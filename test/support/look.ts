import { writeFileSync } from 'node:fs'
import { serve } from '../../src/http/serve.ts'
import { startBrowser } from './browser.ts'
import { delivered } from './sample-analyses.ts'
import { sampleApp } from './sample-app.ts'
import { sampleImages } from './sample-images.ts'

const FINE = {
  size: [200, 230, 150],
  spacing: [1, 1, 1.1],
  origin: [-100, -115, -60],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const
let t = performance.now()

import { cpSync, existsSync } from 'node:fs'
import { readPageScripts } from '../../src/http/page-scripts.ts'
import { createShownImages } from '../../src/viewer/shown.ts'
import { createImageSpool } from '../../src/viewer/spool.ts'
import { realClock } from './real-clock.ts'

if (!existsSync('/tmp/vspool')) {
  const made = await sampleImages(delivered.analysisId, FINE as never)
  cpSync(made.folder, '/tmp/vspool', { recursive: true })
  await made.remove()
}
const images = {
  deps: {
    images: createShownImages({
      spool: createImageSpool('/tmp/vspool', realClock),
      audit: { record: async () => undefined },
      clock: realClock,
    }),
    scripts: await readPageScripts(),
  },
}
console.log('spooled', performance.now() - t)
const sample = sampleApp({}, { deps: images.deps })
const server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
const browser = await startBrowser()
const tab = await browser.tab()
await tab.size(1280, 720)
t = performance.now()
await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
await tab.until(`document.querySelector('.viewer')?.dataset.shown`)
console.log('first', performance.now() - t)
await tab.evaluate(`document.querySelector('#images').scrollIntoView()`)
await new Promise((r) => setTimeout(r, 400))
writeFileSync('/tmp/v1.png', await tab.picture())
const script = process.argv[2]
if (script) {
  await tab.evaluate(script)
  await tab.until(process.argv[3] ?? 'true')
  await new Promise((r) => setTimeout(r, 800))
  writeFileSync('/tmp/v2.png', await tab.picture())
}
writeFileSync('/tmp/v3.png', await tab.picture(true))
console.log(tab.errors)
await browser.close()
await server.close()
