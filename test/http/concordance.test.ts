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
    const { app } = sampleApp({}, { deps: { concordance: { figures, pdf: async () => new Uint8Array() } } })
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
