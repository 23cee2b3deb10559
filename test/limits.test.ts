// docs/limits.md lists the limits, value by value, each refused as a code of the catalogue.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERRORS } from '../src/domain/errors.ts'
import { LIMITS } from '../src/domain/limits.ts'

it('documents every limit with its value and its refusal', () => {
  const text = readFileSync(new URL('../docs/limits.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| .+ \| (.+) \|$/gm)]
  expect(rows.map((m) => [m[1], Number(m[2])])).toEqual(Object.entries(LIMITS))
  const codes = rows.flatMap((m) => (m[3] === 'none' ? [] : m[3]!.split(', ').map((code) => code.replaceAll('`', ''))))
  expect(codes.filter((code) => !(code in ERRORS))).toEqual([])
})
