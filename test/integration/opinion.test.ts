// A reviewer's own opinion before the software's predictions, in a real browser: by keyboard alone, and at the sizes at which people read.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { headsToJudge, type Opinion, opinionEvent } from '../../src/domain/opinion.ts'
import type { SignIn } from '../../src/domain/ports/sign-in.ts'
import { type RunningServer, serve } from '../../src/http/serve.ts'
import { OPINIONS, opinionStated } from '../../src/wording/opinions.ts'
import { SIZES, seriousFindings } from '../support/axe.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { OBLIQUE } from '../support/result.ts'
import { delivered, sampleResult } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'
import { type SampleImages, sampleImages } from '../support/sample-images.ts'

const DORA = { identifier: 'P-77', name: 'Dora Nine' }
const heads = headsToJudge(sampleResult.predictions)
const kept: Opinion[] = []

let images: SampleImages
let server: RunningServer
let browser: Browser
let tab: Tab
beforeAll(async () => {
  images = await sampleImages(delivered.analysisId, OBLIQUE)
  const signIn = {
    offers: { oidc: false, accounts: true, ehrs: [] },
    visitor: async () => ({ person: DORA, roles: ['reviewer'] }),
  } as unknown as SignIn
  const sample = sampleApp({ publicUrl: 'http://127.0.0.1' }, { deps: { ...images.deps, signIn } })
  sample.deps.stateOpinion = async (analysisId, opinion, name) => {
    kept.push(opinion)
    const event = { at: '2026-03-01T08:00:00.000Z', ...opinionEvent(opinion, opinionStated(name)) }
    sample.change(sample.records.get(analysisId)!, event)
  }
  server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
  browser = await startBrowser()
  tab = await browser.tab()
  await tab.size(1280, 720)
  await tab.open(`${server.url}/sign-in`)
  // The sample takes any session for hers.
  await tab.evaluate(`document.cookie = 'gliabridge=any; path=/'`)
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await images?.remove()
})

const text = () => tab.evaluate<string>('document.querySelector("main").innerText')

it('stands in the place of the predictions, without a serious finding of axe-core', async () => {
  expect(await text()).toContain(OPINIONS.title)
  expect(await text()).not.toContain('Predictions from the images')
  for (const [width, height] of SIZES) {
    await tab.size(width, height)
    expect(await seriousFindings(tab), `at ${width} x ${height}`).toEqual([])
  }
  await tab.size(1280, 720)
  await tab.evaluate(`document.querySelector('.opinion').scrollIntoView({ block: 'center' })`)
  await keepPicture('opinion-first', await tab.picture())
})

it('is stated by keyboard alone, and then the predictions are there', async () => {
  const focused = () => tab.evaluate<string>('document.activeElement.name ?? ""')
  for (const { head } of heads) {
    for (let n = 0; n < 80 && (await focused()) !== `call.${head}`; n += 1) await tab.press('Tab')
    await tab.press('ArrowDown')
  }
  await tab.press('Tab')
  await tab.press('Enter')
  await tab.until(`document.querySelector('main')?.innerText.includes('Predictions from the images')`)
  expect(kept).toEqual([
    { reader: { identifier: 'P-77' }, calls: Object.fromEntries(heads.map(({ head, classes }) => [head, classes[0]])) },
  ])
  expect(await tab.evaluate(`document.querySelector('.opinion')`)).toBeNull()
  expect(await tab.evaluate(`document.querySelector('.review-form') !== null`)).toBe(true)
  expect(tab.errors).toEqual([])
})
