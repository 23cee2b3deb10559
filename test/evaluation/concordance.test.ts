// A site's own figures: counted by hand on a small site, AUC against all pairs, Wilson's interval against published values.
import { describe, expect, it } from 'vitest'
import type { SiteCase } from '../../src/domain/concordance.ts'
import type { Opinion } from '../../src/domain/opinion.ts'
import { share, siteFigures } from '../../src/evaluation/concordance.ts'
import { CLASSES, idhPrediction, MODEL, PERIOD, REVIEWER, sampleBundle, siteCase } from '../support/sample-figures.ts'

const [WILD, MUTANT] = CLASSES
const figuresOf = (cases: readonly SiteCase[]) => siteFigures(cases, sampleBundle, PERIOD)
const notEvaluable = { head: 'idh', status: 'not-evaluable', reason: 'T1 is missing' } as const

describe('calls against tissue', () => {
  const small: SiteCase[] = [
    siteCase(1, idhPrediction(0.95), MUTANT),
    siteCase(2, idhPrediction(0.9), WILD),
    siteCase(3, idhPrediction(0.1), WILD),
    siteCase(4, idhPrediction(0.5), MUTANT),
    siteCase(5, notEvaluable, MUTANT),
    siteCase(6, idhPrediction(0.05)),
    {
      ...siteCase(7, idhPrediction(0.97), MUTANT),
      answers: [MUTANT, WILD].map((answer, n) => ({ head: 'idh', answer, reference: `Observation/${n}` })),
    },
    { ...siteCase(8, idhPrediction(0.97), WILD), modelDigest: 'cd'.repeat(32) },
  ]

  it('counts calls, wrong ones, abstentions and what has no answer, and leaves out what cannot be scored', () => {
    const figures = figuresOf(small)
    expect(figures).toMatchObject({
      analyses: 7,
      patients: 7,
      otherModels: 1,
      silentHeads: ['1p19q', 'mgmt', 'grade', 'survival'],
    })
    expect(figures.heads).toHaveLength(1)
    expect(figures.heads[0]).toMatchObject({
      head: 'idh',
      patients: 5,
      contradictory: 1,
      notEvaluable: { count: 1, of: 5 },
      abstentions: { count: 1, of: 5 },
      calls: 3,
      wrongCalls: { count: 1, of: 3 },
      auc: [],
    })
  })

  it('counts a patient once, with the earliest study that was not rejected', () => {
    const later = { ...siteCase(1, idhPrediction(0.03), MUTANT), studyDate: '20260901' }
    const again = { ...siteCase(1, idhPrediction(0.03), MUTANT), studyDate: '20260102' }
    expect(figuresOf([small[0]!, later]).heads[0]!.wrongCalls).toMatchObject({ count: 0, of: 1 })
    expect(figuresOf([small[0]!, again]).heads[0]!.wrongCalls).toMatchObject({ count: 1, of: 1 })
    const rejected = { ...again, review: { decision: 'reject' as const, edits: [], reviewer: REVIEWER } }
    expect(figuresOf([small[0]!, rejected]).heads[0]!.wrongCalls).toMatchObject({ count: 0, of: 1 })
  })

  it('takes an answer that is no class of the head for none', () => {
    expect(figuresOf([siteCase(1, idhPrediction(0.9), 'maybe')]).heads[0]).toMatchObject({
      patients: 0,
      contradictory: 0,
    })
  })

  it('has the AUC of all pairs once there are enough of both classes, and none before', () => {
    const cases = Array.from({ length: 24 }, (_, n) =>
      siteCase(n, idhPrediction(((n * 37) % 24) / 23), n % 4 === 0 || n > 20 ? MUTANT : WILD),
    )
    const points = cases.map(({ predictions, answers }) => {
      const [prediction] = predictions
      if (prediction?.status === 'not-evaluable' || !prediction) throw new Error('not evaluable')
      return { p: prediction.probabilities[MUTANT]!, mutant: answers[0]!.answer === MUTANT }
    })
    let [better, pairs] = [0, 0]
    for (const a of points)
      for (const b of points) {
        if (!a.mutant || b.mutant) continue
        pairs++
        better += a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0
      }
    const [figure] = figuresOf(cases).heads[0]!.auc
    expect(figure!.label).toBe(MUTANT)
    expect(figure!.value).toBeCloseTo(better / pairs, 12)
    expect(figure!.ci95[0]).toBeLessThan(figure!.value)
    expect(figure!.ci95[1]).toBeGreaterThan(figure!.value)
    expect(figuresOf(cases.slice(0, 19)).heads[0]!.auc).toEqual([])
    const onlyFour = cases.map((one, n) => ({
      ...one,
      answers: [{ ...one.answers[0]!, answer: n < 4 ? MUTANT : WILD }],
    }))
    expect(figuresOf(onlyFour).heads[0]!.auc).toEqual([])
  })
})

describe('own opinions before the software’s', () => {
  const opinion = (call: string, identifier = REVIEWER.identifier): Opinion => ({
    reader: { identifier },
    calls: { idh: call },
  })
  const accept = { decision: 'accept' as const, edits: [], reviewer: REVIEWER }
  const edited = {
    decision: 'accept-with-edits' as const,
    edits: [{ target: 'prediction.idh', from: MUTANT, to: WILD, reason: 'r' }],
    reviewer: REVIEWER,
  }
  const mutant = (n: number, truth: string | undefined, change: Partial<SiteCase>): SiteCase => ({
    ...siteCase(n, idhPrediction(0.95), truth),
    ...change,
  })

  it('count where they agree, where the reader went over to the software, and where that was wrong', () => {
    const { opinions } = figuresOf([
      mutant(1, MUTANT, { opinions: [opinion(MUTANT)], review: accept }),
      // Thought otherwise and took over: once wrongly, once rightly, once nobody knows.
      mutant(2, WILD, { opinions: [opinion(WILD)], review: accept }),
      mutant(3, MUTANT, { opinions: [opinion(WILD)], review: accept }),
      mutant(4, undefined, { opinions: [opinion(WILD)], review: accept }),
      // Stood by it.
      mutant(5, WILD, { opinions: [opinion(WILD)], review: edited }),
      // Another reader decided; a later opinion of the same reader does not count; nobody called anything; no class was named.
      mutant(6, WILD, { opinions: [opinion(WILD, 'P-78')], review: accept }),
      mutant(7, MUTANT, { opinions: [opinion(MUTANT), opinion(WILD)], review: accept }),
      { ...siteCase(8, idhPrediction(0.5), WILD), opinions: [opinion(WILD)], review: accept },
      mutant(9, WILD, { opinions: [opinion('cannot-tell')], review: accept }),
      mutant(10, WILD, { opinions: [opinion(WILD)], review: { ...accept, decision: 'reject' } }),
    ])
    const counted = Object.fromEntries(Object.entries(opinions!).map(([name, { count, of }]) => [name, [count, of]]))
    expect(counted).toEqual({ agreed: [2, 8], tookOver: [3, 4], tookOverWrongly: [1, 2] })
  })

  it('are no figure where nobody stated one', () => {
    expect(figuresOf([mutant(1, MUTANT, { review: accept })])).not.toHaveProperty('opinions')
  })
})

describe('the card', () => {
  it('states the calls of the bins from the least probability of a call on, and the AUC of the last class', () => {
    expect(figuresOf([]).heads[0]!.card).toMatchObject({
      wrongCalls: { count: 14, of: 330 },
      auc: { label: MUTANT, value: 0.93, ci95: [0.9, 0.95] },
    })
  })
})

describe('reviews', () => {
  const accept = { decision: 'accept' as const, edits: [], reviewer: REVIEWER }
  const edit = (target: string, from: number | string, to: number | string) => ({
    decision: 'accept-with-edits' as const,
    edits: [{ target, from, to, reason: 'r' }],
    reviewer: REVIEWER,
  })
  const wt = { region: 'WT', name: 'whole tumour', quantity: 'volume', unit: 'mL' } as const
  const cases: SiteCase[] = [
    { ...siteCase(1, idhPrediction(0.95)), review: accept },
    { ...siteCase(2, idhPrediction(0.95)), review: edit('prediction.idh', MUTANT, WILD) },
    { ...siteCase(3, idhPrediction(0.5)), review: accept },
    { ...siteCase(4, idhPrediction(0.95)), review: edit('measurement.WT', 40, 46) },
    {
      ...siteCase(5, idhPrediction(0.95)),
      review: { ...edit('outlines', 'software', 'redrawn'), measurements: [{ ...wt, value: 30 }] },
    },
    { ...siteCase(6, idhPrediction(0.95)), review: { decision: 'reject', edits: [], reviewer: REVIEWER } },
    siteCase(7, idhPrediction(0.95)),
  ]

  it('count changed calls among the calls that were reviewed', () => {
    expect(figuresOf(cases).heads[0]!.changedCalls).toMatchObject({ count: 1, of: 4 })
  })

  it('count what became of outlines and volumes, and by how much the whole tumour changed', () => {
    const { unchanged, edited, rejected, medianChange } = figuresOf(cases).outlines
    expect([unchanged.count, edited.count, rejected.count, unchanged.of]).toEqual([3, 2, 1, 6])
    expect(medianChange).toBeCloseTo((6 / 40 + 10 / 40) / 2, 12)
    expect(figuresOf([siteCase(1, idhPrediction(0.9))]).outlines).toEqual({
      unchanged: { count: 0, of: 0 },
      edited: { count: 0, of: 0 },
      rejected: { count: 0, of: 0 },
    })
  })
})

it('has the intervals that are published for Wilson (Newcombe 1998, table I)', () => {
  const [low, high] = share(81, 263).ci95!
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.2553', '0.3662'])
  const [none, some] = share(0, 20).ci95!
  expect([none.toFixed(4), some.toFixed(4)]).toEqual(['0.0000', '0.1611'])
  expect(share(0, 0)).toEqual({ count: 0, of: 0 })
})

it('is of the model that the service has', () => {
  expect(figuresOf([]).bundle.modelDigest).toBe(MODEL)
})
