// Errors that nobody foresaw: where they came from can be found in the log, what they say cannot, and none passes for a note.
import { describe, expect, it } from 'vitest'
import { AppError, foreseen, framesOf, unforeseenFields } from '../../src/domain/errors.ts'
import { safeFields } from '../../src/telemetry/fields.ts'

function failing(message: string): TypeError {
  return new TypeError(message)
}

describe('frames of an error', () => {
  it('name function, file and line, the innermost first', () => {
    const [first, ...rest] = framesOf(failing('x'))
    expect(first).toMatch(/^failing test\/domain\/unforeseen\.test\.ts:\d+:\d+$/)
    expect(rest.length).toBeGreaterThan(0)
  })

  it.each(['Doe^Jane', 'one\n    at Doe (/app/src/Doe.ts:1:1)', '    at Doe (/app/src/Doe.ts:1:1)\n', ''])(
    'never show the message %j',
    (message) => {
      const error = failing(message)
      expect(framesOf(error).join()).not.toContain('Doe')
      expect(framesOf(error)[0]).toContain('failing ')
    },
  )

  it('show no folder of this machine', () => {
    const error = new Error('x')
    error.stack =
      'Error: x\n    at async read (file:///home/jane.doe/app/src/store/a.ts:3:9)\n    at /home/jane.doe/x.js:1:1'
    expect(framesOf(error)).toEqual(['read src/store/a.ts:3:9'])
  })

  it('show no query of a module', () => {
    const error = new Error('x')
    error.stack = 'Error: x\n    at read (file:///app/src/store/a.ts?name=Doe:3:9)'
    expect(framesOf(error)).toEqual(['read src/store/a.ts:3:9'])
  })

  it('come from the foreign error within ours, and pass the log’s allow-list', () => {
    const fields = unforeseenFields(new AppError('INTERNAL', 'unexpected TypeError', { cause: failing('Doe^Jane') }))
    expect(fields.kind).toBe('TypeError')
    expect(fields.frames).toContain('failing test/domain/unforeseen.test.ts:')
    expect(safeFields({ ...fields }).withheld).toEqual([])
    expect(unforeseenFields('Doe^Jane')).toEqual({ kind: 'string' })
    expect(unforeseenFields(new AppError('EHR_ERROR', 'x'))).toEqual({})
  })
})

describe('a step that may fail', () => {
  it('is told the reason that the catalogue names', () => {
    const error = new AppError('EHR_UNREACHABLE', 'down')
    expect(foreseen(error)).toBe(error)
  })

  it.each([new TypeError('x'), new AppError('INTERNAL', 'x'), 'x'])('throws on what nobody foresaw: %s', (thrown) => {
    expect(() => foreseen(thrown)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})
