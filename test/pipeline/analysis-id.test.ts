// The identity of an analysis depends on study, image set and bundle, and on nothing else.
import { expect, it } from 'vitest'
import { analysisIdOf } from '../../src/pipeline/analysis-id.ts'

it('is the same for the same inputs and another for any other', () => {
  const id = analysisIdOf('1.2.3', 'set', 'bundle')
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(analysisIdOf('1.2.3', 'set', 'bundle')).toBe(id)
  const others = [
    analysisIdOf('1.2.4', 'set', 'bundle'),
    analysisIdOf('1.2.3', 'set2', 'bundle'),
    analysisIdOf('1.2.3', 'set', 'b2'),
  ]
  expect(new Set([id, ...others]).size).toBe(4)
})

it('cannot be confused by moving characters between its parts', () => {
  expect(analysisIdOf('1.2', '3x', 'y')).not.toBe(analysisIdOf('1.2', '3', 'xy'))
})
