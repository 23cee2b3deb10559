// Soft claims of reviewers, priorities that a person sets, and what the charts read.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createReviewClaims } from '../../src/store/review-claims.ts'
import { openDatabase } from '../support/database.ts'
import { failureOf } from '../support/failure-of.ts'

let db: Database
let now = Date.parse('2026-03-01T03:00:00.000Z')
const clock = { now: () => new Date(now), sleep: async () => undefined }
beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db?.close())

const registered = async (analysisId: string) => {
  const analyses = createAnalysisStore(db, clock)
  await analyses.register({
    analysisId,
    studyInstanceUid: `1.2.${analysisId.length}`,
    bundleId: 'b',
    bundleDigest: 'd',
    modelDigest: 'm',
    instanceSetDigest: 's',
  })
  return analyses
}

it('tells the second reviewer of the first, until they leave or fall silent', async () => {
  await registered('a-1')
  const claims = createReviewClaims(db, clock)
  const [dora, eve] = [
    { identifier: 'P-77', name: 'Dora Nine' },
    { identifier: 'P-78', name: 'Eve Ten' },
  ]
  expect(await claims.claim('a-1', dora)).toEqual([])
  now += 100_000
  expect(await claims.claim('a-1', eve)).toEqual([{ analysisId: 'a-1', ...dora, since: '2026-03-01T03:00:00.000Z' }])
  expect((await claims.of(['a-1', 'a-2'])).map(({ name }) => name)).toEqual(['Dora Nine', 'Eve Ten'])
  now += 100_000
  expect((await claims.of(['a-1'])).map(({ name }) => name)).toEqual(['Eve Ten'])
  // Back after a silence, she is the later one.
  await claims.claim('a-1', dora)
  expect((await claims.of(['a-1'])).map(({ name }) => name)).toEqual(['Eve Ten', 'Dora Nine'])
  await claims.leave('a-1', 'P-78')
  expect((await claims.of(['a-1'])).map(({ name }) => name)).toEqual(['Dora Nine'])
  expect((await failureOf(claims.claim('none', dora))).code).toBe('NOT_FOUND')
})

it('works on what a person set first before what came earlier, and says who set it', async () => {
  await registered('b-11')
  const analyses = await registered('b-222')
  expect((await analyses.prioritise('b-222', 'first', 'Dora Nine')).priority).toBe('first')
  expect((await analyses.claim('worker', 60))?.analysisId).toBe('b-222')
  expect((await analyses.events('b-222')).at(-1)).toMatchObject({
    kind: 'person',
    text: 'Dora Nine set the priority: first',
  })
  await analyses.move('b-222', 'superseded')
  expect((await failureOf(analyses.prioritise('b-222', 'fresh', 'Dora Nine'))).code).toBe('STATE_CONFLICT')
})

it('reads when each analysis came and came to rest', async () => {
  const analyses = await registered('c-3333')
  const createdAt = new Date(now).toISOString()
  now += 60_000
  await analyses.move('c-3333', 'held', { hold: { code: 'SERIES_MISSING', message: 'no FLAIR' } })
  const passages = await analyses.passages(createdAt)
  expect(passages).toContainEqual({ createdAt, restedAt: new Date(now).toISOString() })
})
