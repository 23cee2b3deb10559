// The figures of a run under load, against values worked out by hand and by a known line with noise.
import { describe, expect, it } from 'vitest'
import { fitLine, percentile } from '../../bench/load-statistics.ts'

describe('a percentile', () => {
  it('is a value that is there, in whatever order they come', () => {
    const values = [40, 15, 50, 20, 35]
    expect([0.05, 0.3, 0.4, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([15, 20, 20, 35, 50, 50])
    expect(percentile([], 0.5)).toBeNaN()
  })
})

describe('a line', () => {
  it('has the slope of its points, and an interval of none where they lie on it', () => {
    const { slope, halfWidth } = fitLine([0, 1, 2, 5].map((x) => [x, 7 - 3 * x]))
    expect(slope).toBeCloseTo(-3, 12)
    expect(halfWidth).toBeCloseTo(0, 12)
  })

  it('has the interval of the textbook: x 1 to 5, y 2, 4, 5, 4, 5', () => {
    const { slope, halfWidth } = fitLine([2, 4, 5, 4, 5].map((y, n) => [n + 1, y]))
    expect(slope).toBeCloseTo(0.6, 12)
    // Residuals -0.8, 0.6, 1, -0.6, -0.2: their squares sum to 2.4, over 3 degrees of freedom and a spread of x of 10.
    expect(halfWidth).toBeCloseTo(1.96 * Math.sqrt(0.08), 12)
    expect(fitLine([[0, 1]]).slope).toBeNaN()
  })
})
