import { describe, expect, it } from 'vitest'
import {
  bounded,
  boundsOf,
  errorBudget,
  joinErrors,
  MIN_CALL,
  patientsBehind,
  ruleOfThree,
  survivalBounds,
  wilson,
} from '../../../src/inference/heads/bounds.ts'

const classes = ['intact', 'codeleted']
const bins = [
  { lower: 0.5, upper: 0.8, n: 40, wrong: 12 },
  { lower: 0.8, upper: 1, n: 52, wrong: 3 },
]

describe('what the calibration data can show', () => {
  it('is at most 1 - 3/n of the class, in whole percent from below', () => {
    expect(ruleOfThree(12)).toBe(0.75)
    const bounds = boundsOf({ classes, evaluation: { classes: { intact: 317, codeleted: 12 } } })
    expect(bounds).toMatchObject({
      patients: { intact: 317, codeleted: 12 },
      most: { intact: 0.99, codeleted: 0.75 },
      minCall: MIN_CALL,
      isStated: true,
    })
  })

  it('comes from the calibration where the bundle states it, and a bound that is too high there is cut', () => {
    const calibration = {
      n_by_class: { intact: 50, codeleted: 20 },
      bins,
      max_probability: { intact: 0.9, codeleted: 0.999 },
      min_call_probability: 0.84,
    }
    const bounds = boundsOf({ classes, calibration, evaluation: { classes: { intact: 317, codeleted: 12 } } })
    expect(bounds).toMatchObject({ most: { intact: 0.9, codeleted: 0.85 }, minCall: 0.84 })
  })

  it('is that of 30 patients where nothing is stated, and never below what a guess would be', () => {
    for (const evaluation of [
      {},
      { classes: { intact: 12 } },
      { classes: 'two' },
      { classes: { intact: 0, codeleted: 3 } },
    ])
      expect(boundsOf({ classes, evaluation })).toMatchObject({
        most: { intact: 0.9, codeleted: 0.9 },
        isStated: false,
      })
    expect(boundsOf({ classes, evaluation: { classes: { intact: 90, codeleted: 3 } } }).most.codeleted).toBe(0.5)
  })

  it('bounds probabilities so that they still add up to 1 and keep their order', () => {
    const most = { intact: 0.99, codeleted: 0.75 }
    const close = (got: Record<string, number>, want: Record<string, number>) => {
      for (const [label, p] of Object.entries(want)) expect(got[label]).toBeCloseTo(p, 12)
    }
    close(bounded({ intact: 0.9996, codeleted: 0.0004 }, most), { intact: 0.99, codeleted: 0.01 })
    close(bounded({ intact: 0.1, codeleted: 0.9 }, most), { intact: 0.25, codeleted: 0.75 })
    close(bounded({ intact: 0.6, codeleted: 0.4 }, most), { intact: 0.6, codeleted: 0.4 })
    const three = bounded({ a: 0.97, b: 0.02, c: 0.01 }, { a: 0.9, b: 0.9, c: 0.9 })
    expect(three.a).toBeCloseTo(0.9, 12)
    expect(three.b! + three.c!).toBeCloseTo(0.1, 12)
    expect(three.b).toBeGreaterThan(three.c!)
  })

  it('gives Wilson’s interval as Newcombe (1998, Statistics in Medicine 17, table I, method 3) prints it', () => {
    for (const [r, n, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const [l, u] = wilson(r / n, n)
      expect(l).toBeCloseTo(low, 4)
      expect(u).toBeCloseTo(high, 4)
    }
  })

  it('joins two errors in quadrature on each side, inside the bounds', () => {
    expect(joinErrors(0.5, [0.47, 0.53], [0.46, 0.54], [0, 1])).toEqual([
      expect.closeTo(0.45, 12),
      expect.closeTo(0.55, 12),
    ])
    expect(joinErrors(0.9, [0.8, 0.97], [0.9, 0.9], [0.01, 0.95])).toEqual([expect.closeTo(0.8, 12), 0.95])
    // A spread that does not hold the estimate itself adds nothing on the side that it leaves out.
    expect(joinErrors(0.5, [0.55, 0.6], [0.5, 0.5], [0, 1])).toEqual([0.5, expect.closeTo(0.6, 12)])
  })

  it('counts the patients of the bin, else those of the rarest class', () => {
    const bounds = { patients: { a: 90, b: 12 }, most: {}, minCall: 0.8, bins, isStated: true }
    expect([0.6, 0.8, 1].map((p) => patientsBehind(bounds, p))).toEqual([40, 52, 52])
    expect(patientsBehind({ ...bounds, bins: [] }, 0.6)).toBe(12)
  })

  it('states the error budget of a call from its bin, and nothing where nobody was measured', () => {
    expect(errorBudget(bins, 0.93)).toMatchObject({ n: 52, wrong: 3, wrongOf100: expect.closeTo(5.77, 2) })
    const [low, high] = errorBudget(bins, 0.93)!.interval
    expect(low).toBeCloseTo(1.98, 1)
    expect(high).toBeCloseTo(15.6, 1)
    expect(errorBudget(bins, 0.4)).toBeUndefined()
    expect(errorBudget([{ lower: 0, upper: 1, n: 0, wrong: 0 }], 0.4)).toBeUndefined()
  })

  it('bounds survival by the size of the risk group', () => {
    expect(survivalBounds({ n: 134 })).toEqual([expect.closeTo(0.03, 12), 0.97])
    expect(survivalBounds({ n: 2 })).toEqual([0.5, 0.5])
  })
})
