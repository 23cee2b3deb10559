// The cross-modal library against numpy's neighbours and proxies, and what it refuses.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import { nearest, parseLibrary, proxyOf } from '../../../src/inference/bundle/library.ts'
import { golden, readJson } from '../support.ts'

const {
  library: facts,
  matrix,
  cases,
}: {
  library: Record<string, unknown> & { rows: number; ids: string[]; sha256: string; key_width: number }
  matrix: string
  cases: { query: number[]; rows: number[]; cosines: number[]; proxy: number[] }[]
} = readJson(golden('library.json'))
const bytes = Buffer.from(matrix, 'base64')

function refusal(raw: unknown, content: Uint8Array = bytes): string {
  try {
    parseLibrary(raw, content)
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('the cross-modal library', () => {
  const library = parseLibrary(facts, bytes)

  it('is the file that library.json describes', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(facts.sha256)
    expect(library.facts.ids).toHaveLength(facts.rows)
  })

  it.each(cases.map((one, n) => [n, one] as const))('query %i: rows, cosines and proxy as numpy', (_, one) => {
    const { value, neighbours } = proxyOf(library, one.query)
    expect(neighbours.map(({ row }) => row)).toEqual(one.rows)
    expect(neighbours.map(({ id }) => id)).toEqual(one.rows.map((row) => facts.ids[row]))
    for (const [n, cosine] of one.cosines.entries()) expect(neighbours[n]!.cosine).toBeCloseTo(cosine, 12)
    for (const [n, want] of one.proxy.entries()) expect(value[n]).toBeCloseTo(want, 12)
    expect(neighbours.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12)
  })

  it('takes the lower row of two that are equally near, whatever the length of the query', () => {
    const twin = cases.at(-1)!
    expect(nearest(library, twin.query, 2).map(({ row }) => row)).toEqual([4, 17])
    const scaled = twin.query.map((value) => 250 * value)
    expect(nearest(library, scaled)[0]!.cosine).toBeCloseTo(1, 6)
  })

  it('reads a matrix that begins anywhere in its buffer', () => {
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(parseLibrary(facts, shifted.subarray(3)).matrix).toEqual(library.matrix)
  })

  it('refuses what does not fit, with every problem', () => {
    expect(refusal({ ...facts, ids: facts.ids.slice(1), neighbours: 99 })).toMatch(
      /^BUNDLE_INVALID library: ids has 22 entries for 23 rows; neighbours is 99, more than the 23 rows$/,
    )
    expect(refusal(facts, bytes.subarray(4))).toMatch(/the matrix has 1008 bytes; declared are 1012/)
    expect(refusal({ ...facts, schema: 'other/1', temperature: 0 })).toMatch(/schema .*; temperature /)
    expect(refusal({ ...facts, file: '../library.bin' })).toMatch(/file must be a plain file name/)
    expect(refusal({ ...facts, ids: facts.ids.map(() => 'same') })).toMatch(/ids must differ/)
    const long = Uint8Array.from(bytes)
    new DataView(long.buffer).setFloat32(0, 9, true)
    expect(refusal(facts, long)).toMatch(/row 0 is not a finite unit embedding/)
  })

  it('refuses an embedding of another width, or without direction', () => {
    expect(() => nearest(library, [1, 2])).toThrow(/the embedding has 2 numbers, keys have 6/)
    expect(() => nearest(library, [0, 0, 0, 0, 0, 0])).toThrow(/zero or not finite/)
    expect(() => nearest(library, [Number.NaN, 1, 0, 0, 0, 0])).toThrow(/zero or not finite/)
  })
})
