// Go or no-go against limits: measured by hand on three studies; and references on another grid, against a walk through patient space.
import { describe, expect, it } from 'vitest'
import type { AcceptanceLimit, AcceptedStudy } from '../../src/domain/acceptance.ts'
import { type LabelVolume, toIndex, toPatient } from '../../src/domain/volume.ts'
import { judgeAcceptance } from '../../src/evaluation/acceptance.ts'
import { readLimits } from '../../src/evaluation/acceptance-limits.ts'
import { labelsOnto } from '../../src/evaluation/onto-grid.ts'
import { limitWords, measuredWords } from '../../src/wording/acceptance.ts'

const study = (name: string, more: Partial<AcceptedStudy>): AcceptedStudy => ({
  name,
  volumes: {},
  scores: [],
  calls: [],
  ...more,
})
const studies: AcceptedStudy[] = [
  study('a', {
    seconds: 40,
    scores: [{ region: 'WT', dice: 0.91, volumeMl: 44, referenceMl: 40 }],
    calls: [{ head: 'grade', status: 'evaluable', call: '4', truth: '4' }],
  }),
  study('b', {
    seconds: 61.5,
    scores: [{ region: 'WT', dice: 0.79, volumeMl: 15, referenceMl: 20 }],
    calls: [{ head: 'grade', status: 'evaluable', call: '4', truth: '3' }],
  }),
  study('c', {
    seconds: 20,
    scores: [{ region: 'WT', dice: 0, volumeMl: 3, referenceMl: 0 }],
    calls: [
      { head: 'grade', status: 'indeterminate', truth: '2' },
      { head: 'idh', status: 'evaluable', call: 'IDH-mutant', truth: 'IDH-wildtype' },
    ],
  }),
  study('d', { failure: { code: 'SERIES_MISSING', message: 'no T1c' } }),
]
const judged = (...limits: AcceptanceLimit[]) => judgeAcceptance(limits, studies)

describe('judgeAcceptance', () => {
  it.each([
    [{ measure: 'studies', atLeast: 4, cases: 1 }, 4, 4, true],
    [{ measure: 'studies', atLeast: 5, cases: 1 }, 4, 4, false],
    [{ measure: 'failures', atMost: 0.25, cases: 1 }, 0.25, 4, true],
    [{ measure: 'failures', atMost: 0.2, cases: 1 }, 0.25, 4, false],
    [{ measure: 'dice', region: 'WT', atLeast: 0.79, cases: 3 }, 0.79, 3, true],
    [{ measure: 'dice', region: 'WT', atLeast: 0.79, cases: 4 }, 0.79, 3, false],
    [{ measure: 'dice', region: 'ET', atLeast: 0, cases: 1 }, undefined, 0, false],
    [{ measure: 'volume-error', region: 'WT', atMost: 0.2, cases: 2 }, 0.175, 2, true],
    [{ measure: 'wrong-calls', head: 'grade', atMost: 0.5, cases: 2 }, 0.5, 2, true],
    [{ measure: 'wrong-calls', head: 'idh', atMost: 0.5, cases: 1 }, 1, 1, false],
    [{ measure: 'wrong-calls', head: 'mgmt', atMost: 1, cases: 1 }, undefined, 0, false],
    [{ measure: 'seconds', atMost: 61, cases: 1 }, 61.5, 3, false],
  ] as [AcceptanceLimit, number | undefined, number, boolean][])('%j', (limit, measured, cases, isMet) => {
    const { decision, verdicts } = judged(limit)
    expect(verdicts[0]!.measured === undefined).toBe(measured === undefined)
    if (measured !== undefined) expect(verdicts[0]!.measured).toBeCloseTo(measured, 12)
    expect(verdicts[0]).toMatchObject({ cases, isMet })
    expect(decision).toBe(isMet ? 'go' : 'no-go')
  })

  it('is go only when every limit is met', () => {
    const met: AcceptanceLimit = { measure: 'studies', atLeast: 1, cases: 1 }
    expect(judged(met, { measure: 'failures', atMost: 0, cases: 1 }).decision).toBe('no-go')
    expect(judged(met, met).decision).toBe('go')
  })

  it('is told in words', () => {
    const { verdicts } = judged(
      { measure: 'dice', region: 'WT', atLeast: 0.85, cases: 30 },
      { measure: 'wrong-calls', head: 'grade', atMost: 0.1, cases: 10 },
      { measure: 'dice', region: 'ET', atLeast: 0.5, cases: 1 },
    )
    expect(verdicts.map(({ limit }) => limitWords(limit))).toEqual([
      'Median Dice, WT: at least 0.85, on at least 30 studies',
      'Wrong calls, WHO grade: at most 10 %, on at least 10 calls',
      'Median Dice, ET: at least 0.5',
    ])
    expect(verdicts.map(measuredWords)).toEqual(['0.790 (3 studies)', '50 % (2 calls)', 'not measured'])
  })
})

describe('readLimits', () => {
  const off = { status: 'not_evaluable', reason: 'r' } as const
  const bundle = {
    regions: { WT: [1] },
    heads: { idh: { ...off, status: 'tabular' }, '1p19q': off, mgmt: off, grade: off, survival: off },
  } as never
  const read = (limits: unknown) => readLimits(JSON.stringify({ limits }), bundle)

  it('takes each form, with one case where nothing is said', () => {
    expect(
      read([
        { measure: 'dice', region: 'WT', atLeast: 0.8 },
        { measure: 'wrong-calls', head: 'idh', atMost: 0.1, cases: 9 },
      ]),
    ).toEqual([
      { measure: 'dice', region: 'WT', atLeast: 0.8, cases: 1 },
      { measure: 'wrong-calls', head: 'idh', atMost: 0.1, cases: 9 },
    ])
  })

  it.each([
    [[], /at least one limit/],
    [[{ measure: 'dice', region: 'XX', atLeast: 0.8 }], /limits\.0: the bundle has no region XX/],
    [[{ measure: 'wrong-calls', head: 'mgmt', atMost: 0.1 }], /limits\.0: the bundle makes no call of mgmt/],
    [[{ measure: 'failures', atMost: 10 }], /limits\.0\.atMost/],
    [[{ measure: 'dice', region: 'WT', atMost: 0.8 }], /limits\.0/],
  ])('refuses %j', (limits, message) => {
    expect(() => read(limits)).toThrow(message)
  })

  it('refuses what is no JSON', () => expect(() => readLimits('{', bundle)).toThrow(/not valid JSON/))
})

describe('labelsOnto', () => {
  const turned: LabelVolume = {
    grid: { size: [7, 5, 4], spacing: [2, 1.5, 3], origin: [10, -4, 6], direction: [0, -1, 0, 1, 0, 0, 0, 0, 1] },
    data: Uint8Array.from({ length: 140 }, (_, n) => (n * 7) % 4),
  }
  const target = {
    size: [6, 9, 5],
    spacing: [1.2, 1.7, 2.1],
    origin: [3, -2, 5],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const

  it('has at each voxel the label that is nearest in patient space', () => {
    const { data } = labelsOnto(turned, target as never)
    let inside = 0
    for (let k = 0; k < 5; k++)
      for (let j = 0; j < 9; j++)
        for (let i = 0; i < 6; i++) {
          const [x, y, z] = toIndex(turned.grid, toPatient(target as never, [i, j, k])).map(Math.round) as [
            number,
            number,
            number,
          ]
          const isIn = x >= 0 && y >= 0 && z >= 0 && x < 7 && y < 5 && z < 4
          inside += Number(isIn)
          expect(data[i + 6 * (j + 9 * k)]).toBe(isIn ? turned.data[x + 7 * (y + 5 * z)] : 0)
        }
    expect(inside).toBeGreaterThan(40)
  })

  it('refuses a reference that lies elsewhere, and takes an empty one', () => {
    const away = { ...turned, grid: { ...turned.grid, origin: [500, 0, 0] as const } }
    expect(() => labelsOnto(away as never, target as never)).toThrow(/lies elsewhere/)
    expect(labelsOnto({ ...turned, data: new Uint8Array(140) }, target as never).data.every((one) => one === 0)).toBe(
      true,
    )
  })
})
