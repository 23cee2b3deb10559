// Looking at a patient's data leaves a row of the audit trail: which, for whom, once for each look, and before anything is shown.
import { beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { delivered } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'

let rows: AuditEntry[]
let broken: boolean
const clock = createManualClock()
beforeEach(() => {
  rows = []
  broken = false
})
function opened() {
  const audit = {
    async record(entry: AuditEntry) {
      if (broken) throw new Error('the disk is full')
      rows.push(entry)
    },
  }
  const { app } = sampleApp({}, { deps: { audit, clock } })
  const as = (name: string) => ({ authorization: `Basic ${Buffer.from(`${name}:x`).toString('base64')}` })
  return (path: string, name = 'nine', init: RequestInit = {}) => app.request(path, { headers: as(name), ...init })
}
const id = delivered.analysisId
const { studyInstanceUid } = delivered

describe('a view', () => {
  it.each([
    ['/', '', 'list of analyses'],
    ['/api/analyses', '', 'list of analyses'],
    [`/analyses/${id}`, studyInstanceUid, `page of analysis ${id}`],
    [`/analyses/${id}/report.pdf`, studyInstanceUid, `report.pdf of analysis ${id}`],
    [`/analyses/${id}/segmentation.dcm`, studyInstanceUid, `segmentation.dcm of analysis ${id}`],
    [`/api/analyses/${id}`, studyInstanceUid, `page of analysis ${id}`],
    [`/api/analyses/${id}/events`, studyInstanceUid, `events of analysis ${id}`],
  ])('of %s is a row', async (path, study, what) => {
    const get = opened()
    expect((await get(path)).status).toBe(200)
    const user = { identifier: 'nine', name: 'nine' }
    expect(rows).toEqual([{ action: 'read', target: 'store', studyInstanceUid: study, what, outcome: 'success', user }])
  })

  it('is one row however often the page renews itself, and another for another person, or after a while', async () => {
    const get = opened()
    for (let n = 0; n < 5; n += 1) {
      await get('/')
      clock.advance(300)
    }
    expect(rows).toHaveLength(1)
    await get('/', 'ten')
    clock.advance(700)
    await get('/')
    expect(rows.map(({ user }) => user?.name)).toEqual(['nine', 'ten', 'nine'])
  })

  it('of nothing is none: pages that are not there, assets, health', async () => {
    const get = opened()
    for (const path of ['/analyses/none', '/healthz', '/metrics', '/assets/fonts.css']) await get(path)
    expect(rows).toEqual([])
  })

  it('that cannot be recorded shows nothing', async () => {
    const get = opened()
    broken = true
    const answer = await get(`/analyses/${id}`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain(delivered.summary!.patient!.patientId)
  })
})
