// Text that should be JSON.
import { expect, it } from 'vitest'
import { z } from 'zod'
import { jsonOf, readAs } from '../../src/domain/json-text.ts'
import { versionIn } from '../../src/domain/package-version.ts'

it('is a value, or nothing where it is not JSON', () => {
  expect(jsonOf(' {"a": [1, null]} ')).toEqual({ a: [1, null] })
  for (const text of ['', '{', 'undefined', "{'a': 1}", '{"a": 1} x']) expect(jsonOf(text)).toBeUndefined()
})

it('is read by a schema, or not at all', () => {
  const point = z.strictObject({ x: z.number() })
  expect(readAs(point, '{"x":1}')).toEqual({ x: 1 })
  for (const text of ['', '{"x":"1"}', '{"x":1,"y":2}', 'null', '[1]']) expect(readAs(point, text)).toBeUndefined()
})

it('is a package.json only if it states a version', () => {
  expect(versionIn('{"name":"a","version":"1.2.3"}')).toBe('1.2.3')
  for (const text of ['', '{}', '[]', '"1.2.3"', '{"version":2}'])
    expect(() => versionIn(text)).toThrow('a package.json states no version: the installation is damaged')
})
