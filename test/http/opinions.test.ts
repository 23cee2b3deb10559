// A reviewer's own opinion before the software's predictions, where a site wants it: what is shown before and after, and what is kept.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Role, Visitor } from '../../src/domain/access.ts'
import { hasStated, headsToJudge, type Opinion, opinionEvent, opinionIn } from '../../src/domain/opinion.ts'
import type { SignIn } from '../../src/domain/ports/sign-in.ts'
import { OPINIONS } from '../../src/wording/opinions.ts'
import { delivered, held, sampleResult } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'

const DORA = { identifier: 'P-77', system: 'urn:oid:1.2.3', name: 'Dora Nine' }
const EVE = { identifier: 'P-78', name: 'Eve Ten' }
const id = delivered.analysisId

function opened(site: { asks: boolean } = { asks: true }) {
  let visitor: Visitor = { person: DORA, roles: ['reviewer'] }
  const signIn = {
    offers: { oidc: false, accounts: true, ehrs: [] },
    visitor: async () => visitor,
  } as unknown as SignIn
  const kept: Opinion[] = []
  const sample = sampleApp({ publicUrl: 'http://localhost' }, { deps: { signIn } })
  if (site.asks)
    sample.deps.stateOpinion = async (analysisId, opinion, name) => {
      kept.push(opinion)
      const event = { at: '2026-03-01T08:00:00.000Z', ...opinionEvent(opinion, `by ${name}`) }
      sample.change(sample.records.get(analysisId)!, event)
    }
  const as = (person: Visitor['person'], roles: Role[] = ['reviewer']) => {
    visitor = { person, roles }
  }
  const send = (path: string, fields?: Record<string, string>) =>
    sample.app.request(path, {
      headers: { host: 'localhost', cookie: 'gliabridge=good', 'sec-fetch-site': 'same-origin' },
      ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
    })
  const page = async () => (await send(`/analyses/${id}`)).text()
  return { ...sample, kept, as, send, page }
}
const heads = headsToJudge(sampleResult.predictions)
const answers = Object.fromEntries(heads.map(({ head, classes }) => [`call.${head}`, classes[0]!]))
const SECRETS = ['IDH-wildtype</p>', 'Predictions from the images', 'report.pdf', 'name="decision"', 'What spoke for']

describe('where a site asks for it', () => {
  let site: ReturnType<typeof opened>
  beforeEach(() => {
    site = opened()
  })

  it('hides predictions, report and decision behind the questions, and shows them once they are answered', async () => {
    const before = await site.page()
    for (const secret of SECRETS) expect(before, secret).not.toContain(secret)
    expect(before).toContain(OPINIONS.title)
    for (const { head, classes } of heads) {
      expect(before).toContain(`name="call.${head}"`)
      for (const one of classes) expect(before).toContain(`<option value="${one}">`)
    }
    // Volumes and images are what the reader judges by.
    expect(before).toContain('Whole tumour')
    expect((await site.send(`/analyses/${id}/report.pdf`)).status).toBe(409)
    const refused = await site.send(`/analyses/${id}/review`, { decision: 'accept', version: '0' })
    expect([refused.status, site.calls]).toEqual([409, []])

    expect((await site.send(`/analyses/${id}/opinion`, answers)).status).toBe(303)
    expect(site.kept).toEqual([
      {
        reader: { identifier: 'P-77', system: 'urn:oid:1.2.3' },
        calls: Object.fromEntries(heads.map(({ head, classes }) => [head, classes[0]])),
      },
    ])
    const after = await site.page()
    for (const secret of SECRETS) expect(after, secret).toContain(secret)
    expect(after).not.toContain(OPINIONS.title)
    expect((await site.send(`/analyses/${id}/report.pdf`)).status).toBe(200)
    expect((await site.send(`/analyses/${id}/review`, { decision: 'accept', version: '0' })).status).toBe(303)
  })

  it('keeps the first one: a second may have seen the predictions', async () => {
    await site.send(`/analyses/${id}/opinion`, answers)
    const other = Object.fromEntries(Object.keys(answers).map((field) => [field, 'cannot-tell']))
    expect((await site.send(`/analyses/${id}/opinion`, other)).status).toBe(303)
    expect(site.kept).toHaveLength(1)
  })

  it('asks each reader, and tells the next one nothing of it', async () => {
    await site.send(`/analyses/${id}/opinion`, answers)
    site.as(EVE)
    const page = await site.page()
    expect(page).toContain(OPINIONS.title)
    for (const secret of SECRETS) expect(page, secret).not.toContain(secret)
  })

  it('asks nobody who does not decide, and nothing of a study without predictions', async () => {
    site.as(EVE, ['viewer'])
    expect(await site.page()).toContain('Predictions from the images')
    site.as(DORA)
    expect(await (await site.send(`/analyses/${held.analysisId}`)).text()).not.toContain(OPINIONS.title)
  })

  it.each([
    ['a class that is none', { ...answers, 'call.idh': 'IDH-perhaps' }],
    ['an answer that is missing', Object.fromEntries(Object.entries(answers).slice(1))],
  ])('refuses %s', async (_, fields) => {
    const answer = await site.send(`/analyses/${id}/opinion`, fields)
    expect([answer.status, site.kept]).toEqual([400, []])
    expect(await answer.text()).toContain('cannot-tell')
  })
})

it('shows everything at once where a site does not ask for it', async () => {
  const site = opened({ asks: false })
  for (const secret of SECRETS) expect(await site.page(), secret).toContain(secret)
  expect((await site.send(`/analyses/${id}/opinion`, answers)).status).toBe(404)
})

it('is read from the history by a check', () => {
  const opinion: Opinion = { reader: { identifier: 'P-77' }, calls: { idh: 'IDH-mutant' } }
  const { data } = opinionEvent(opinion, 'said')
  expect(opinionIn(JSON.parse(JSON.stringify(data)))).toEqual(opinion)
  for (const odd of [undefined, null, {}, { reader: {}, calls: {} }, { reader: { identifier: 7 }, calls: {} }, []])
    expect(opinionIn(odd)).toBeUndefined()
  expect(opinionIn({ reader: { identifier: 'P' }, calls: { idh: 3, none: 'x' } })?.calls).toEqual({})
  const events = [{ at: '', kind: 'opinion', text: '', data: data! }]
  expect(hasStated(events, { identifier: 'P-77' })).toBe(true)
  expect(hasStated(events, { identifier: 'P-77', system: 'urn:x' })).toBe(false)
})
