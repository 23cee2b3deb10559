// The stored record: what was written is read back whole, what an earlier version wrote is brought up to date, damage is named.
import { describe, expect, it } from 'vitest'
import { parseResult, parseSummary, versioned } from '../../src/store/result-schema.ts'
import { comparisonOf } from '../support/comparison.ts'
import { sampleResult } from '../support/fhir-report.ts'
import { sampleResult as wholeResult } from '../support/sample-analyses.ts'

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>
const result = { ...sampleResult(), comparison: comparisonOf(sampleResult()) }

describe('a stored result', () => {
  it.each([
    ['with a comparison', result],
    ['of the pages', wholeResult],
  ])('%s is read back as it was written', (_, written) => {
    expect(parseResult('a1', bytesOf(versioned({ analysisId: 'a1', ...written })))).toEqual({
      analysisId: 'a1',
      ...plain(written),
    })
  })

  it('of version 1 gets the names of today', () => {
    const { bundle, comparison, decisions, ...rest } = plain(result) as never as typeof result
    const { modelDigest: _later, ...earlier } = bundle
    const { mutualInformation: agreement, ...registration } = comparison.registration
    const stored = {
      ...rest,
      bundle: earlier,
      decisions: decisions.map(({ selected: taken, ...one }) => ({ ...one, taken })),
      comparison: { ...comparison, registration: { ...registration, agreement } },
    }
    expect(parseResult('a1', bytesOf(stored))).toEqual({
      ...plain(result),
      bundle: { ...earlier, modelDigest: earlier.digest },
    })
  })

  it('that is damaged is refused by the parts that do not fit, without what they hold', () => {
    const broken = { ...plain(result), measurements: [{ region: 'Doe^Jane', value: 'x' }] }
    expect(() => parseResult('a1', bytesOf(versioned(broken)))).toThrow(/analysis a1 does not fit at measurements\.0\./)
    expect(() => parseResult('a1', bytesOf(versioned(broken)))).not.toThrow(/Doe/)
  })
})

describe('a stored summary', () => {
  it('shows every part that is sound, and names the others', () => {
    const { patient, study } = result
    for (const comparison of [1, 'x', {}, { ...result.comparison, prior: null }, { ...result.comparison, volumes: 3 }])
      expect(parseSummary(versioned({ patient, study, comparison }))).toEqual({
        patient,
        study,
        unreadable: ['comparison'],
      })
    expect(parseSummary(versioned({ patient, times: { segment: 3 } }))).toEqual({ patient, times: { segment: 3 } })
    for (const nothing of [null, 1, [], 'x']) expect(parseSummary(nothing)).toEqual({})
  })
})
