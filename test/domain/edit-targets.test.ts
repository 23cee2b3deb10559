// What an edit is about is written and read by one pair of functions, whatever a bundle calls its regions.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEADS } from '../../src/domain/finding.ts'
import {
  diametersTarget,
  lesionTarget,
  measurementTarget,
  predictionTarget,
  segmentTarget,
  targetOf,
} from '../../src/domain/review.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('$&', 'measurement.', '.', 'a.b', 'lesion.1', 'outlines', '\n', 'ET\u2028x', '__proto__'),
)

describe('the target of an edit', () => {
  it('leads back to the region or segment, letter by letter', () => {
    fc.assert(
      fc.property(hostile, (key) => {
        expect(targetOf({ target: measurementTarget(key) })).toEqual({ region: key })
        expect(targetOf({ target: segmentTarget(key) })).toEqual({ segment: key })
      }),
    )
  })

  it('leads back to the head and to the number of a lesion', () => {
    for (const head of HEADS) expect(targetOf({ target: predictionTarget(head) })).toEqual({ head })
    for (const n of [1, 20, 9999]) {
      expect(targetOf({ target: lesionTarget(n) })).toEqual({ lesion: n })
      expect(targetOf({ target: diametersTarget(n) })).toEqual({ diameters: n })
    }
  })

  it.each([
    '',
    'ET',
    'measurement.',
    'prediction.IDH',
    'lesion.0',
    'lesion.1.5',
    'lesion.-1',
    'diameters.x',
    'outlines.1',
  ])('is unknown of %j', (target) => expect(targetOf({ target })).toBeUndefined())
})
