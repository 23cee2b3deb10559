// A study whose image set changes, and changes back: each set that is there now has one analysis, and the last of all is its own.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { replaceForModel } from '../../src/pipeline/change-bundle.ts'
import { registerAnalysis } from '../../src/pipeline/intake.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { quietLog } from '../support/quiet-log.ts'
import { sampleResult } from '../support/sample-analyses.ts'

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

it('replaces an analysis for another model by one for the active model, to and fro, with what a person chose and confirmed', async () => {
  const NEXT = { ...BUNDLE, modelDigest: 'm2' }
  const replaceBy = (bundle: typeof BUNDLE) => async (id: string) =>
    replaceForModel(
      {
        analyses,
        register: (...[uid, set, priority, choice, replaces]) =>
          registerAnalysis(
            { analyses, log: quietLog, wake: async () => {} },
            bundle,
            uid,
            set,
            priority,
            choice,
            replaces,
          ),
      },
      (await analyses.get(id))!,
    )
  const first = await register('set')
  await analyses.move(first, 'running')
  const confirmed = { reference: 'Patient/12', by: 'Nine', at: clock.now().toISOString(), of: sampleResult.patient }
  await analyses.confirmPatient(first, confirmed)
  const next = await replaceBy(NEXT)(first)
  expect((await analyses.get(next))!).toMatchObject({
    modelDigest: 'm2',
    confirmedPatient: { reference: 'Patient/12' },
  })
  await analyses.move(next, 'running')
  // The way back: what the first model had of the study was superseded, and must not be taken for an answer.
  const back = await replaceBy(BUNDLE)(next)
  expect(new Set([first, next, back]).size).toBe(3)
  expect((await analyses.get(back))!.modelDigest).toBe('m')
  expect(await states()).toEqual(['superseded', 'superseded', 'queued'])
})
