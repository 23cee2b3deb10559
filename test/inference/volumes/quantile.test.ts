// Quantiles of unordered images against those of the sorted values.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantile, quantilesAbove } from '../../../src/inference/volumes/quantile.ts'

const SHARES = [0, 0.01, 0.1, 0.5, 0.99, 0.995, 1]

describe('quantiles of what lies above a bound', () => {
  it('are those of the sorted values, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.float({ noDefaultInfinity: true }), fc.constantFrom(0, -0, 1, 1, 1.5, Number.NaN))),
        fc.float({ min: 0, max: 100, noNaN: true }),
        (list, least) => {
          const values = Float32Array.from(list)
          const sorted = [...values].filter((value) => value > least)
          expect(quantilesAbove(values, least, SHARES)).toEqual(SHARES.map((share) => quantile(sorted, share)))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('are found in a part of a larger buffer', () => {
    const part = new Float32Array([9, 9, 1, 2, 4, 9]).subarray(2, 5)
    expect(quantilesAbove(part, 0, [0, 0.25, 0.5, 1])).toEqual([1, 1.5, 2, 4])
    expect(quantilesAbove(part, 1.5, [0, 0.5])).toEqual([2, 3])
  })

  it('are NaN where there is nothing above it', () => {
    expect(quantilesAbove(new Float32Array([0, -1, Number.NaN]), 0, [0.5])).toEqual([Number.NaN])
  })
})
