// Numbers that decide about a patient have a source, and stand in the table of their area and nowhere else.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GRID_LIMITS, IMAGE_LIMITS } from '../../src/dicom/image-limits.ts'
import type { Limit } from '../../src/domain/limit.ts'
import { LESION_LIMITS } from '../../src/inference/lesions/lesion-limits.ts'
import { COPY_LIMITS, PLAUSIBILITY_LIMITS, PREPARATION_LIMITS } from '../../src/inference/segmentation/input-limits.ts'
import {
  PREFERENCE_LIMITS,
  STACK_LIMITS,
  TIMING_LIMITS,
  WORD_LIMITS,
} from '../../src/inference/series/header-limits.ts'
import { WITNESS_LIMITS } from '../../src/inference/series/witness-limits.ts'

const TABLES: Record<string, Record<string, Limit>> = {
  LESION_LIMITS,
  PLAUSIBILITY_LIMITS,
  COPY_LIMITS,
  PREPARATION_LIMITS,
  IMAGE_LIMITS,
  GRID_LIMITS,
  TIMING_LIMITS,
  STACK_LIMITS,
  PREFERENCE_LIMITS,
  WORD_LIMITS,
  WITNESS_LIMITS,
}
const rows = Object.entries(TABLES).flatMap(([table, limits]) =>
  Object.entries(limits).map(([name, limit]) => [`${table}.${name}`, limit] as const),
)
const PUBLICATION = /^[A-Z][a-z]+ et al\., .+ (19|20)\d\d;/
const MEASURED = /^measured: .{20,}/
const CHOSEN = /^chosen: .{20,}/

describe('the limits', () => {
  it.each(rows)('%s: states a publication, what measured it, or why it was chosen', (_name, { value, source }) => {
    expect([PUBLICATION, MEASURED, CHOSEN].filter((kind) => kind.test(source))).toHaveLength(1)
    expect(Number.isFinite(value)).toBe(true)
  })

  /** Numerical allowances, capacities of data structures, and the steps in voxels of an algorithm decide nothing by themselves. */
  const OTHERS = ['SLACK', 'JUST_INSIDE', 'MAX_MAPPED_LESIONS', 'MARGIN', 'NEAR', 'RIM', 'REGROWTH']
  const inference = new URL('../../src/inference/', import.meta.url)
  const files = ['lesions', 'segmentation', 'series'].flatMap((room) =>
    readdirSync(new URL(`${room}/`, inference))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${room}/${name}`),
  )
  it.each(files)('%s: has no number of its own beside the table', (name) => {
    const text = readFileSync(new URL(name, inference), 'utf8')
    const numbers = [...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]+) = [-\d]/gm)].map((match) => match[1]!)
    expect(numbers.filter((one) => !OTHERS.includes(one))).toEqual([])
  })

  const series = files.filter((name) => name.startsWith('series/') && !name.endsWith('limits.ts'))
  it.each(series)('%s: compares with no number that is written into the code', (name) => {
    const code = readFileSync(new URL(name, inference), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    expect([...code.matchAll(/(?:[<>]=?|tolerance:) ?-?(\d{2,}|\d*\.\d+|[2-9])\b/g)].map(([found]) => found)).toEqual(
      [],
    )
  })
})
