// What a site's own figures are made of, in the embedded database: whom to ask about, what was answered, and the last review.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { opinionEvent } from '../../src/domain/opinion.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { createConcordanceStore } from '../../src/store/concordance.ts'
import type { Database } from '../../src/store/database.ts'
import { createErasureStore } from '../../src/store/erasure.ts'
import { createReviewStore } from '../../src/store/reviews.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { sampleResult } from '../support/sample-analyses.ts'

let db: Database
let concordance: ReturnType<typeof createConcordanceStore>
const clock = createManualClock('2026-03-01T00:00:00.000Z')
const answer = { head: 'idh', answer: 'IDH-mutant', date: '2026-03-20', reference: 'Observation/9' } as const

beforeAll(async () => {
  db = await openDatabase()
  concordance = createConcordanceStore(db, clock)
  const analyses = createAnalysisStore(db, clock)
  for (const [analysisId, patient] of [
    ['a-1', 'Patient/1'],
    ['a-2', 'Patient/2'],
    ['a-3', undefined],
    ['a-4', 'Patient/4'],
  ] as const) {
    clock.advance(24 * 3600)
    await analyses.register({
      analysisId,
      studyInstanceUid: `1.2.${analysisId.slice(2)}`,
      bundleId: 'b',
      bundleDigest: 'd',
      modelDigest: 'm',
      instanceSetDigest: 'i',
    })
    if (analysisId === 'a-4') continue
    await analyses.move(analysisId, 'running')
    await analyses.saveResult(analysisId, { ...sampleResult, analysisId }, [])
    await analyses.updateLeg(analysisId, 'ehr', { state: 'done', ...(patient && { receipt: { patient } }) })
    await analyses.move(analysisId, 'delivered')
  }
})
afterAll(() => db?.close())

const FROM = '2026-03-01T00:00:00.000Z'
const idsToAsk = async (from = FROM, limit = 9) =>
  (await concordance.toAsk(from, clock.now().toISOString(), limit)).map(({ analysisId }) => analysisId)

it('asks about delivered analyses whose patient is known, the latest first, each once in a while', async () => {
  expect(await idsToAsk()).toEqual(['a-2', 'a-1'])
  expect(await idsToAsk('2026-03-02T12:00:00.000Z')).toEqual(['a-2'])
  expect(await concordance.toAsk(FROM, clock.now().toISOString(), 1)).toEqual([
    { analysisId: 'a-2', studyInstanceUid: '1.2.2', patient: 'Patient/2' },
  ])
  await concordance.keep('a-2', [answer])
  expect(await idsToAsk()).toEqual(['a-1'])
  clock.advance(60)
  expect(await idsToAsk()).toEqual(['a-2', 'a-1'])
})

it('has the cases of a time with answers and the last review, and keeps the answers when nothing new is said', async () => {
  await concordance.keep('a-2')
  const decide = (expected: number, to: string) =>
    createReviewStore(db, clock).add(
      {
        analysisId: 'a-1',
        decision: 'accept-with-edits',
        reviewer: { identifier: 'P-1', name: 'Nine^Dr' },
        edits: [{ target: 'prediction.idh', from: 'IDH-mutant', to, reason: 'r' }],
      },
      { key: `k-${expected}`, expected },
    )
  await decide(0, 'indeterminate')
  await decide(1, 'IDH-wildtype')
  const opinion = { reader: { identifier: 'P-1' }, calls: { idh: 'IDH-mutant' } }
  await createAnalysisStore(db, clock).note('a-1', opinionEvent(opinion, 'said'))
  const cases = await concordance.cases(FROM, '2026-03-04T00:00:00.000Z')
  expect(cases.map(({ analysisId }) => analysisId)).toEqual(['a-1', 'a-2'])
  expect(cases[0]).toMatchObject({
    createdAt: '2026-03-02T00:00:00.000Z',
    modelDigest: 'm',
    studyDate: sampleResult.study.studyDate,
    predictions: sampleResult.predictions,
    measurements: sampleResult.measurements,
    answers: [],
    review: {
      decision: 'accept-with-edits',
      edits: [{ to: 'IDH-wildtype' }],
      reviewer: { identifier: 'P-1', name: 'Nine^Dr' },
    },
    opinions: [opinion],
  })
  expect(cases[1]).toMatchObject({ answers: [answer], opinions: [] })
  expect(cases[1]!.review).toBeUndefined()
  expect(cases[0]!.patientKey).toBe(cases[1]!.patientKey)
})

it('erases the answers with the analysis', async () => {
  await createErasureStore(db, clock).erase('a-2')
  expect((await concordance.cases(FROM, '2026-04-01T00:00:00.000Z')).map(({ analysisId }) => analysisId)).toEqual([
    'a-1',
    'a-3',
  ])
})
