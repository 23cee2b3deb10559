// A decision in a real browser by keyboard alone, two reviewers at once, and edits that reach the review interface.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { ReviewFact } from '../../src/domain/review.ts'
import type { AppDeps } from '../../src/http/deps.ts'
import { readPageScripts } from '../../src/http/page-scripts.ts'
import { type RunningServer, serve } from '../../src/http/serve.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { delivered } from '../support/sample-analyses.ts'
import { type SampleApp, sampleApp } from '../support/sample-app.ts'

type Sent = Parameters<AppDeps['review']>[1]

let sample: SampleApp
let sent: Sent[]
let server: RunningServer
let browser: Browser
let tab: Tab
beforeAll(async () => {
  browser = await startBrowser()
  tab = await browser.tab()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  await server?.close()
  sent = []
  sample = sampleApp({}, { deps: { review, scripts: await readPageScripts() } })
  server = await serve(sample.app, { host: '127.0.0.1', port: 0 })
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  await tab.evaluate(`sessionStorage.clear()`)
  await tab.until(`document.querySelector('.review-form')?.dataset.ready === ''`)
})
afterAll(() => server?.close())

/** As the pipeline answers: who knew of another number of reviews is refused. */
async function review(id: string, request: Sent) {
  const record = sample.records.get(id)!
  if (request.version !== (record.review?.number ?? 0))
    throw new AppError('STATE_CONFLICT', 'the analysis was reviewed meanwhile')
  sent.push(request)
  const { version, key: _key, reviewer, ...decided } = request
  const fact: ReviewFact = {
    ...decided,
    reviewer: reviewer.name,
    number: version + 1,
    at: '2026-03-01T04:00:00.000Z',
    delivered: true,
  }
  sample.change({ ...record, review: fact })
  return {
    review: { ...decided, reviewer, analysisId: id, reviewId: 'r', number: version + 1, at: fact.at, deliveries: [] },
    created: true,
  }
}

const type = async (text: string) => {
  for (const letter of text) await tab.press(letter)
}
const focusedName = () =>
  tab.evaluate<string>('document.activeElement.name || document.activeElement.textContent.trim()')
const tabTo = async (name: string) => {
  for (let n = 0; n < 120; n += 1) {
    if ((await focusedName()) === name) return
    await tab.press('Tab')
  }
  throw new Error(`no focus on ${name}`)
}

/** Fills in who decides, records the decision, and waits until the page says so. */
async function signByKeyboard(words: string): Promise<void> {
  await tabTo('name')
  await type('Dora Nine')
  await tab.press('Tab')
  await type('P-77')
  await tabTo('Record the decision')
  await tab.press('Enter')
  await tab.until(`document.querySelector('.decision')?.textContent.includes('${words}')`)
}

it('rejects with a reason by keyboard alone', async () => {
  await tabTo('decision')
  await tab.press(' ')
  await tab.press('ArrowDown')
  await tab.press('ArrowDown')
  expect(await tab.evaluate(`document.activeElement.value`)).toBe('reject')
  await tab.press('Tab')
  expect(await focusedName()).toBe('reason')
  await type('wrong series')
  await signByKeyboard('Rejected')
  expect(sent).toMatchObject([
    {
      decision: 'reject',
      version: 0,
      reason: 'wrong series',
      reviewer: { name: 'Dora Nine', identifier: 'P-77' },
      edits: [],
    },
  ])
  expect(await tab.evaluate(`document.querySelector('.review-form')`)).toBeNull()
  expect(tab.errors).toEqual([])
})

it('accepts with edits by keyboard alone: a volume and an outline', async () => {
  const record = sample.records.get(delivered.analysisId)!
  const grid = { size: [2, 2, 2], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [] }
  sample.change({ ...record, summary: { ...record.summary, grid } } as never)
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  await tab.until(`document.querySelector('.review-form')?.dataset.ready === ''`)
  // That of the page before, whose server has gone.
  tab.errors.splice(0)
  await tabTo('decision')
  await tab.press(' ')
  await tab.press('ArrowDown')
  expect(await tab.evaluate(`document.activeElement.value`)).toBe('accept-with-edits')
  await tabTo('exclude.segment.NCR')
  await tab.press(' ')
  await tabTo('why.segment.NCR')
  await type('haemorrhage')
  await tabTo('to.measurement.ET')
  await type('11.5')
  await tabTo('why.measurement.ET')
  await type('a vessel')
  await tabTo('to.prediction.idh')
  await tab.press('End')
  await tabTo('why.prediction.idh')
  await type('not typical')
  await signByKeyboard('Accepted with edits')
  expect(sent[0]!.edits).toEqual([
    { target: 'measurement.ET', from: 14.9, to: 11.5, reason: 'a vessel' },
    { target: 'prediction.idh', from: 'IDH-wildtype', to: 'indeterminate', reason: 'not typical' },
    { target: 'segment.NCR', from: 'software', to: 'excluded', reason: 'haemorrhage' },
  ])
  expect(tab.errors).toEqual([])
})

it('corrects a volume, excludes a segment, and toggles a finding', async () => {
  // Outlines are corrected where the result says on what grid they lie.
  const record = sample.records.get(delivered.analysisId)!
  const grid = { size: [2, 2, 2], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [] }
  sample.change({ ...record, summary: { ...record.summary, grid } } as never)
  await tab.open(`${server.url}/analyses/${delivered.analysisId}`)
  await tab.until(`document.querySelector('.review-form')?.dataset.ready === ''`)
  const set = (name: string, value: string) =>
    tab.evaluate(`(() => {
      const field = document.querySelector('.review-form').elements.namedItem(${JSON.stringify(name)})
      if (field.type === 'checkbox') field.checked = true
      else field.value = ${JSON.stringify(value)}
      for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, { bubbles: true }))
    })()`)
  await tab.evaluate(`document.querySelector('[value="accept-with-edits"]').click()`)
  await set('to.measurement.ET', '11.5')
  expect(await tab.evaluate(`document.querySelector('[name="why.measurement.ET"]').required`)).toBe(true)
  await set('why.measurement.ET', 'a vessel')
  await set('exclude.segment.NCR', 'on')
  await set('why.segment.NCR', 'haemorrhage')
  await set('to.prediction.idh', 'indeterminate')
  await set('why.prediction.idh', 'not typical')
  await set('name', 'Dora Nine')
  await set('identifier', 'P-77')
  await tab.size(1280, 720)
  await tab.evaluate(`document.querySelector('.review').scrollIntoView()`)
  await keepPicture('review-form', await tab.picture())
  await tab.evaluate(`document.querySelector('.review-form').requestSubmit()`)
  await tab.until(`document.querySelector('.decision')?.textContent.includes('Accepted with edits')`)
  expect(sent[0]!.edits).toEqual([
    { target: 'measurement.ET', from: 14.9, to: 11.5, reason: 'a vessel' },
    { target: 'prediction.idh', from: 'IDH-wildtype', to: 'indeterminate', reason: 'not typical' },
    { target: 'segment.NCR', from: 'software', to: 'excluded', reason: 'haemorrhage' },
  ])
  // A further decision begins with the edits of this one.
  await tab.until(`document.querySelector('.review-form')?.dataset.ready === ''`)
  await tab.evaluate(`document.querySelector('[value="accept-with-edits"]').click()`)
  expect(await tab.evaluate(`document.querySelector('[name="to.measurement.ET"]').value`)).toBe('11.5')
  expect(await tab.evaluate(`document.querySelector('[name="name"]').value`)).toBe('Dora Nine')
})

it('tells the second of two reviewers, and keeps what was typed', async () => {
  await tab.until(`document.getElementById('link').textContent === 'Live'`)
  await tabTo('reason')
  await type('my remark')
  await review(delivered.analysisId, {
    decision: 'accept',
    version: 0,
    key: 'another-person',
    reviewer: { name: 'Eve Ten', identifier: 'P-78' },
    edits: [],
  })
  await tab.until(`document.querySelector('.decision')?.textContent.includes('Eve Ten')`)
  await tab.until(`!document.querySelector('[data-meanwhile]').hidden`)
  expect(await tab.evaluate(`document.querySelector('[name="reason"]').value`)).toBe('my remark')
  expect(await tab.evaluate(`document.querySelector('.review-form button').disabled`)).toBe(true)
  expect(sent).toHaveLength(1)
})

it('tells who else has the analysis open, as soon as it is known who looks', async () => {
  await sample.deps.claims.claim(delivered.analysisId, { identifier: 'P-78', name: 'Eve Ten' })
  expect(await tab.evaluate(`document.querySelector('[data-others]').hidden`)).toBe(true)
  await tabTo('name')
  await type('Dora Nine')
  await tab.press('Tab')
  await type('P-77')
  await tab.press('Tab')
  await tab.until(`!document.querySelector('[data-others]').hidden`)
  expect(await tab.evaluate(`document.querySelector('[data-others]').textContent`)).toContain(
    'Also opened by: Eve Ten.',
  )
  expect((await sample.deps.claims.of([delivered.analysisId])).map(({ name }) => name)).toEqual([
    'Eve Ten',
    'Dora Nine',
  ])
  await keepPicture('review-second', await tab.picture())
  // Leaving the page gives the claim back.
  await tab.open(`${server.url}/`)
  for (let n = 0; n < 50 && (await sample.deps.claims.of([delivered.analysisId])).length > 1; n += 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
  expect((await sample.deps.claims.of([delivered.analysisId])).map(({ name }) => name)).toEqual(['Eve Ten'])
})

it('refuses the second one also where the page could not tell them', async () => {
  const answer = await sample.app.request(`/analyses/${delivered.analysisId}/review`, {
    method: 'POST',
    headers: { host: 'localhost', accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ decision: 'accept', version: '3', name: 'Eve Ten', identifier: 'P-78' }).toString(),
  })
  expect(answer.status).toBe(409)
  expect(sent).toEqual([])
})
