// The review interface: what a decision must say, and how it is answered.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { type SampleApp, sampleApp } from '../support/sample-app.ts'

const reviewer = { identifier: 'P-77', name: 'Dr Nine' }
const accept = { decision: 'accept', version: 0, reviewer }
/** Body as JSON, of which a test asks what it expects. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is under test
const jsonOf = (answer: Response): Promise<any> => answer.json()
const edit = { target: 'measurement.ET', from: 9.87, to: 7, reason: 'A vessel' }

function send(sample: ReturnType<typeof sampleApp>, body: unknown, headers: Record<string, string> = {}, id?: string) {
  const analysisId = id ?? [...sample.records.keys()][0]!
  return sample.app.request(`/api/analyses/${analysisId}/review`, {
    method: 'POST',
    headers: { 'idempotency-key': 'key-0001', host: 'localhost', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

describe('POST /api/analyses/:id/review', () => {
  it('records a decision, and answers a repetition with what it recorded', async () => {
    const sample = sampleApp()
    const id = [...sample.records.keys()][0]!
    const first = await send(sample, accept)
    expect(first.status).toBe(201)
    expect(await first.json()).toMatchObject({
      version: 1,
      review: { decision: 'accept', reviewer, number: 1, edits: [] },
    })
    expect((await send(sample, accept, { 'idempotency-key': 'key-again' })).status).toBe(200)
    const edited = { ...accept, decision: 'accept-with-edits', version: 1, edits: [edit] }
    expect((await send(sample, edited)).status).toBe(201)
    expect((await send(sample, { ...accept, decision: 'reject', version: 2, reason: 'Wrong series' })).status).toBe(201)
    expect(sample.calls).toEqual([
      `review ${id} 0 key-0001 accept`,
      `review ${id} 0 key-again accept`,
      `review ${id} 1 key-0001 accept-with-edits`,
      `review ${id} 2 key-0001 reject`,
    ])
  })

  it.each([
    ['no key', accept, { 'idempotency-key': '' }, /idempotency-key must/],
    ['a short key', accept, { 'idempotency-key': 'a' }, /idempotency-key must have 8 to 100/],
    ['no JSON', '{"decision":', {}, /the body is not JSON/],
    ['no version', { decision: 'accept', reviewer }, {}, /version/],
    ['an unknown decision', { ...accept, decision: 'maybe' }, {}, /decision must be one of accept/],
    ['no reviewer', { decision: 'accept', version: 0 }, {}, /reviewer/],
    ['an empty name', { ...accept, reviewer: { identifier: 'x', name: '  ' } }, {}, /reviewer.name must not be empty/],
    ['a rejection without reason', { ...accept, decision: 'reject' }, {}, /reason must be given for a rejection/],
    ['edits that are none', { ...accept, decision: 'accept-with-edits' }, {}, /edits belong to accept-with-edits/],
    ['edits of a plain acceptance', { ...accept, edits: [edit] }, {}, /edits belong to accept-with-edits/],
    [
      'an edit of nothing known',
      { ...accept, decision: 'accept-with-edits', edits: [{ ...edit, target: 'patient.name' }] },
      {},
      /edits.0.target must name a measurement, a prediction/,
    ],
    [
      'strokes without the edit that says so',
      { ...accept, strokes: [{ label: 1, radiusMm: 3, points: [[1, 2, 3]] }] },
      {},
      /strokes and an edit of outlines belong together/,
    ],
    [
      'more strokes than a person draws',
      {
        ...accept,
        decision: 'accept-with-edits',
        edits: [{ target: 'outlines', from: 'software', to: 'redrawn', reason: 'r' }],
        strokes: [{ label: 1, radiusMm: 3, points: Array(4001).fill([1, 2, 3]) }],
      },
      {},
      /strokes has more than 4000 points/,
    ],
    ['a field of no meaning', { ...accept, sign: true }, {}, /sign is not a parameter/],
  ])('refuses %s', async (_what, body, headers, detail) => {
    const sample = sampleApp()
    const answer = await send(sample, body, headers as Record<string, string>)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const problem = await jsonOf(answer)
    expect(problem.detail).toMatch(detail)
    expect(problem.hint).toMatch(/^Correct the (body|headers)\.$/)
    expect(sample.calls).toEqual([])
  })

  it.each([
    ['REVIEW_INVALID', 422],
    ['STATE_CONFLICT', 409],
    ['NOT_FOUND', 404],
  ] as const)('answers %s with %i', async (code, status) => {
    const review = async () => {
      throw new AppError(code, 'why')
    }
    const answer = await send(sampleApp({}, { deps: { review } }), accept)
    expect([answer.status, (await jsonOf(answer)).code]).toEqual([status, code])
  })

  it('asks for the token, and refuses pages of other sites', async () => {
    const guarded = sampleApp({ token: 'secret' })
    expect((await send(guarded, accept)).status).toBe(401)
    expect((await send(guarded, accept, { authorization: 'Bearer secret' })).status).toBe(201)
    expect((await send(sampleApp(), accept, { origin: 'https://evil.example' })).status).toBe(403)
  })
})

describe('reviews elsewhere', () => {
  it('are listed with the version that the next one must name', async () => {
    const sample = sampleApp()
    const id = [...sample.records.keys()][0]!
    const answer = await sample.app.request(`/api/analyses/${id}/reviews`)
    expect(await jsonOf(answer)).toEqual({ version: 0, reviews: [] })
    expect((await sample.app.request('/api/analyses/none/reviews')).status).toBe(404)
  })

  it('stand on the study page', async () => {
    const sample = sampleApp()
    const [id, record] = [...sample.records].find(([, one]) => one.state === 'delivered')!
    const page = async () => (await sample.app.request(`/analyses/${id}`)).text()
    expect(await page()).toContain('no clinician has reviewed it yet')
    const review = { number: 1, at: '2026-03-01T10:00:00.000Z', reviewer: 'Dr <Nine>', edits: [], delivered: false }
    sample.change({ ...record, review: { ...review, decision: 'reject', reason: 'Label reads "T1c$&"' } })
    const rejected = await page()
    expect(rejected).toMatch(
      /Rejected<\/span> by <strong>Dr &lt;Nine&gt;<\/strong>, .*Do not use this result\..*do not have this/s,
    )
    expect(rejected).toContain('Reason: Label reads &quot;T1c$&amp;&quot;')
    expect(rejected).not.toMatch(/no clinician has reviewed|results are in the PACS/)
    // What the software had found is folded away under a title that says what it is.
    const [, folded = ''] = /<details class="card withdrawn"[^>]*>(.*?)<\/details><\/div>/s.exec(rejected) ?? []
    expect(folded).toMatch(/rejected, do not use.*62\.1 mL/s)
    expect(rejected.replace(folded, '')).not.toContain('62.1 mL')
    expect(/<section class="status[\s\S]*?<\/section>/.exec(rejected)?.[0]).not.toContain('badge-delivered')
    const list = await (await sample.app.request('/')).text()
    expect(list).toMatch(/Rejected: Label reads &quot;T1c\$&amp;&quot;/)
    const edit = { target: 'measurement.ET', from: 14.9, to: 7, reason: 'A vessel' }
    sample.change({ ...record, review: { ...review, decision: 'accept-with-edits', edits: [edit], delivered: true } })
    const edited = await page()
    expect(edited).toMatch(/Accepted with edits<\/span> by <strong>Dr &lt;Nine&gt;<\/strong>/)
    expect(edited).toMatch(/<strong>Enhancing tumour<\/strong> 14.9 mL → 7 mL: A vessel/)
    expect(edited).toMatch(/Enhancing tumour<small>ET<\/small><\/th>\s*<td class="number">7\.0 mL/)
    expect(edited).not.toMatch(/no clinician has reviewed|do not have this/)
  })
})

it('reads excluded lesions, diameters and strokes from the form', async () => {
  const seen: unknown[] = []
  const review: SampleApp['deps']['review'] = async (_id, request) => {
    seen.push(request)
    throw new AppError('STATE_CONFLICT', 'enough')
  }
  const sample = sampleApp({}, { deps: { review } })
  const [id, record] = [...sample.records].find(([, one]) => one.state === 'delivered')!
  const diameters = [{ longestMm: 23.44, perpendicularMm: 15.06 }] as never
  const lesions = [12, 3].map((millilitres) => ({ millilitres, centre: [0, 0, 0] as const }))
  sample.change({ ...record, summary: { ...record.summary, lesions, diameters } })
  const strokes = [{ label: 1, radiusMm: 3, points: [[1, 2, 3]] }]
  const fields = {
    decision: 'accept-with-edits',
    version: '0',
    name: 'Nine',
    identifier: 'P-77',
    'exclude.lesion.2': 'on',
    'why.lesion.2': 'A vessel',
    'to.diameters.1': '20',
    'across.diameters.1': '14.5',
    'why.diameters.1': 'Cavity',
    strokes: JSON.stringify(strokes),
    'why.outlines': 'Missed part',
  }
  const body = new URLSearchParams(fields)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  await sample.app.request(`/analyses/${id}/review`, { method: 'POST', body, headers })
  expect(seen).toMatchObject([
    {
      edits: [
        { target: 'diameters.1', from: '23.4 x 15.1', to: '20 x 14.5', reason: 'Cavity' },
        { target: 'lesion.2', from: 3, to: 'excluded', reason: 'A vessel' },
        { target: 'outlines', from: 'software', to: 'redrawn', reason: 'Missed part' },
      ],
      strokes,
    },
  ])
})

it('offers to keep what an earlier review painted', async () => {
  const sample = sampleApp()
  const [id, record] = [...sample.records].find(([, one]) => one.state === 'delivered')!
  const page = async () => (await sample.app.request(`/analyses/${id}`)).text()
  const { segments, measurements } = record.summary!
  const summary = { ...record.summary, grid: { size: [2, 2, 2], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [] } }
  sample.change({ ...record, summary } as never)
  expect(await page()).not.toContain('name="strokes"')
  const strokes = [{ label: 1, radiusMm: 3, points: [[1, 2, 3]] }]
  const redrawn = { segments, measurements, lesions: [], strokes }
  const edits = [{ target: 'outlines', from: 'software', to: 'redrawn', reason: 'Missed part' }]
  const review = { number: 1, at: '2026-03-01T10:00:00.000Z', reviewer: 'Nine', decision: 'accept-with-edits' }
  sample.change({ ...record, summary, review: { ...review, edits, redrawn, delivered: true } } as never)
  const [, value = ''] = /name="strokes" value="([^"]*)"/.exec(await page()) ?? []
  expect(JSON.parse(value.replaceAll('&quot;', '"'))).toEqual(strokes)
})
