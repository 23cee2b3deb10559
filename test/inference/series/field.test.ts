// The header sets come out right, and the documentation shows what the program does.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fieldTable, judge, ownSets } from './field.ts'

const judged = ownSets().map(judge)

describe('sets of series headers as they are sent', () => {
  it.each(judged.map((one) => [one.name, one] as const))('%s', (_name, { verdict, rows, hold }) => {
    expect(['right', 'held rightly'], JSON.stringify([hold, rows], null, 1)).toContain(verdict)
  })

  it('are the table of the documentation', () => {
    const page = readFileSync(new URL('../../../docs/series-selection.md', import.meta.url), 'utf8')
    expect(page.split('<!-- npm run field -- --write -->\n')[1]).toBe(`\n${fieldTable(judged)}`)
  })
})
