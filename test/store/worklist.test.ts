// The worklist's question, asked of the embedded database: words, what is to be reviewed, what waits for a person first.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { sampleResult } from '../support/sample-analyses.ts'

let db: Database
let analyses: AnalysisRecords
const clock = createManualClock()
beforeAll(async () => {
  db = await openDatabase()
  analyses = createAnalysisStore(db, clock)
  const people = [
    ['a-1', 'Müller^Käthe', 'NR-100', 'held'],
    ['a-2', 'Muster^Max', 'NR-20_0', 'delivered'],
    ['a-3', 'Müller^Ada', 'NR-300', 'queued'],
    ['a-4', 'Okonkwo^Ada', 'NR-400', 'held'],
  ] as const
  for (const [analysisId, patientName, patientId, state] of people) {
    clock.advance(60)
    await analyses.register({
      analysisId,
      studyInstanceUid: `1.2.${analysisId.slice(2)}`,
      bundleId: 'b',
      bundleDigest: 'd',
      modelDigest: 'm',
      instanceSetDigest: 'i',
    })
    await analyses.describe(analysisId, {
      patient: { ...sampleResult.patient, patientName, patientId },
      study: { ...sampleResult.study, studyDescription: '100 % head' },
    })
    if (state === 'queued') continue
    await analyses.move(analysisId, 'running')
    if (state === 'held')
      await analyses.move(analysisId, 'held', { hold: { code: 'SERIES_MISSING', message: 'no T1c' } })
    else for (const next of ['analysed', 'delivered'] as const) await analyses.move(analysisId, next)
  }
})
afterAll(() => db?.close())

const ids = async (query: Parameters<AnalysisRecords['list']>[0]) =>
  (await analyses.list(query)).map(({ analysisId }) => analysisId)

it('finds by words in any order and case, and takes no word for a pattern', async () => {
  expect(await ids({})).toEqual(['a-4', 'a-3', 'a-2', 'a-1'])
  expect(await ids({ search: ['ada', 'MÜLLER'] })).toEqual(['a-3'])
  expect(await ids({ search: ['müller'] })).toEqual(['a-3', 'a-1'])
  expect(await ids({ search: ['NR-20_0'] })).toEqual(['a-2'])
  expect(await ids({ search: ['NR-_00'] })).toEqual([])
  expect(await ids({ search: ['%', '1.2.4'] })).toEqual(['a-4'])
  expect(await ids({ search: ["'; drop table x; --"] })).toEqual([])
  expect(await ids({ search: ['müller'], state: 'held' })).toEqual(['a-1'])
})

it('puts first what waits for a person, the oldest first', async () => {
  expect(await ids({ order: 'waiting' })).toEqual(['a-1', 'a-4', 'a-2', 'a-3'])
  expect(await ids({ toReview: true })).toEqual(['a-2'])
})
