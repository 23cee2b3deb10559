// A candidate beside the active bundle: Dice against the Jaccard index of sets of voxels, on masks without any symmetry; volumes, calls, and the limits.
import { describe, expect, it } from 'vitest'
import type { ChangeLimit, ShadowCase } from '../../src/domain/bundles.ts'
import type { EvaluatedPrediction, Prediction } from '../../src/domain/finding.ts'
import type { Grid, LabelVolume } from '../../src/domain/volume.ts'
import { compareResults, limitStates, type OneResult } from '../../src/evaluation/shadow.ts'
import { sampleResult } from '../support/sample-analyses.ts'

const grid: Grid = { size: [7, 5, 4], spacing: [1, 2, 3], origin: [-9, 4, 2], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] }
/** The active bundle's labels: 1 core, 2 oedema. */
const ACTIVE_REGIONS = { WT: [1, 2], TC: [1] }
/** The candidate numbers them the other way round, and has a region of its own. */
const SHADOW_REGIONS = { WT: [2, 1], TC: [2], CYST: [3] }

const at = (n: number) => [n % 7, Math.floor(n / 7) % 5, Math.floor(n / 35)] as const
const labelled = (label: (x: number, y: number, z: number) => number): LabelVolume => ({
  grid,
  data: Uint8Array.from({ length: 140 }, (_, n) => label(...at(n))),
})
const activeLabels = labelled((x, y, z) => (x > 1 && y < 3 && z > 0 ? (x + y > 5 ? 1 : 2) : 0))
const shadowLabels = labelled((x, y, z) => (x > 2 && y < 4 && z > 1 ? (x + 2 * y > 8 ? 2 : 1) : 0))

const indeterminate: Omit<EvaluatedPrediction, 'head'> = {
  status: 'indeterminate',
  probabilities: {},
  intervals: {},
  explanation: [],
}
const called = (head: 'idh' | 'grade', call: string) =>
  ({ ...indeterminate, head, status: 'evaluable', call }) as Prediction

function resultOf(volumes: Record<string, number>, predictions: Prediction[], seconds: number): OneResult['result'] {
  const [some] = sampleResult.measurements
  const measurements = Object.entries(volumes).map(([region, value]) => ({ ...some!, region, value }))
  return { measurements, predictions, execution: { ...sampleResult.execution, seconds } }
}
const active: OneResult = {
  result: resultOf({ WT: 40, TC: 10 }, [called('idh', 'IDH-mutant'), called('grade', '4')], 21),
  labels: activeLabels,
  regions: ACTIVE_REGIONS,
}
const shadow: OneResult = {
  result: resultOf({ WT: 30, TC: 12, CYST: 1 }, [called('idh', 'IDH-mutant'), { ...indeterminate, head: 'grade' }], 9),
  labels: shadowLabels,
  regions: SHADOW_REGIONS,
}

/** Dice from the Jaccard index of two sets: 2 J / (1 + J). */
function diceOfSets(a: LabelVolume, inA: number[], b: LabelVolume, inB: number[]): number {
  const setOf = ({ data }: LabelVolume, members: number[]) =>
    new Set([...data.keys()].filter((n) => members.includes(data[n]!)))
  const [one, two] = [setOf(a, inA), setOf(b, inB)]
  const jaccard = [...one].filter((voxel) => two.has(voxel)).length / new Set([...one, ...two]).size
  return (2 * jaccard) / (1 + jaccard)
}

describe('a comparison', () => {
  it('has the overlap and the volumes of every region that both state, whatever their labels are called', () => {
    const { regions, seconds } = compareResults(active, shadow)
    expect(regions.map(({ region, activeMl, shadowMl }) => [region, activeMl, shadowMl])).toEqual([
      ['WT', 40, 30],
      ['TC', 10, 12],
    ])
    const [whole, core] = regions
    expect(whole!.dice).toBeCloseTo(diceOfSets(activeLabels, [1, 2], shadowLabels, [1, 2]), 12)
    expect(core!.dice).toBeCloseTo(diceOfSets(activeLabels, [1], shadowLabels, [2]), 12)
    expect(core!.dice).toBeGreaterThan(0.1)
    expect(core!.dice).toBeLessThan(0.9)
    expect(core!.dice).not.toBeCloseTo(whole!.dice, 2)
    expect(seconds).toEqual({ active: 21, shadow: 9 })
  })

  it('brings the candidate’s outline onto the grid of the active one', () => {
    const shifted: LabelVolume = {
      grid: { ...grid, size: [6, 5, 4], origin: [-8, 4, 2] },
      data: Uint8Array.from({ length: 120 }, (_, n) => {
        const [x, y, z] = [n % 6, Math.floor(n / 6) % 5, Math.floor(n / 30)]
        return shadowLabels.data[x + 1 + 7 * (y + 5 * z)]!
      }),
    }
    const same = compareResults(active, shadow).regions
    expect(compareResults(active, { ...shadow, labels: shifted }).regions).toEqual(same)
  })

  it('says which calls differ, and leaves out a region that one of them withheld', () => {
    expect(compareResults(active, shadow).calls).toEqual([
      { head: 'idh', active: 'IDH-mutant', shadow: 'IDH-mutant' },
      { head: '1p19q' },
      { head: 'mgmt' },
      { head: 'grade', active: '4' },
    ])
    const withheld = { ...active, result: resultOf({ WT: 40 }, [], 1) }
    expect(compareResults(withheld, shadow).regions.map(({ region }) => region)).toEqual(['WT'])
  })
})

const caseOf = (dice: number, activeMl: number, shadowMl: number, call?: string): ShadowCase => ({
  analysisId: 'a',
  comparedAt: '2026-01-01T00:00:00.000Z',
  seconds: {},
  regions: [{ region: 'WT', dice, activeMl, shadowMl }],
  calls: [{ head: 'idh', active: 'IDH-mutant', ...(call && { shadow: call }) }],
})
const failed: ShadowCase = {
  ...caseOf(0, 0, 0),
  regions: [],
  calls: [],
  failure: { code: 'INFERENCE_FAILED', message: 'm' },
}
const { failure: _none, ...empty } = failed
const leftOut: ShadowCase = { ...empty, leftOut: { code: 'ARCHIVE_UNREACHABLE', message: 'm' } }
const cases = [
  caseOf(0.9, 10, 12, 'IDH-mutant'),
  caseOf(0.6, 20, 10, 'IDH-wildtype'),
  caseOf(0.75, 4, 5),
  caseOf(0.95, 0, 3, 'IDH-mutant'),
  failed,
  leftOut,
]
const judge = (...limits: ChangeLimit[]) => limitStates(limits, cases, { id: 'old' })

describe('a limit', () => {
  it('is measured on all cases that say something about it', () => {
    const impact = { part: 'impact' } as const
    expect(
      judge(
        { part: 'protocol', measure: 'cases', atLeast: 5 },
        { ...impact, measure: 'dice', region: 'WT', atLeast: 0.79 },
        { ...impact, measure: 'volume-difference', region: 'WT', atMost: 0.25 },
        { ...impact, measure: 'changed-calls', head: 'idh', atMost: 0.49 },
        { ...impact, measure: 'failures', atMost: 0.2 },
      ).map(({ measured, cases: seen, isMet }) => [measured, seen, isMet]),
    ).toEqual([
      [5, 5, true],
      // (0.9 + 0.6 + 0.75 + 0.95) / 4
      [expect.closeTo(0.8, 12), 4, true],
      // Of 0.2, 0.5 and 0.25; nothing is a share of an empty volume.
      [0.25, 3, true],
      [0.5, 4, false],
      [0.2, 5, true],
    ])
  })

  it('is not met by nothing, and names what may be replaced', () => {
    expect(limitStates([{ part: 'impact', measure: 'failures', atMost: 1 }], [leftOut], { id: 'old' })).toEqual([
      { limit: { part: 'impact', measure: 'failures', atMost: 1 }, cases: 0, isMet: false },
    ])
    expect(judge({ part: 'impact', measure: 'dice', region: 'ET', atLeast: 0 })[0]).toMatchObject({
      cases: 0,
      isMet: false,
    })
    const replaces = { part: 'modifications', measure: 'replaces', ids: ['older', 'old'] } as const
    expect(judge({ ...replaces, ids: ['older', 'old'] })[0]!.isMet).toBe(true)
    expect(judge({ ...replaces, ids: ['older'] })[0]!.isMet).toBe(false)
  })
})
