// The README's pictures: the study page and the report's page of details, as the demo makes them. Needs Chromium and pdftoppm.
// Usage: node bin/run.mjs scripts/pictures.ts     writes docs/images/{page,report}.png
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runDemo } from '../demo/demo.ts'
import { startBrowser } from '../test/support/browser.ts'

const into = (name: string) => fileURLToPath(new URL(`../docs/images/${name}`, import.meta.url))
const DETAILS = 2

const demo = await runDemo({ seed: 1, port: 0, environment: process.env })
const browser = await startBrowser()
try {
  const { page } = demo.result
  const tab = await browser.tab()
  await tab.size(1280, 900)
  await tab.open(page)
  await tab.until("document.querySelector('canvas')?.width > 0 && document.readyState === 'complete'")
  await tab.evaluate('new Promise((done) => setTimeout(done, 3000))')
  await writeFile(into('page.png'), await tab.picture())
  const pdf = Buffer.from(await (await fetch(`${page}/report.pdf`)).arrayBuffer())
  const only = ['-f', `${DETAILS}`, '-l', `${DETAILS}`, '-singlefile']
  execFileSync('pdftoppm', ['-png', '-r', '90', ...only, '-', into('report')], { input: pdf })
} finally {
  await browser.close()
  await demo.close()
}
