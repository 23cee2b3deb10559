// JSON is measured before it is parsed: length, containers and depth, each at its edge, whatever stands in strings.
import { describe, expect, it } from 'vitest'
import { JSON_LIMITS, jsonExcess } from '../../src/domain/json-excess.ts'
import { LIMITS } from '../../src/domain/limits.ts'

const small = { characters: 40, containers: 3, depth: 2 }

describe('what makes a JSON text too large', () => {
  it.each<[string, string | undefined]>([
    ['[[],[]]', undefined],
    ['[[],[],[]]', 'has over 3 objects and lists'],
    ['[{"a":1}]', undefined],
    ['[{"a":[]}]', 'is nested deeper than 2'],
    [`["${'x'.repeat(36)}"]`, undefined],
    [`["${'x'.repeat(37)}"]`, 'is over 40 characters'],
    ['["[[[[{{{{", "\\"[[[[", "\\\\"]', undefined],
    ['["\\\\", [[1]]]', 'is nested deeper than 2'],
    ['no JSON at all, "not closed [[[[', undefined],
    ['', undefined],
  ])('%s', (text, excess) => {
    expect(jsonExcess(text, small)).toBe(excess)
  })

  it('is measured with the limits of the table', () => {
    expect(JSON_LIMITS).toEqual({
      characters: LIMITS.jsonBytes,
      containers: LIMITS.jsonContainers,
      depth: LIMITS.jsonDepth,
    })
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(jsonExcess(nested(LIMITS.jsonDepth))).toBeUndefined()
    expect(jsonExcess(nested(LIMITS.jsonDepth + 1))).toBe('is nested deeper than 128')
    expect(jsonExcess('['.repeat(1_000_000))).toBe('is nested deeper than 128')
    expect(jsonExcess(`[${'{},'.repeat(LIMITS.jsonContainers)}`)).toBe('has over 8000000 objects and lists')
  })
})
