// A site's own figures over HTTP: the page, JSON and the PDF, by month, audited, and for administrators alone.
import { describe, expect, it } from 'vitest'
import { hasRight } from '../../src/domain/access.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { rightNeeded } from '../../src/http/rights.ts'
import { sampleApp } from '../support/sample-app.ts'
import { sampleFigures } from '../support/sample-figures.ts'

describe('concordance', () => {
  it('shows this site’s figures beside the card’s, and leads to the PDF', async () => {
    const { app } = sampleApp()
    const text = await (await app.request('/concordance')).text()
    const { wrongCalls, card } = sampleFigures.heads[0]!
    expect(text).toContain(`${wrongCalls.count} of ${wrongCalls.of} (`)
    expect(text).toContain(`${card!.wrongCalls!.count} of ${card!.wrongCalls!.of} (`)
    expect(text).toContain('Nothing of them leaves the site.')
    expect(text).toContain('href="/concordance.pdf"')
    expect(text).not.toMatch(/style=|p-\d/)
  })

  it('is asked by month, and refuses what is none', async () => {
    const months: (string | undefined)[] = []
    const figures = async (month?: string) => {
      months.push(month)
      return sampleFigures
    }
    const { app } = sampleApp({}, { deps: { concordance: { ...sampleApp().deps.concordance, figures } } })
    expect(await (await app.request('/api/concordance?month=2026-11')).json()).toEqual(
      JSON.parse(JSON.stringify(sampleFigures)),
    )
    expect(await (await app.request('/concordance?month=2026-11')).text()).toContain(
      'href="/concordance.pdf?month=2026-11"',
    )
    expect(months).toEqual(['2026-11', '2026-11'])
    for (const month of ['2026-13', '11', '2026-1'])
      expect((await app.request(`/concordance?month=${month}`)).status, month).toBe(400)
  })

  it('answers with a PDF of that name', async () => {
    const { app } = sampleApp()
    const answer = await app.request('/concordance.pdf?month=2026-11')
    expect(answer.headers.get('content-type')).toBe('application/pdf')
    expect(answer.headers.get('content-disposition')).toContain('concordance-2026-11.pdf')
  })

  it('leaves a row of the audit, and is for administrators', async () => {
    const rows: AuditEntry[] = []
    const { app } = sampleApp({}, { deps: { audit: { record: async (row) => void rows.push(row) } } })
    await app.request('/concordance')
    expect(rows).toEqual([
      {
        action: 'read',
        target: 'store',
        studyInstanceUid: '',
        what: 'figures of this site, of all its patients',
        outcome: 'success',
      },
    ])
    for (const path of ['/concordance', '/concordance.pdf', '/api/concordance', '/api/concordance.pdf']) {
      const right = rightNeeded('GET', path)!
      expect([hasRight(['administrator'], right), hasRight(['reviewer', 'viewer', 'board'], right)], path).toEqual([
        true,
        false,
      ])
    }
  })
})

describe('a head that a stop rule turned off', () => {
  const stop = {
    head: 'idh',
    at: '2026-11-02T03:00:00.000Z',
    reason: 'Calls that tissue contradicts: 30 % of 40',
  } as const
  const rule = { head: 'idh', measure: 'wrong-calls', above: 0.2, cases: 20 } as const
  const { concordance } = sampleApp().deps
  const off = {
    concordance: {
      ...concordance,
      stops: async () => [stop],
      rules: async () => [{ rule, since: '2026-10-01T00:00:00.000Z', measured: { value: 0.3, cases: 40 } }],
    },
  }

  it('stands over the worklist and over the figures, with the rule and what it looks at', async () => {
    const { app } = sampleApp({}, { deps: off })
    for (const path of ['/', '/concordance']) {
      const text = await (await app.request(path)).text()
      expect(text).toContain('IDH mutation status is turned off since 2026-11-02 03:00 UTC')
      expect(text).toContain('Calls that tissue contradicts: 30 % of 40')
    }
    const text = await (await app.request('/concordance')).text()
    expect(text).toContain('at most 20 %, from 20 cases on')
    expect(text).toContain('action="/concordance/heads/idh/on"')
    expect(await (await app.request('/api/heads')).json()).toMatchObject({ stops: [stop], rules: [{ rule }] })
  })

  it('is turned on by a person who says why, and by nobody else', async () => {
    const { app, calls } = sampleApp()
    const post = (path: string, fields: Record<string, string>) =>
      app.request(path, { method: 'POST', body: new URLSearchParams(fields) })
    const answer = await post('/concordance/heads/idh/on', { by: 'Nine', reason: 'the scanner was set right' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/concordance'])
    const json = { method: 'POST', body: JSON.stringify({ by: 'Ten', reason: 'r' }) }
    expect((await app.request('/api/heads/grade/on', json)).status).toBe(200)
    expect(calls).toEqual(['turn on idh Nine the scanner was set right', 'turn on grade Ten r'])
    expect((await post('/concordance/heads/idh/on', { by: 'Nine' })).status).toBe(400)
    expect((await post('/concordance/heads/liver/on', { by: 'Nine', reason: 'r' })).status).toBe(400)
    for (const path of ['/concordance/heads/idh/on', '/api/heads/idh/on'])
      expect(rightNeeded('POST', path)).toBe('operate')
  })
})
