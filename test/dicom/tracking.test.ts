// Which finding a group is about: proven by its UID, never guessed from a text that anybody may have written.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTracking, trackingOf } from '../../src/dicom/tracking.ts'

const id = fc.stringMatching(/^[0-9a-f]{32}$/)
const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom('ET', 'change ET', '', ' ', "$& $' $`", 'lesion 1', 'predicted idh', 'measurement.ET'),
)

describe('the tracking of a finding', () => {
  it('gives its key and analysis back, whatever the key is called', () => {
    fc.assert(
      fc.property(id, fc.string({ minLength: 1 }), (analysisId, key) => {
        expect(readTracking(trackingOf({ analysisId }, key))).toEqual({ key, analysisId })
      }),
    )
  })

  it('is not read from a text whose UID is another', () => {
    fc.assert(
      fc.property(id, hostile, hostile, (analysisId, key, other) => {
        fc.pre(key !== other)
        const { uid } = trackingOf({ analysisId }, key)
        expect(readTracking({ identifier: `${other} ${analysisId}`, uid })).toBeUndefined()
        expect(readTracking({ identifier: other, uid: '2.25.1' })).toBeUndefined()
      }),
    )
  })
})
