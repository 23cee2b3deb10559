import { describe, expect, it } from 'vitest'
import type { Prediction } from '../../../src/domain/finding.ts'
import { evaluateHead } from '../../../src/inference/heads/evaluate-head.ts'
import type { Features } from '../../../src/inference/heads/feature-values.ts'
import { checkGuard } from '../../../src/inference/heads/guard.ts'
import { predictHeads } from '../../../src/inference/heads/predict.ts'
import { shapleyValues } from '../../../src/inference/heads/shapley.ts'
import { riskGroup, survivalAt } from '../../../src/inference/heads/survive.ts'
import { quantile } from '../../../src/inference/volumes/quantile.ts'
import {
  fromManyPatients,
  type GoldenCase,
  headRunner,
  readGolden,
  readHeads,
  runnerOf,
} from '../../support/heads-bundle.ts'

const { cases } = readGolden()
const featuresOf = (one: GoldenCase): Features =>
  Object.fromEntries(Object.entries(one.features).map(([name, value]) => [name, value ?? Number.NaN]))
const within = (one: GoldenCase) => one.distance <= 14

type Evaluated = Exclude<Prediction, { status: 'not-evaluable' }>
function evaluated(prediction: Prediction): Evaluated {
  if (prediction.status === 'not-evaluable') throw new Error(prediction.reason)
  return prediction
}

/** float32 in the graph, float64 in the golden values. */
function expectClose(got: Record<string, number | readonly number[]>, want: Record<string, number | number[]>) {
  expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort())
  for (const [key, value] of Object.entries(want)) {
    const pairs = Array.isArray(value) ? value.map((v, n) => [v, (got[key] as number[])[n]!]) : [[value, got[key]]]
    for (const [expected, actual] of pairs) expect(actual).toBeCloseTo(expected as number, 5)
  }
}
const contributionsOf = ({ explanation }: Evaluated) =>
  Object.fromEntries(explanation.map(({ feature, contribution }) => [feature, contribution]))

async function unlimited(name: 'idh' | 'survival') {
  const { head, run } = await runnerOf(name)
  return { head: fromManyPatients(head), run }
}

describe('a classification head', () => {
  it.each(cases.filter(within))('says what numpy says: $idh.of', async (one) => {
    const { head, run } = await unlimited('idh')
    const prediction = evaluated(await evaluateHead('idh', head, featuresOf(one), run))
    expectClose(prediction.probabilities, one.idh.probabilities)
    expectClose(prediction.intervals, one.idh.intervals)
    expectClose(contributionsOf(prediction), one.idh.contributions)
    const isCall = one.idh.remaining.length === 1
    expect(prediction.status).toBe(isCall ? 'evaluable' : 'indeterminate')
    expect(prediction.call).toBe(isCall ? one.idh.remaining[0] : undefined)
    expect(prediction.remaining).toEqual(isCall ? undefined : one.idh.remaining)
    const { of, scale, reference, value } = prediction.explained!
    expect([of, scale]).toEqual([one.idh.of, 'log-odds'])
    const sum = prediction.explanation.reduce((all, { contribution }) => all + contribution, 0)
    expect(sum).toBeCloseTo(value - reference, 6)
  })

  it('covers calls of both classes and an indeterminate case', () => {
    expect(new Set(cases.filter(within).map(({ idh }) => idh.remaining.join()))).toEqual(
      new Set(['IDH-mutant', 'IDH-wildtype', 'IDH-wildtype,IDH-mutant']),
    )
  })

  it('lists contributions strongest first, with values where known', async () => {
    const { head, run } = await runnerOf('idh')
    const { explanation } = evaluated(await evaluateHead('idh', head, featuresOf(cases[3]!), run))
    const sizes = explanation.map(({ contribution }) => Math.abs(contribution))
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
    expect(explanation.find(({ feature }) => feature === 'age_years')!.value).toBe(50)
    expect(explanation.find(({ feature }) => feature === 'shape_Sphericity')).not.toHaveProperty('value')
  })

  it('answers for declared groups: together they add up to the same, and a group is one player', async () => {
    const { head, run } = await runnerOf('idh')
    const grouped = { ...head, groups: { patient: ['age_years'], tumour: ['shape_Sphericity', 't1c_cov'] } }
    const prediction = evaluated(await evaluateHead('idh', grouped, featuresOf(cases[0]!), run))
    const { reference, value } = prediction.explained!
    expect(Object.keys(contributionsOf(prediction)).sort()).toEqual(['patient', 'tumour'])
    const { patient, tumour } = contributionsOf(prediction)
    expect(patient! + tumour!).toBeCloseTo(value - reference, 6)
    expect(prediction.explanation.find(({ feature }) => feature === 'tumour')).not.toHaveProperty('value')
  })

  it('is indeterminate with no class left when none is likely enough', async () => {
    const { head, run } = await runnerOf('idh')
    if (head.status !== 'tabular') throw new Error('idh is a classification')
    const strict = { ...head, conformal: { error_rate: 0.1, limits: { 'IDH-wildtype': 0.99, 'IDH-mutant': 0.99 } } }
    const prediction = evaluated(await evaluateHead('idh', strict, featuresOf(cases[2]!), run))
    expect(prediction).toMatchObject({ status: 'indeterminate', remaining: [] })
    expect(prediction).not.toHaveProperty('call')
  })

  it('never calls a class against a likelier one, whatever the limits', async () => {
    const { head, run } = await runnerOf('idh')
    if (head.status !== 'tabular') throw new Error('idh is a classification')
    // Wildtype 0.63 misses its limit, mutant 0.37 reaches its own.
    const uneven = { ...head, conformal: { error_rate: 0.1, limits: { 'IDH-wildtype': 0.7, 'IDH-mutant': 0.1 } } }
    const prediction = evaluated(await evaluateHead('idh', uneven, featuresOf(cases[3]!), run))
    expect(prediction).toMatchObject({ status: 'indeterminate', remaining: ['IDH-wildtype', 'IDH-mutant'] })
    expect(prediction.explained!.of).toBe('IDH-wildtype')
  })

  it('calls nothing that is less probable than a call must be, and says so', async () => {
    // Case 0: mutant 0.8997, which the conformal set leaves alone; the fixture states no calibration, so 80 % is needed.
    const { head, run } = await runnerOf('idh')
    if (head.status !== 'tabular') throw new Error('idh is a classification')
    expect(evaluated(await evaluateHead('idh', head, featuresOf(cases[0]!), run)).call).toBe('IDH-mutant')
    const calibration = {
      n_by_class: { 'IDH-wildtype': 300, 'IDH-mutant': 100 },
      bins: [{ lower: 0.8, upper: 1, n: 52, wrong: 3 }],
      max_probability: { 'IDH-wildtype': 0.99, 'IDH-mutant': 0.97 },
      min_call_probability: 0.9,
    }
    const strict = { ...head, calibration }
    const prediction = evaluated(await evaluateHead('idh', strict, featuresOf(cases[0]!), run))
    expect(prediction).toMatchObject({
      status: 'indeterminate',
      remaining: ['IDH-mutant', 'IDH-wildtype'],
      reason: 'IDH-mutant is the likeliest with 89 %, but a call needs 90 %.',
    })
    expect(prediction).not.toHaveProperty('call')
    expect(prediction).not.toHaveProperty('errorBudget')
    const lenient = { ...head, calibration: { ...calibration, min_call_probability: 0.85 } }
    expect(await evaluateHead('idh', lenient, featuresOf(cases[0]!), run)).toMatchObject({
      call: 'IDH-mutant',
      errorBudget: { n: 52, wrong: 3 },
    })
  })

  it('gives no probability beyond what the patients of the class can show, and no call that would need one', async () => {
    const { head, run } = await runnerOf('idh')
    if (head.status !== 'tabular') throw new Error('idh is a classification')
    const rare = { ...head, evaluation: { classes: { 'IDH-wildtype': 300, 'IDH-mutant': 12 } } }
    const prediction = evaluated(await evaluateHead('idh', rare, featuresOf(cases[0]!), run, { isMeasured: true }))
    expect(prediction.probabilities).toEqual({ 'IDH-wildtype': 0.25, 'IDH-mutant': 0.75 })
    expect(prediction.scores!['IDH-mutant']).toBeCloseTo(0.8997, 4)
    expect(prediction.reason).toBe(
      'IDH-mutant is the likeliest, but from 12 such patients the model can show at most 75 %, and a call needs 80 %.',
    )
    for (const [low, high] of Object.values(prediction.intervals)) {
      expect(low).toBeGreaterThanOrEqual(0.01)
      expect(high).toBeLessThanOrEqual(0.99)
    }
    expect(prediction.intervals['IDH-mutant']![1]).toBe(0.75)
  })

  it('widens its intervals by the sampling error of few patients', async () => {
    const width = async (n: number) => {
      const { head, run } = await runnerOf('idh')
      const counted = { ...head, evaluation: { classes: { 'IDH-wildtype': n, 'IDH-mutant': n } } } as typeof head
      const [low, high] = evaluated(await evaluateHead('idh', counted, featuresOf(cases[2]!), run)).intervals[
        'IDH-mutant'
      ]!
      return high - low
    }
    // The members alone span 0.098; Wilson's interval of 0.52 in 40 patients spans 0.29.
    expect(await width(1e6)).toBeCloseTo(0.098, 3)
    expect(await width(40)).toBeCloseTo(Math.hypot(0.098, 0.295), 2)
  })

  it('names a required feature that is missing', async () => {
    const { head, run } = await runnerOf('idh')
    for (const features of [
      { shape_Sphericity: 0.5, t1c_cov: 0.3 },
      { age_years: Number.NaN, t1c_cov: 0.3 },
    ]) {
      const prediction = await evaluateHead('idh', head, features, run)
      expect(prediction).toEqual({
        head: 'idh',
        status: 'not-evaluable',
        reason: 'Needs age, which is not known for this study.',
        said: { sentence: 'needs-features', values: { features: ['age_years'] } },
      })
    }
  })

  it('does not answer outside its training data, and says in what', async () => {
    const { head, run } = await runnerOf('idh')
    const far = cases.find((one) => !within(one))!
    const prediction = await evaluateHead('idh', head, featuresOf(far), run)
    expect(prediction.status).toBe('not-evaluable')
    if (prediction.status !== 'not-evaluable') return
    expect(prediction.reason).toMatch(
      /^Unlike the patients .* most of all in roundness \(distance 24\.1, limit 14\.0\)\.$/,
    )
  })

  it('does not pass on numbers that are no probabilities', async () => {
    const { head } = await runnerOf('idh')
    for (const output of [[0.7, 0.7], [Number.NaN, 1], [1.2, -0.2], [1]]) {
      const run = async () => ({ output: Float32Array.from(output), members: Float32Array.from([0.5, 0.5]) })
      const prediction = await evaluateHead('idh', head, featuresOf(cases[0]!), run)
      expect(prediction).toMatchObject({
        status: 'not-evaluable',
        reason: expect.stringContaining('fault of the bundle'),
      })
    }
  })
})

describe('samples of the segmentation', () => {
  /** Rows are told apart by their first feature, the age: its answer is the share of mutant. */
  const runOf = (mutant: (age: number) => number) => async (rows: Float32Array, count: number) => {
    const width = rows.length / count
    const shares = Array.from({ length: count }, (_, n) => mutant(Math.round(rows[n * width]!)))
    const output = Float32Array.from(shares.flatMap((share) => [1 - share, share]))
    return { output, members: Float32Array.from(shares.flatMap((share) => [1 - share, share])) }
  }
  const at = (age: number) => ({ age_years: age, shape_Sphericity: 0.54, t1c_cov: 0.31 })
  const answer = async (mutant: (age: number) => number, samples: (Features | undefined)[]) => {
    const { head } = await runnerOf('idh')
    const options = { samples, isExplained: false }
    return evaluated(await evaluateHead('idh', head, at(50), runOf(mutant), options))
  }

  it('let a call stand when all lead to the same class, and widen its interval', async () => {
    const alone = await answer(() => 0.85, [])
    const shares = (age: number) => (age === 51 ? 0.72 : 0.86)
    const steady = await answer(shares, [at(51), at(52), at(53)])
    expect(steady).toMatchObject({ status: 'evaluable', call: 'IDH-mutant' })
    expect(steady.probabilities['IDH-mutant']).toBeCloseTo(0.86, 6)
    expect(alone.call).toBe('IDH-mutant')
    const low = (prediction: Evaluated) =>
      prediction.probabilities['IDH-mutant']! - prediction.intervals['IDH-mutant']![0]
    expect(low(steady)).toBeGreaterThan(low(alone) + 0.03)
  })

  it('that lead to another class make the head indeterminate', async () => {
    const split = await answer((age) => (age === 52 ? 0.3 : 0.88), [at(51), at(52), at(53)])
    expect(split).toMatchObject({
      status: 'indeterminate',
      remaining: ['IDH-wildtype', 'IDH-mutant'],
      reason:
        'The outline decides: IDH-mutant by the outline that is shown, but another answer or none in 1 of 3 samples of the segmentation.',
    })
    expect(split).not.toHaveProperty('call')
  })

  it('that the head may not answer, and those that are too unlikely together, do so too', async () => {
    const far = { ...at(50), shape_Sphericity: 5 }
    expect((await answer(() => 0.88, [far, at(51)])).reason).toContain('none in 1 of 2 samples')
    expect((await answer(() => 0.88, [{ ...at(50), age_years: Number.NaN }])).reason).toContain('none in 1 of 1')
    expect((await answer(() => 0.88, [undefined, at(51)])).reason).toContain('none in 1 of 2 samples')
    const weak = await answer((age) => (age === 50 ? 0.82 : 0.6), [at(51), at(52)])
    expect(weak.reason).toContain('too unlikely over the 2 samples')
    expect(weak.remaining).toEqual(['IDH-wildtype', 'IDH-mutant'])
  })

  it('split a survival head by risk group', async () => {
    const { head } = await runnerOf('survival')
    const run = (risks: number[]) => async (_rows: Float32Array, count: number) => ({
      output: Float32Array.from(risks.slice(0, count)),
      members: Float32Array.from(risks.slice(0, count)),
    })
    const of = async (risks: number[]) => {
      const samples = risks.slice(1).map((_, n) => at(51 + n))
      return evaluated(await evaluateHead('survival', head, at(50), run(risks), { samples, isExplained: false }))
    }
    expect(await of([0.9, 0.5, 1.4])).toMatchObject({ status: 'evaluable', survival: { group: { name: 'high' } } })
    const split = await of([0.9, 0.1, 1.4])
    expect(split).toMatchObject({ status: 'indeterminate', survival: { group: { name: 'high' } } })
    expect(split.reason).toContain('risk group high by the outline that is shown, but another answer or none in 1 of 2')
  })
})

describe('a survival head', () => {
  it.each(cases.filter(within))('says what numpy says: $survival.group', async (one) => {
    const { head, run } = await unlimited('survival')
    const prediction = evaluated(await evaluateHead('survival', head, featuresOf(one), run))
    expect(prediction.status).toBe('evaluable')
    expectClose(prediction.probabilities, one.survival.probabilities)
    // Not even a billion patients make a bound of more than 99 %.
    const ends = Object.entries(one.survival.intervals).map(([month, [low, high]]) => [
      month,
      [Math.max(0.01, low), high],
    ])
    expectClose(prediction.intervals, Object.fromEntries(ends))
    expectClose(contributionsOf(prediction), one.survival.contributions)
    expect(prediction.survival!.logRisk).toBeCloseTo(one.survival.log_risk, 5)
    expect(prediction.survival!.group.name).toBe(one.survival.group)
    expect(prediction.survival!.group.kaplanMeier.survival).toHaveLength(4)
  })

  it('reads the baseline as steps: nothing before the first, the last one kept', () => {
    const baseline = { months: [2, 5], cumulative_hazard: [0.1, 0.4] }
    expect(survivalAt({ baseline }, 1.9, 3)).toBe(1)
    expect(survivalAt({ baseline }, 2, 0)).toBeCloseTo(Math.exp(-0.1), 12)
    expect(survivalAt({ baseline }, 4.99, Math.log(2))).toBeCloseTo(Math.exp(-0.2), 12)
    expect(survivalAt({ baseline }, 60, 0)).toBeCloseTo(Math.exp(-0.4), 12)
  })

  it('puts a risk on the border into the lower group', () => {
    const heads = readHeads().survival
    if (heads.status === 'not_evaluable') throw new Error('the fixture has survival')
    expect([-0.4, -0.39, 0.4, 0.41].map((risk) => riskGroup(heads, risk).name)).toEqual([
      'low',
      'middle',
      'middle',
      'high',
    ])
  })

  it('refuses a risk that is no number', async () => {
    const { head } = await runnerOf('survival')
    const run = async () => ({ output: Float32Array.from([Number.NaN]), members: Float32Array.from([1]) })
    expect(await evaluateHead('survival', head, featuresOf(cases[0]!), run)).toMatchObject({ status: 'not-evaluable' })
  })
})

describe('the parts', () => {
  it('quantiles are numpy’s', () => {
    // np.percentile([4, 1, 3, 9, 2], [0, 2.5, 25, 50, 97.5, 100])
    const values = [4, 1, 3, 9, 2]
    const shares = [0, 0.025, 0.25, 0.5, 0.975, 1]
    const want = [1, 1.1, 2, 3, 8.5, 9]
    for (const [n, share] of shares.entries()) expect(quantile(values, share)).toBeCloseTo(want[n]!, 12)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('the guard adds nothing for a missing feature and takes its limit as inside', () => {
    const guard = {
      mean: [1, 2],
      precision: [
        [2, 0.5],
        [0.5, 1],
      ],
      limit: 2 * 9 + 2 * 0.5 * 3 * 4 + 16,
    }
    const head = { features: ['a', 'b'], guard }
    expect(checkGuard(head, [4, 6])).toEqual({ distance: 46, within: true, farthest: 'a' })
    expect(checkGuard(head, [4.01, 6]).within).toBe(false)
    expect(checkGuard(head, [Number.NaN, 6])).toEqual({ distance: 16, within: true, farthest: 'b' })
  })

  it('Shapley values of twelve players come from all coalitions, in batches, and know interactions', async () => {
    // v(S) = sum of weights + 6 when players 3 and 7 are both there: each gets half of it.
    const weights = Array.from({ length: 12 }, (_, n) => (n - 5) / 3)
    const batches: number[] = []
    const { values, none, all } = await shapleyValues(12, async (masks) => {
      batches.push(masks.length)
      const has = (mask: number, player: number) => (mask & (1 << player)) !== 0
      return masks.map(
        (mask) =>
          2 + weights.reduce((sum, w, n) => sum + (has(mask, n) ? w : 0), 0) + (has(mask, 3) && has(mask, 7) ? 6 : 0),
      )
    })
    expect(batches.reduce((a, b) => a + b, 0)).toBe(4096)
    expect(Math.max(...batches)).toBeLessThanOrEqual(1024)
    for (const [n, value] of values.entries()) expect(value).toBeCloseTo(weights[n]! + (n === 3 || n === 7 ? 3 : 0), 9)
    expect([none, all]).toEqual([2, expect.closeTo(2 + weights.reduce((a, b) => a + b, 0) + 6, 9)])
  })
})

describe('all heads of a study', () => {
  const bundle = { heads: readHeads() }
  const features = featuresOf(cases[0]!)

  it('are answered in order, each with its status', async () => {
    const { predictions } = await predictHeads({ bundle, features, noFinding: false, missing: [], runner: headRunner })
    expect(predictions.map(({ head, status }) => `${head} ${status}`)).toEqual([
      'idh evaluable',
      '1p19q not-evaluable',
      'mgmt not-evaluable',
      'grade not-evaluable',
      'survival evaluable',
    ])
    expect(predictions[1]).toMatchObject({ reason: 'a test bundle has no 1p19q head' })
  })

  it('say nothing without a tumour, or of a child, and do not run', async () => {
    const never = { runHead: () => Promise.reject(new Error('it ran')) }
    const without = await predictHeads({ bundle, features, noFinding: true, missing: [], runner: never })
    expect(without.predictions[0]).toMatchObject({ reason: expect.stringContaining('No tumour was segmented') })
    expect(without.predictions[1]).toMatchObject({ reason: 'a test bundle has no 1p19q head' })
    const child = { ...features, age_years: 17.9 }
    const { predictions } = await predictHeads({
      bundle,
      features: child,
      noFinding: false,
      missing: [],
      runner: never,
    })
    expect(predictions[4]).toMatchObject({ reason: expect.stringContaining('under 18') })
  })

  it('name the missing sequence rather than the features that it would have given', async () => {
    const head = { ...readHeads().idh, required: ['age_years', 't1c_cov'] }
    const heads = { ...readHeads(), idh: head } as ReturnType<typeof readHeads>
    const { t1c_cov: _gone, ...rest } = features
    const input = { bundle: { heads }, features: rest, noFinding: false, runner: headRunner }
    const { predictions } = await predictHeads({ ...input, missing: [{ reason: 'no T1c', features: ['t1c_cov'] }] })
    expect(predictions[0]).toMatchObject({
      status: 'not-evaluable',
      reason: 'Needs a T1 post-contrast series, which the study does not have or which could not be used.',
    })
    expect(
      (await predictHeads({ ...input, missing: [{ reason: 'undefined', features: ['t1c_cov'] }] })).predictions[0],
    ).toMatchObject({
      reason: 'Needs T1c unevenness, which is not known for this study.',
    })
  })
})
