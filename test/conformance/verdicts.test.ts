// What npm run conformance makes of verdicts: nothing passes unseen, and no word of an object gets into the report.
import { describe, expect, it } from 'vitest'
import { isAccepted, type JudgedStudy, pageOf, reportOf } from '../../scripts/conformance/report.ts'
import { judgeResources } from '../support/judge-fhir.ts'
import { differences, type Moments, momentsOfAffine } from '../support/segment-moments.ts'
import { type Verdict, verdictOf } from '../support/verdict.ts'

const study = (verdicts: Verdict[], change: Partial<JudgedStudy> = {}): JudgedStudy => ({
  title: 'Case',
  state: 'delivered',
  images: 3,
  objects: ['segmentation'],
  resources: [],
  verdicts,
  ...change,
})
const verdict = (outcome: Verdict['outcome'], text = 'Müller^Zoë', explained?: string): Verdict => ({
  validator: 'a judge',
  object: 'segmentation',
  outcome,
  remarks: outcome === 'clean' ? [] : [{ text, ...(explained === undefined ? {} : { explained }) }],
})

describe('the exit code', () => {
  const accepted = (studies: JudgedStudy[], allowMissing = false, finished = true) =>
    isAccepted(reportOf(studies, finished), allowMissing)

  it('is 0 only when every object was accepted by validators that are there, and the run came to its end', () => {
    const explained = verdict('explained', 'x', 'why')
    expect(accepted([study([verdict('clean'), explained])])).toBe(true)
    expect(accepted([study([verdict('clean'), explained])], false, false)).toBe(false)
    expect(accepted([study([verdict('clean')]), study([verdict('failed')])], true)).toBe(false)
    expect(accepted([study([verdict('not installed')])])).toBe(false)
    expect(accepted([study([verdict('not installed')])], true)).toBe(true)
    expect(accepted([study([verdict('clean')]), study([], { state: 'held', hold: 'SERIES_MISSING' })], true)).toBe(
      false,
    )
  })
})

describe('the report', () => {
  it('counts remarks and gives our explanations, and quotes nothing', () => {
    const report = reportOf([study([verdict('failed'), verdict('explained', 'Okafor', 'The tool is old.')])], true)
    const page = pageOf(report)
    expect(`${page}${JSON.stringify(report)}`).not.toMatch(/Müller|Okafor/)
    expect(page).toContain('| a judge | segmentation | **failed** (1) |')
    expect(page).toContain('| a judge | segmentation | 1 explained (1) |')
    expect(page).toContain('1. The tool is old.')
    expect(page).toContain('**1 verdicts are failures.**')
  })

  it('names what is not installed', () => {
    const report = reportOf([study([verdict('not installed')])], true)
    expect(report.notInstalled).toEqual(['a judge'])
    expect(pageOf(report)).toContain('Not installed: a judge.')
  })
})

describe('a verdict', () => {
  it('is a failure when the judge breaks down, and when one remark of several is not explained', async () => {
    const broken = await verdictOf('a judge', 'x', undefined, () => Promise.reject(new Error('no Java')))
    expect(broken).toMatchObject({ outcome: 'failed', remarks: [{ text: 'it broke down: no Java' }] })
    const remarks = [{ text: 'a', explained: 'b' }, { text: 'c' }]
    expect((await verdictOf('a judge', 'x', undefined, () => ({ remarks }))).outcome).toBe('failed')
    expect((await verdictOf('a judge', 'x', undefined, () => ({ remarks: remarks.slice(0, 1) }))).outcome).toBe(
      'explained',
    )
    expect((await verdictOf('a judge', 'x', 'get it', () => ({ remarks }))).outcome).toBe('not installed')
  })

  it('on a resource that breaks base R4 and our profile is a failure of both', async () => {
    const verdicts = await judgeResources([
      {
        name: 'observation',
        resource: { resourceType: 'Observation', status: 'banana', code: { text: 'x' } } as never,
      },
    ])
    expect(verdicts.map(({ validator, outcome }) => [validator, outcome])).toEqual([
      ['FHIR R4', 'failed'],
      ['our profiles', 'failed'],
    ])
  })
})

describe('segments as two readers have them', () => {
  const shape = [2, 3, 4]
  const affine = [
    [0, 0, 0.5, -10],
    [0, 2, 0, 20],
    [3, 0, 0, 30],
    [0, 0, 0, 1],
  ]
  const labels = (...at: [index: number, label: number][]) => {
    const data = new Uint8Array(24)
    for (const [index, label] of at) data[index] = label
    return momentsOfAffine(data, shape, affine)
  }
  const truth: Moments = labels([1, 1], [2, 1], [23, 2])

  it('have counts and centres in patient space', () => {
    expect(truth.get(1)).toEqual({ voxels: 2, centre: [-9.25, 20, 30] })
    expect(truth.get(2)).toEqual({ voxels: 1, centre: [-8.5, 24, 33] })
    expect(differences(labels([1, 1], [2, 1], [23, 2]), truth)).toEqual([])
  })

  it('differ when one voxel is missing, moved, or another segment', () => {
    expect(differences(labels([1, 1], [23, 2]), truth)).toEqual(['segment 1: 1 voxels, not 2'])
    expect(differences(labels([1, 1], [3, 1], [23, 2]), truth)).toEqual(['segment 1: its centre is 0.250 mm away'])
    expect(differences(labels([1, 1], [2, 1], [23, 3]), truth)).toHaveLength(2)
  })
})
