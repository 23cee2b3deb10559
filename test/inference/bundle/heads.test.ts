import { describe, expect, it } from 'vitest'
import { parseBundle, runnableHeads } from '../../../src/inference/bundle/manifest.ts'
import { headsManifest } from '../../support/heads-bundle.ts'
import { bundleProblems } from '../support.ts'

type Raw = ReturnType<typeof headsManifest>

const problemsOf = (change: (m: Raw) => void) => bundleProblems(headsManifest(), change)

describe('the heads of a manifest', () => {
  it('are read', () => {
    expect(runnableHeads(parseBundle(headsManifest())).map(({ name }) => name)).toEqual(['idh', 'survival'])
  })

  it('report every problem at once', () => {
    const message = problemsOf((m) => {
      m.heads.idh.reference = [1, 2]
      m.heads.idh.required.push('kps')
      m.heads.idh.conformal.limits = { 'IDH-mutant': 0.5 }
      m.heads.idh.guard.precision[1].pop()
      m.heads.survival.horizons_months = [6, 48]
      m.heads.survival.file = 'cox.onnx'
      m.regions.TC = [1, 9]
    })
    for (const part of [
      '7 problem(s)',
      'heads.idh.reference: has 2 numbers for 3 features',
      'heads.idh.required: kps is not one of the features',
      'heads.idh.conformal.limits: IDH-wildtype has no limit',
      'heads.idh.guard.precision: must be 3 rows of 3 numbers',
      'heads.survival.horizons_months: 48 months lie beyond the baseline, which ends at 36',
      'heads.survival.file: cox.onnx is not listed in files',
      'regions.TC: there is no label 9',
    ]) {
      expect(message).toContain(part)
    }
  })

  const calibration = () => ({
    n_by_class: { 'IDH-wildtype': 300, 'IDH-mutant': 80 },
    bins: [
      { lower: 0.5, upper: 0.8, n: 40, wrong: 12 },
      { lower: 0.8, upper: 1, n: 340, wrong: 9 },
    ],
    max_probability: { 'IDH-wildtype': 0.99, 'IDH-mutant': 0.96 },
    min_call_probability: 0.8,
  })
  const calibrated = (change: (c: ReturnType<typeof calibration>) => unknown) => (m: Raw) => {
    m.heads.idh.calibration = calibration()
    change(m.heads.idh.calibration)
  }

  it('may state what their probabilities were calibrated on', () => {
    const raw = headsManifest()
    calibrated(() => {})(raw)
    expect(parseBundle(raw).heads.idh).toMatchObject({ calibration: calibration() })
  })

  it.each([
    [
      'a class without patients',
      calibrated((c) => (c.n_by_class['IDH-mutant'] = 0)),
      'calibration.n_by_class.IDH-mutant',
    ],
    [
      'a class that is not counted',
      calibrated((c) => Reflect.deleteProperty(c.n_by_class, 'IDH-mutant')),
      'calibration.n_by_class: IDH-mutant is missing',
    ],
    [
      'a bound of no class',
      calibrated((c) => Object.assign(c.max_probability, { other: 0.9 })),
      'calibration.max_probability: other is not one of the classes',
    ],
    ['bins that overlap', calibrated((c) => (c.bins[1]!.lower = 0.7)), 'bins.1.lower: must not lie in the bin before'],
    ['an empty bin', calibrated((c) => (c.bins[0]!.upper = 0.5)), 'bins.0.upper: must be above lower'],
    ['more errors than patients', calibrated((c) => (c.bins[0]!.wrong = 41)), 'bins.0.wrong: must not exceed n'],
    ['calls by a guess', calibrated((c) => (c.min_call_probability = 0.5)), 'calibration.min_call_probability'],
    [
      'a survival head with one',
      (m: Raw) => (m.heads.survival.calibration = calibration()),
      'heads.survival.calibration',
    ],
    ['an unknown class', (m: Raw) => (m.heads.idh.classes = ['IDH-wildtype', 'IDH2']), 'must be one of IDH-wildtype'],
    ['a class twice', (m: Raw) => (m.heads.idh.classes = ['IDH-mutant', 'IDH-mutant']), 'IDH-mutant occurs twice'],
    ['a limit of no class', (m: Raw) => (m.heads.idh.conformal.limits.other = 0.5), 'other is not one of the classes'],
    ['an error rate of a half', (m: Raw) => (m.heads.idh.conformal.error_rate = 0.5), 'error_rate'],
    ['a feature twice', (m: Raw) => (m.heads.idh.features[1] = 'age_years'), 'age_years occurs twice'],
    ['a feature of its own', (m: Raw) => (m.heads.idh.features[1] = 'mood'), 'mood is not a feature that the service'],
    ['a guard of another length', (m: Raw) => m.heads.idh.guard.mean.push(1), 'has 4 numbers for 3 features'],
    ['a precision that is not symmetric', (m: Raw) => (m.heads.idh.guard.precision[0][1] += 1), 'must be symmetric'],
    ['an unknown key', (m: Raw) => (m.heads.idh.threshold = 0.5), 'heads.idh.threshold is not a known key'],
    ['a survival head for a marker', (m: Raw) => (m.heads.idh = m.heads.survival), 'heads.idh'],
    ['a marker head for survival', (m: Raw) => (m.heads.survival = m.heads.idh), 'heads.survival'],
    ['a path as file', (m: Raw) => (m.heads.idh.file = '../idh.onnx'), 'heads.idh.file: must be a plain ONNX file'],
    ['a feature in no group', (m: Raw) => (m.heads.idh.groups = { a: ['age_years', 't1c_cov'] }), 'is in no group'],
    ['a group of strangers', (m: Raw) => (m.heads.idh.groups = { a: ['age'] }), 'age is not one of the features'],
    ['a hazard that falls', (m: Raw) => (m.heads.survival.baseline.cumulative_hazard[3] = 0), 'must not fall'],
    ['months that do not increase', (m: Raw) => (m.heads.survival.baseline.months[1] = 1), 'must increase'],
    ['a curve that rises', (m: Raw) => (m.heads.survival.risk_groups[0].kaplan_meier.survival[2] = 1), 'must not rise'],
    [
      'a band of another length',
      (m: Raw) => m.heads.survival.risk_groups[1].kaplan_meier.lower.pop(),
      '3 values for 4',
    ],
    ['a closed last group', (m: Raw) => (m.heads.survival.risk_groups[2].upper_log_risk = 3), 'null in the last group'],
    [
      'groups out of order',
      (m: Raw) => (m.heads.survival.risk_groups[1].upper_log_risk = -1),
      'above the group before',
    ],
    ['more deaths than patients', (m: Raw) => (m.heads.survival.risk_groups[0].events = 99), 'must not exceed n'],
  ])('refuse %s', (_name, change, part) => {
    expect(problemsOf(change)).toContain(part)
  })

  it('refuse more than twelve features without groups', () => {
    const wide = (m: Raw) => {
      const count = 13
      const idh = m.heads.idh
      idh.features = ['age_years', ...Array.from({ length: count - 1 }, (_, n) => `glcm_F${n}`)]
      idh.reference = Array(count).fill(0)
      idh.guard.mean = Array(count).fill(0)
      idh.guard.precision = idh.features.map((_: string, i: number) =>
        idh.features.map((_: string, j: number) => Number(i === j)),
      )
    }
    expect(problemsOf(wide)).toContain('13 are too many to explain; declare at most 12 groups')
    const grouped = headsManifest()
    wide(grouped)
    grouped.heads.idh.groups = { all: grouped.heads.idh.features }
    expect(runnableHeads(parseBundle(grouped))).toHaveLength(2)
  })
})
