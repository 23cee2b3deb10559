// What stands at the end of a text, taken off in time that grows with its length alone.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withoutTrailing } from '../../src/domain/trailing.ts'

it('takes off what an expression of the end would', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\0', ' ', 'a', '=', '^', '\u3000') }), (text) => {
      expect(withoutTrailing(text, /[\0 ]/)).toBe(text.replace(/[\0 ]+$/, ''))
      expect(withoutTrailing(text, /[\s^]/)).toBe(text.replace(/[\s^]+$/, ''))
    }),
  )
})

it('looks at a long run before another letter once', () => {
  class Counted extends RegExp {
    looked = 0
    override test(one: string): boolean {
      this.looked += 1
      return super.test(one)
    }
  }
  const pattern = new Counted('\\0')
  const text = `${'\0'.repeat(100_000)}a`
  expect(withoutTrailing(text, pattern)).toBe(text)
  expect(withoutTrailing(`${text}\0\0`, pattern)).toBe(text)
  expect(pattern.looked).toBe(4)
})
