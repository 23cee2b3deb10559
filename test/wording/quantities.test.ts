// One number, one rendering: what the page, the PDF and the EHR print of it is the same text.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bidimensional, Prediction } from '../../src/domain/finding.ts'
import { writeContent } from '../../src/reports/content.ts'
import { impressionLines } from '../../src/wording/impression.ts'
import {
  millilitres,
  percent,
  percentWithInterval,
  readDate,
  signed,
  volumeChange,
} from '../../src/wording/quantities.ts'
import { diametersLine, predictionLine, volumeLine } from '../../src/wording/report-text.ts'
import { WORDS } from '../../src/wording/report-words.ts'
import { sampleResult } from '../support/fhir-report.ts'

describe('a probability', () => {
  it('is never printed as certainty', () => {
    expect([0, 0.004, 0.01, 0.5, 0.913, 0.99, 0.9951, 1].map(percent)).toEqual([
      '<1 %',
      '<1 %',
      '1 %',
      '50 %',
      '91 %',
      '99 %',
      '>99 %',
      '>99 %',
    ])
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (p) => !/^(0|100) %/.test(percent(p))))
  })

  it('has its interval beside it where that says more', () => {
    expect(percentWithInterval(0.91, [0.84, 0.999])).toBe('91 % (84–>99)')
    expect(percentWithInterval(0.5, undefined)).toBe('50 %')
    expect(percentWithInterval(0.998, [0.992, 0.9999])).toBe('>99 %')
    expect(percentWithInterval(0.998, [0.97, 0.9999])).toBe('>99 % (97–>99)')
    expect(percentWithInterval(0.5, [0.499, 0.501])).toBe('50 % (50–50)')
    expect(percent(Number.NaN)).toBe('? %')
  })
})

describe('a volume', () => {
  it('that is there is never printed as nothing', () => {
    expect([0, 0.001, 0.04, 0.996, 9.87, 86.44].map(millilitres)).toEqual([
      '0.0',
      '<0.01',
      '0.04',
      '1.00',
      '9.9',
      '86.4',
    ])
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 2000, noNaN: true }), (ml) => !/^0(\.0+)?$/.test(millilitres(ml))),
    )
    expect(millilitres(Number.NaN)).toBe('?')
  })

  it('that changed has a sign, and the decimals of the larger of the two', () => {
    expect(volumeChange({ earlier: 0.4, now: 0.52, change: 0.12, standardDeviation: 0.031 })).toEqual({
      change: '+0.12',
      deviation: '0.03',
    })
    expect(volumeChange({ earlier: 30.2, now: 12.21, change: -17.99 })).toEqual({ change: '−18.0' })
    expect(signed(-0.001, 1)).toBe('0.0')
  })
})

it('a date that is none is printed as it is', () => {
  expect(['19610304', '1961.03.04', ' 20240229 ', '20230229', '1961', ''].map(readDate)).toEqual([
    '1961-03-04',
    '1961-03-04',
    '2024-02-29',
    '20230229',
    '1961',
    '',
  ])
})

it('the same numbers read the same in the PDF and in the EHR', () => {
  const measurement = { region: 'ET', name: 'Enhancing tumour', quantity: 'volume', value: 0.04, unit: 'mL' } as const
  const certain: Prediction = {
    head: 'idh',
    status: 'evaluable',
    call: 'IDH-mutant',
    probabilities: { 'IDH-mutant': 1, 'IDH-wildtype': 0 },
    intervals: {},
    explanation: [],
  }
  const result = sampleResult({ measurements: [measurement], predictions: [certain] })
  const pdf = JSON.stringify(writeContent(result, WORDS.en))
  expect(volumeLine(measurement)).toContain(`${millilitres(0.04)} mL`)
  expect(pdf).toContain(`"${millilitres(0.04)}"`)
  expect(predictionLine(certain)).toContain(`IDH-mutant ${percent(1)}`)
  expect(pdf).toContain(percent(1))
  expect(pdf).not.toMatch(/100 %/)
})

const LESION: Bidimensional = {
  longestMm: 0,
  perpendicularMm: 0,
  longest: [
    [0, 0, 0],
    [1, 0, 0],
  ],
  perpendicular: [
    [0, 0, 0],
    [0, 1, 0],
  ],
  axis: 2,
  slice: 4,
  measurable: true,
}

describe('the diameters of a lesion', () => {
  it('are the same text in the PDF, the EHR and the impression, to a tenth of a millimetre', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 10, max: 150, noNaN: true }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (a, b) => {
          const [longest, across] = [a.toFixed(1), b.toFixed(1)]
          const lesion = { ...LESION, longestMm: a, perpendicularMm: b }
          const result = sampleResult({ noFinding: false, diameters: [lesion] })
          const said = [writeContent(result, WORDS.en).diameters, diametersLine(lesion, 0), impressionLines(result)[0]]
          for (const text of said) expect(text).toContain(`${longest} × ${across} mm`)
        },
      ),
      { numRuns: 20 },
    )
  })
})
