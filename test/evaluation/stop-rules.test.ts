// What stop rules look at, counted by hand: wrong and changed calls, predictions without an answer, calibration in the large.
import { describe, expect, it } from 'vitest'
import type { SiteCase } from '../../src/domain/concordance.ts'
import { isBroken, type StopRule } from '../../src/domain/stop-rules.ts'
import { measureRule } from '../../src/evaluation/stop-rules.ts'
import { CLASSES, idhPrediction, REVIEWER, sampleBundle, siteCase } from '../support/sample-figures.ts'

const [WILD, MUTANT] = CLASSES
const none = { head: 'idh', status: 'not-evaluable', reason: 'unlike the training data' } as const
const changed = (one: SiteCase): SiteCase => ({
  ...one,
  review: {
    decision: 'accept-with-edits',
    edits: [{ target: 'prediction.idh', from: MUTANT, to: WILD, reason: 'r' }],
    reviewer: REVIEWER,
  },
})
const cases: SiteCase[] = [
  siteCase(1, idhPrediction(0.9), MUTANT),
  siteCase(2, idhPrediction(0.8), WILD),
  changed(siteCase(3, idhPrediction(0.95))),
  { ...siteCase(4, idhPrediction(0.1), WILD), review: { decision: 'accept', edits: [], reviewer: REVIEWER } },
  siteCase(5, none, MUTANT),
  siteCase(6, none),
  siteCase(7, idhPrediction(0.6), WILD),
  { ...siteCase(8, none), modelDigest: 'cd'.repeat(32) },
]
type Measure = Exclude<StopRule['measure'], 'holds'>
const measured = (measure: Measure) => measureRule({ head: 'idh', measure }, cases, sampleBundle)

describe('measureRule', () => {
  it.each([
    ['wrong-calls', 1 / 3, 3],
    ['changed-calls', 1 / 2, 2],
    ['not-evaluable', 2 / 7, 7],
    // 0.9 right, 0.8 wrong, 0.9 (wild type) right, 0.6 wrong.
    ['calibration', (0.9 + 0.8 + 0.9 + 0.6) / 4 - 0.5, 4],
  ] as [Measure, number, number][])('%s', (measure, value, of) => {
    expect(measured(measure).value).toBeCloseTo(value, 12)
    expect(measured(measure).cases).toBe(of)
  })

  it('has nothing of nobody, and of a head that the bundle does not answer for', () => {
    expect(measureRule({ head: 'grade', measure: 'not-evaluable' }, cases, sampleBundle)).toEqual({ cases: 0 })
    for (const measure of ['wrong-calls', 'changed-calls', 'not-evaluable', 'calibration'] as const)
      expect(measureRule({ head: 'idh', measure }, [], sampleBundle)).toEqual({ cases: 0 })
  })
})

describe('a rule', () => {
  const rule: StopRule = { head: 'idh', measure: 'wrong-calls', above: 0.2, cases: 10 }
  it.each([
    [{ value: 0.21, cases: 10 }, true],
    [{ value: 0.2, cases: 10 }, false],
    [{ value: 0.9, cases: 9 }, false],
    [{ cases: 0 }, false],
  ])('%j: broken %s', (seen, broken) => expect(isBroken(rule, seen)).toBe(broken))
})
