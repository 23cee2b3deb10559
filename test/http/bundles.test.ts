// Bundles over HTTP: the page with limits, cases and decisions, the decisions as form and as JSON, for administrators alone.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { rightNeeded } from '../../src/http/rights.ts'
import { sampleApp } from '../support/sample-app.ts'
import { sampleBundles } from '../support/sample-bundles.ts'

describe('bundles', () => {
  it('are shown with their state, each limit beside what was measured, each case and each decision', async () => {
    const text = await (await sampleApp().app.request('/bundles')).text()
    for (const part of [
      'glioma-old 1.0.0',
      'bundle.json is not JSON in UTF-8',
      'Trained on 120 more low-grade gliomas.',
      'Mean Dice against the active bundle, WT: at least 0.85',
      '0.813 of 2',
      'WT 0.700, 42.5 mL → 31.3 mL (−11.3)',
      'IDH-wildtype → no call',
      'INFERENCE_FAILED. Segmenting failed on cpu: out of memory',
      'Roll back to glioma-first 0.9.0',
      'href="/analyses/analysis-7"',
    ])
      expect(text).toContain(part)
    // While a limit is not met, nothing offers to activate.
    expect(text).not.toContain('action="/bundles/activate"')
    expect(text).toContain('action="/bundles/end-shadow"')
    expect(text).toContain('action="/bundles/rollback"')
    expect(text).not.toMatch(/style=|<script/)
    expect(await (await sampleApp().app.request('/api/bundles')).json()).toEqual(
      JSON.parse(JSON.stringify(sampleBundles)),
    )
  })

  it('offer to activate once every limit is met', async () => {
    const { shadow } = sampleBundles
    const limits = shadow!.limits.map((one) => ({ ...one, isMet: true }))
    const view = { ...sampleBundles, shadow: { ...shadow!, limits } }
    const { app } = sampleApp({}, { deps: { bundles: { ...sampleApp().deps.bundles, view: async () => view } } })
    const text = await (await app.request('/bundles')).text()
    expect(text).toContain('action="/bundles/activate"')
    expect(text).toContain(`name="bundle" value="${shadow!.bundle.digest}"`)
  })

  it('are decided on by a person who says why', async () => {
    const { app, calls } = sampleApp()
    const post = (path: string, fields: Record<string, string>) =>
      app.request(path, { method: 'POST', body: new URLSearchParams(fields) })
    const answer = await post('/bundles/activate', { bundle: 'glioma-new', by: 'Nine', reason: 'limits met' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/bundles'])
    const json = { method: 'POST', body: JSON.stringify({ by: 'Ten', reason: 'worse at night' }) }
    expect((await app.request('/api/bundles/rollback', json)).status).toBe(200)
    expect(calls).toEqual(['activate glioma-new Nine limits met', 'rollback - Ten worse at night'])
    expect((await post('/bundles/activate', { bundle: 'glioma-new', by: 'Nine' })).status).toBe(400)
    expect((await post('/bundles/activate', { bundle: '../x', by: 'Nine', reason: 'r' })).status).toBe(400)
    expect((await post('/bundles/delete', { by: 'Nine', reason: 'r' })).status).toBe(400)
  })

  it('say why a decision was refused', async () => {
    const decide = async () => Promise.reject(new AppError('CHANGE_REFUSED', 'measured 0.500 of 1'))
    const { app } = sampleApp({}, { deps: { bundles: { ...sampleApp().deps.bundles, decide } } })
    const body = JSON.stringify({ bundle: 'glioma-new', by: 'Ten', reason: 'r' })
    const answer = await app.request('/api/bundles/activate', { method: 'POST', body })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'CHANGE_REFUSED', detail: 'measured 0.500 of 1' })
  })

  it('are for administrators alone', () => {
    expect(rightNeeded('GET', '/bundles')).toBe('operate')
    expect(rightNeeded('GET', '/api/bundles')).toBe('operate')
    for (const path of ['/bundles/activate', '/api/bundles/rollback']) expect(rightNeeded('POST', path)).toBe('operate')
  })
})
