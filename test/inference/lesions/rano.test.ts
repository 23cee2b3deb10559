// Each category at its limit, by lesions of given diameters.
import { describe, expect, it } from 'vitest'
import type { Bidimensional } from '../../../src/domain/finding.ts'
import type { MeasuredLesion } from '../../../src/inference/lesions/diameters.ts'
import { type EnhancingChange, sizeResponse } from '../../../src/inference/lesions/rano.ts'

const lesion = (longestMm: number, perpendicularMm: number): MeasuredLesion => ({
  voxels: [],
  diameters: {
    longestMm,
    perpendicularMm,
    measurable: longestMm >= 10 && perpendicularMm >= 10,
  } as Bidimensional,
})

const respond = (
  earlier: MeasuredLesion[],
  now: MeasuredLesion[],
  predecessors: number[][],
  rest: Partial<EnhancingChange> = {},
) => sizeResponse({ earlier, now, predecessors, deviationThen: undefined, deviationNow: undefined, ...rest })

describe('category of the enhancing lesions', () => {
  it.each([
    // 400 mm² before; +25 % is 500, -50 % is 200.
    [25, 20, 'PD', 25],
    [24.99, 20, 'SD', 24.95],
    [20, 20, 'SD', 0],
    [10.01, 20, 'SD', -49.95],
    [10, 20, 'PR', -50],
  ])('of one lesion of 20 by 20 mm that is %f by %f mm now: %s', (longest, perpendicular, category, percent) => {
    const response = respond([lesion(20, 20)], [lesion(longest, perpendicular)], [[0]])
    expect(response.category).toBe(category)
    expect(response.percent).toBeCloseTo(percent, 9)
    expect(response).not.toHaveProperty('possible')
  })

  it('is CR when nothing enhances any more', () => {
    expect(respond([lesion(20, 20), lesion(5, 4)], [], [])).toMatchObject({
      category: 'CR',
      productNow: 0,
      percent: -100,
    })
    expect(respond([lesion(5, 4)], [], []).category).toBe('CR')
  })

  it('is PD with a new measurable lesion, whatever the others did; a small one is only mentioned', () => {
    const shrunk = lesion(10, 10)
    expect(respond([lesion(30, 30)], [shrunk, lesion(10, 10)], [[0], []])).toMatchObject({
      category: 'PD',
      reasons: ['1 new measurable enhancing lesion.'],
    })
    const small = respond([lesion(30, 30)], [shrunk, lesion(12, 9.9)], [[0], []])
    expect(small.category).toBe('PR')
    expect(small.reasons[1]).toBe('1 new enhancing lesion too small to measure (below 10 mm by 10 mm) not counted.')
  })

  it('follows at most three targets, also below 10 mm, and counts a merged one once', () => {
    const earlier = [lesion(40, 30), lesion(20, 20), lesion(15, 10), lesion(12, 10)]
    const response = respond(earlier, [lesion(50, 40), lesion(8, 5), lesion(30, 20)], [[0, 1], [2], [3]])
    expect(response.productThen).toBe(1200 + 400 + 150)
    expect(response.productNow).toBe(2000 + 40)
    expect(response.category).toBe('SD')
  })

  it('calls growth from too small to measure only when both diameters gained 5 mm', () => {
    expect(respond([lesion(9, 6)], [lesion(14, 11)], [[0]]).category).toBe('PD')
    const less = respond([lesion(9, 6)], [lesion(13.9, 11)], [[0]])
    expect(less).not.toHaveProperty('category')
    expect(less.reasons).toEqual(['No enhancing lesion of the earlier study was measurable (10 mm by 10 mm).'])
  })

  it('says nothing where nothing enhanced at either time', () => {
    expect(respond([], [], [])).toEqual({
      productThen: 0,
      productNow: 0,
      reasons: ['There is no enhancing tumour at either time.'],
    })
    expect(respond([], [lesion(12, 11)], [[]]).category).toBe('PD')
  })

  it('states what the uncertainty of the volumes leaves possible', () => {
    // Ratio 1.2, deviations 3 % and 4 %: 2/3 × 1.2 × 5 % = 4 % of the earlier product.
    const response = respond([lesion(20, 20)], [lesion(24, 20)], [[0]], { deviationThen: 0.03, deviationNow: 0.04 })
    expect(response).toMatchObject({ category: 'SD', possible: ['SD', 'PD'] })
    expect(response.percentDeviation).toBeCloseTo(4, 9)
    const sure = respond([lesion(20, 20)], [lesion(20, 20)], [[0]], { deviationThen: 0.03, deviationNow: 0.04 })
    expect(sure.possible).toEqual(['SD'])
  })
})
