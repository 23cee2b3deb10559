// A study whose image set changes, and changes back: each set that is there now has one analysis, and the last of all is its own.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { registerAnalysis } from '../../src/pipeline/intake.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { quietLog } from '../support/quiet-log.ts'

const BUNDLE = { id: 'glioma', digest: 'd', modelDigest: 'm' }
const clock = createManualClock('2026-03-01T10:00:00.000Z')
let db: Database
let analyses: ReturnType<typeof createAnalysisStore>
let study: string
let studies = 0
beforeAll(async () => {
  db = await openDatabase()
  analyses = createAnalysisStore(db, clock)
}, 120_000)
afterAll(() => db?.close())
beforeEach(() => {
  study = `1.2.3.${++studies}`
})

const register = (set: string, bundle = BUNDLE) => {
  clock.advance(60)
  return registerAnalysis({ analyses, log: quietLog, wake: async () => {} }, bundle, study, set)
}
const deliver = async (id: string) => {
  for (const state of ['running', 'analysed', 'delivered'] as const) await analyses.move(id, state)
}
const states = async () => (await analyses.byStudy(study)).map(({ state }) => state)

it('analyses a set again that another one had replaced, once, and as the latest', async () => {
  const first = await register('set')
  await deliver(first)
  const grown = await register('set and a late series')
  await deliver(grown)
  const again = await register('set')
  expect(again).not.toBe(first)
  expect((await analyses.get(again))!.state).toBe('queued')
  expect(await register('set')).toBe(again)
  expect((await analyses.byStudy(study)).at(-1)!.analysisId).toBe(again)
  await deliver(again)
  // To and fro: every change of the set has an analysis that replaces the one before.
  const grownAgain = await register('set and a late series')
  expect([first, grown, again]).not.toContain(grownAgain)
  expect(await states()).toEqual(['delivered', 'delivered', 'delivered', 'queued'])
})

it('analyses a set that gave way before it was analysed', async () => {
  const first = await register('set')
  const grown = await register('set and a late series')
  expect(await states()).toEqual(['superseded', 'queued'])
  const again = await register('set')
  expect(new Set([first, grown, again]).size).toBe(3)
  expect(await states()).toEqual(['superseded', 'superseded', 'queued'])
})

it('takes no other bundle, nor the same set twice, for a change of the set', async () => {
  const first = await register('set')
  await deliver(first)
  const other = await register('set', { ...BUNDLE, modelDigest: 'm2' })
  expect(await register('set')).toBe(first)
  expect(await register('set', { ...BUNDLE, modelDigest: 'm2' })).toBe(other)
})
