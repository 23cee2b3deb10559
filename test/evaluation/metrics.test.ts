import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LabelVolume, Vec3 } from '../../src/domain/volume.ts'
import { dice } from '../../src/evaluation/dice.ts'
import { scoreRegions, summarise } from '../../src/evaluation/evaluate.ts'
import { hausdorff95 } from '../../src/evaluation/hausdorff.ts'
import { distanceMap } from '../../src/inference/volumes/distance-map.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/evaluation/hausdorff.json', import.meta.url), 'utf8'))
const size: Vec3 = golden.size_xyz

function unpack(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64')
  return Uint8Array.from({ length: size[0] * size[1] * size[2] }, (_, v) => (bytes[v >> 3]! >> (v & 7)) & 1)
}

describe('metrics', () => {
  it.each(
    golden.cases as { name: string; a: string; b: string; spacing_xyz: Vec3; hausdorff95: number; dice: number }[],
  )('match MONAI: $name', (example) => {
    const [a, b] = [unpack(example.a), unpack(example.b)]
    expect(dice(a, b)).toBeCloseTo(example.dice, 5)
    expect(hausdorff95(a, b, size, example.spacing_xyz)).toBeCloseTo(example.hausdorff95, 4)
    expect(hausdorff95(b, a, size, example.spacing_xyz)).toBeCloseTo(example.hausdorff95, 4)
  })

  it('have settled answers for empty masks', () => {
    const empty = new Uint8Array(8)
    const one = Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0)
    expect(dice(empty, empty)).toBe(1)
    expect(dice(empty, one)).toBe(0)
    expect(hausdorff95(empty, empty, [2, 2, 2], [1, 1, 1])).toBe(0)
    expect(hausdorff95(empty, one, [2, 2, 2], [1, 1, 1])).toBeUndefined()
    expect(() => dice(empty, new Uint8Array(9))).toThrow('not on one grid')
  })

  it('measure exact distances in millimetres', () => {
    const mask = new Uint8Array(4 * 3 * 2)
    mask[1 + 4 * (2 + 3 * 0)] = 1
    const map = distanceMap(mask, [4, 3, 2], [0.5, 2, 3])
    for (let v = 0; v < mask.length; v++) {
      const [i, j, k] = [v % 4, Math.floor(v / 4) % 3, Math.floor(v / 12)]
      expect(map[v]).toBeCloseTo(Math.hypot((i - 1) * 0.5, (j - 2) * 2, k * 3), 9)
    }
    expect(distanceMap(new Uint8Array(24), [4, 3, 2], [1, 1, 1]).every((d) => d === Infinity)).toBe(true)
  })
})

describe('scores of regions', () => {
  const grid = {
    size: [4, 2, 1] as const,
    spacing: [1, 1, 10] as const,
    origin: [0, 0, 0] as const,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  }
  const volume = (...data: number[]): LabelVolume => ({ grid, data: Uint8Array.from(data) })
  const regions = { WT: [1, 2, 3], ET: [3] }

  it('join labels and measure volumes', () => {
    const [wt, et] = scoreRegions(volume(0, 1, 2, 0, 0, 0, 3, 0), volume(0, 2, 2, 0, 0, 0, 1, 1), regions)
    expect(wt).toEqual({
      region: 'WT',
      dice: 6 / 7,
      hausdorff95Mm: expect.closeTo(0.85, 9),
      volumeMl: expect.closeTo(0.03, 9),
      referenceMl: expect.closeTo(0.04, 9),
    })
    expect(et).toEqual({ region: 'ET', dice: 0, volumeMl: 0.01, referenceMl: 0 })
  })

  it('of two empty segmentations are perfect', () => {
    const none = volume(0, 0, 0, 0, 0, 0, 0, 0)
    expect(scoreRegions(none, none, regions)[1]).toEqual({
      region: 'ET',
      dice: 1,
      hausdorff95Mm: 0,
      volumeMl: 0,
      referenceMl: 0,
    })
  })

  it('are averaged where they are defined', () => {
    const score = (dice: number, hausdorff95Mm: number | undefined, volumeMl: number) => [
      { region: 'ET', dice, ...(hausdorff95Mm === undefined ? {} : { hausdorff95Mm }), volumeMl, referenceMl: 10 },
    ]
    expect(summarise([score(0.8, 4, 12), score(0, undefined, 0)])).toEqual([
      {
        region: 'ET',
        cases: 2,
        dice: { mean: 0.4, min: 0, max: 0.8 },
        hausdorff95Mm: { mean: 4, cases: 1 },
        volumeErrorMl: 6,
      },
    ])
    expect(summarise([])).toEqual([])
  })
})
