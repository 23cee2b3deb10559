// Notices on the pages: what was given up stands over the worklist, is listed with its reason, and is sent again by a button.
import { expect, it } from 'vitest'
import { ERRORS } from '../../src/domain/errors.ts'
import type { KeptNotice, NoticeState } from '../../src/domain/ports/notices.ts'
import { worklistPage } from '../../src/web/worklist.ts'
import { sampleApp } from '../support/sample-app.ts'
import { failedNotice } from '../support/sample-notice.ts'

const failed: KeptNotice = { ...failedNotice, rule: 'night desk <b>' }
const sent: KeptNotice = { ...failed, noticeId: 'c3d4', state: 'done', attempts: 1 }

function appWith(notices: KeptNotice[]) {
  const again: string[] = []
  const list = async ({ state }: { state?: NoticeState }) =>
    notices.filter((one) => state === undefined || one.state === state)
  const sendAgain = async (id: string) => {
    again.push(id)
    return failed
  }
  return { again, ...sampleApp({}, { deps: { notices: { list, again: sendAgain } } }) }
}

const textOf = async (answer: Response | Promise<Response>) => (await answer).text()

it('stand over the worklist once they are given up, and not before', async () => {
  expect(await textOf(appWith([sent]).app.request('/'))).not.toContain('given up')
  const page = await textOf(appWith([failed, sent]).app.request('/'))
  expect(page).toContain('1 notice was given up')
  expect(page).toContain('href="/notices?state=failed"')
})

it('are not shown to whoever cannot send them again', async () => {
  const view = {
    records: [],
    claims: [],
    hours: [],
    counts: { queued: 0, running: 0, analysed: 0, delivered: 0, held: 0, superseded: 0 },
    notAnalysed: 0,
    peers: [],
    arriving: 0,
    failedNotices: 2,
    stops: [],
    version: '1',
    offset: 0,
    limit: 50,
  }
  expect(String(await worklistPage({ ...view, may: (right) => right === 'operate' }))).toContain('2 notices')
  expect(String(await worklistPage({ ...view, may: (right) => right !== 'operate' }))).not.toContain('2 notices')
})

it('are listed with the reason and what to do about it', async () => {
  const { app } = appWith([failed, sent])
  const page = await textOf(app.request('/notices'))
  const parts = [
    'night desk &lt;b&gt;',
    'after 12 attempts',
    '550 to RCPT TO',
    'NOTICE_REFUSED',
    ERRORS.NOTICE_REFUSED[1],
  ]
  for (const part of parts) expect(page).toContain(part)
  expect(page.match(/action="\/notices\/(\w+)\/again"/g)).toEqual(['action="/notices/a1b2/again"'])
  expect(await textOf(app.request('/notices?state=done'))).not.toContain('550')
  expect((await app.request('/notices?state=odd')).status).toBe(400)
})

it('are sent again by the button', async () => {
  const { app, again } = appWith([failed])
  const answer = await app.request('/notices/a1b2/again', { method: 'POST' })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/notices'])
  expect(again).toEqual(['a1b2'])
})
