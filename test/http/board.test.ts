// A meeting over HTTP: patients in a body or a List of the EHR, as a page for the projector, as JSON, and as one PDF.
import { describe, expect, it } from 'vitest'
import { delivered } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'

const id = delivered.summary!.patient!.patientId
const json = (body: unknown) => ({ method: 'POST', body: JSON.stringify(body) })
const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })

describe('the page for the projector', () => {
  it('asks for patients in a form, whose answer shows them one after the other', async () => {
    const { app } = sampleApp()
    expect(await (await app.request('/board')).text()).toContain('<textarea name="patients"')
    const answer = await app.request('/board', form({ patients: `${id}\r\n# nobody\r\nunknown-7\r\n`, list: '' }))
    const text = await answer.text()
    expect(text).toContain('<section class="slide" id="patient-1"><div class="slide-top"><h2>Müller-Lüdenscheid')
    expect(text).toContain('<h2>unknown-7</h2>')
    expect(text).toContain('no delivered analysis')
    expect(text.match(/rel="next"/g)).toHaveLength(1)
    expect(text.match(/rel="prev"/g)).toHaveLength(1)
    expect(text).toContain('href="#patient-2" rel="next"')
    expect(text).toContain(`href="/analyses/${delivered.analysisId}"`)
    expect(text).toMatch(/<title>Tumour board – /)
    expect(text).not.toMatch(/style=|<script(?! src)/)
  })

  it('shows a List of the EHR by its id', async () => {
    const { app, calls } = sampleApp()
    const text = await (await app.request('/board?list=tb-9')).text()
    expect(calls).toEqual(['list tb-9'])
    expect(text).toContain('the EHR has no Patient ID for this patient')
  })
})

describe('the API', () => {
  it('says of each patient what is shown, or why nothing', async () => {
    const { app } = sampleApp()
    const answer = await app.request('/api/board', json({ patients: [{ patientId: 'unknown-7' }, { patientId: id }] }))
    expect(await answer.json()).toEqual({
      patients: [
        { requested: 'unknown-7', notShown: 'no-result' },
        { requested: id, analysisId: delivered.analysisId, status: 'PRELIMINARY – not reviewed' },
      ],
    })
  })

  it('answers with one PDF', async () => {
    const { app } = sampleApp()
    const answer = await app.request('/api/board.pdf', json({ patients: [{ patientId: id }] }))
    expect(answer.headers.get('content-type')).toBe('application/pdf')
    expect(await answer.text()).toMatch(/^%PDF-1\.7/)
  })

  it.each([
    ['{}', /patients or list/],
    ['{"patients":[]}', /patients/],
    ['{"list":"../Patient/1"}', /list/],
  ])('refuses %s', async (body, said) => {
    const { app } = sampleApp()
    const answer = await app.request('/api/board', { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toMatch(said)
  })

  it('has no picture of an analysis that kept none', async () => {
    const { app } = sampleApp()
    expect((await app.request(`/analyses/${delivered.analysisId}/board/0.png`)).status).toBe(404)
  })
})
