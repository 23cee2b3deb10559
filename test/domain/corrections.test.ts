// Corrections of a reviewer: what they leave is one result, whose volumes add up; whatever would contradict itself is refused.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEdits, type Correctable, checkEdits, effectiveEdits } from '../../src/domain/corrections.ts'
import type { Edit } from '../../src/domain/review.ts'
import { editSentence } from '../../src/wording/reviews.ts'

const volume = (region: string, labels: number[], value: number) =>
  ({ region, name: region, quantity: 'volume', value, unit: 'mL', labels, standardDeviation: 0.3 }) as const
const result = (change: Partial<Correctable> = {}): Correctable => ({
  segments: [1, 2, 3].map((label) => ({ label, key: ['NCR', 'ED', 'ET'][label - 1]!, name: '', voxelCount: 1 })),
  measurements: [
    volume('WT', [1, 2, 3], 12.4),
    volume('TC', [1, 3], 1.89),
    volume('ET', [3], 1.5),
    volume('NCR', [1], 0.39),
    volume('ED', [2], 10.51),
  ],
  noFinding: false,
  predictions: [],
  diameters: [],
  quality: [],
  ...change,
})
const edit = (region: string, to: number, of: Correctable = result()): Edit => ({
  target: `measurement.${region}`,
  from: of.measurements.find((one) => one.region === region)?.value ?? 0,
  to,
  reason: 'r',
})
const valuesOf = ({ measurements }: Correctable) =>
  Object.fromEntries(measurements.map(({ region, value }) => [region, Number(value.toFixed(3))]))

describe('corrected volumes', () => {
  it('carry their sums along, and say that these follow from the correction', () => {
    const edits = effectiveEdits(result(), { edits: [edit('ET', 7.2)] })
    expect(edits.map(({ target, to, isDerived }) => [target, to, isDerived ?? false])).toEqual([
      ['measurement.ET', 7.2, false],
      ['measurement.WT', 18.1, true],
      ['measurement.TC', 7.59, true],
    ])
    const corrected = applyEdits(result(), { edits: [edit('ET', 7.2)] })
    expect(valuesOf(corrected)).toEqual({ WT: 18.1, TC: 7.59, ET: 7.2, NCR: 0.39, ED: 10.51 })
    expect(corrected.measurements.map(({ standardDeviation }) => standardDeviation)).toEqual([
      undefined,
      undefined,
      undefined,
      0.3,
      0.3,
    ])
    const reviewer = { identifier: 'P-7', name: 'Dr Nine' }
    expect(editSentence({ reviewer, at: '2026-03-01T03:04:00Z' }, edits[2]!)).toBe(
      "Recomputed after the corrections of Dr Nine (P-7) on 2026-03-01 03:04 UTC from 1.89 mL (the software's value) to 7.59 mL: sum of its parts",
    )
    const unrounded = { ...edits[2]!, from: 14.38399999999998 }
    expect(editSentence({ reviewer, at: '2026-03-01T03:04:00Z' }, unrounded)).toContain('from 14.38 mL (')
    expect(applyEdits(result(), { edits })).toEqual(corrected)
  })

  it.each([
    [
      'an enhancing part that is larger than its core',
      [edit('ET', 7.2), edit('TC', 1.89)],
      /TC: 1.89 mL is not the sum of its parts, which is 7.59 mL/,
    ],
    ['a sum alone, which could be read in several ways', [edit('TC', 1.2)], /TC: 1.20 mL is not the sum/],
    ['nothing at all left', ['ET', 'NCR', 'ED'].map((region) => edit(region, 0)), /WT: nothing would be left/],
  ])('are refused when they contradict each other: %s', (_name, edits, message) => {
    expect(() => checkEdits(result(), edits)).toThrow(
      expect.objectContaining({ code: 'REVIEW_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('are refused where the software segmented nothing', () => {
    const none = result({ noFinding: true, measurements: [volume('WT', [1, 2, 3], 0), volume('ET', [3], 0)] })
    expect(() => checkEdits(none, [edit('ET', 2, none)])).toThrow(/segmented no tumour/)
  })

  it('of a sum are read by the one part that has no volume of its own', () => {
    const bare = result({
      measurements: [volume('WT', [1, 2, 3], 12.4), volume('TC', [1, 3], 1.89), volume('ET', [3], 1.5)],
    })
    expect(valuesOf(applyEdits(bare, { edits: [edit('TC', 2.5, bare)] }))).toEqual({ WT: 13.01, TC: 2.5, ET: 1.5 })
    expect(() => checkEdits(bare, [edit('TC', 1.2, bare)])).toThrow(/less than the parts/)
  })

  it('are in their order even where nothing says of which labels a region is made', () => {
    const bare = result({ measurements: result().measurements.map(({ labels: _labels, ...one }) => one), segments: [] })
    expect(() => checkEdits(bare, [edit('ET', 7.2, bare)])).toThrow(
      /TC: 1.89 mL is less than ET, 7.20 mL, which lies in it/,
    )
    expect(() => checkEdits(bare, [edit('ET', 1.8, bare)])).not.toThrow()
  })

  it('leave a result whose volumes add up, or nothing', () => {
    const quoted = fc.double({ min: 0, max: 20, noNaN: true }).map((value) => Number(value.toFixed(2)))
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('WT', 'TC', 'ET', 'NCR', 'ED'), quoted, { minKeys: 1 }), (wanted) => {
        const edits = Object.entries(wanted).map(([region, to]) => edit(region, to))
        const corrected = applyEdits(result(), { edits })
        try {
          checkEdits(result(), edits)
        } catch (error) {
          expect(error).toMatchObject({ code: 'REVIEW_INVALID' })
          return
        }
        const { WT, TC, ET, NCR, ED } = valuesOf(corrected) as Record<string, number>
        expect(Math.abs(TC! - (NCR! + ET!))).toBeLessThanOrEqual(0.11)
        expect(Math.abs(WT! - (TC! + ED!))).toBeLessThanOrEqual(0.27)
        for (const [region, to] of Object.entries(wanted)) expect(valuesOf(corrected)[region]).toBe(to)
      }),
    )
  })
})

it('what was measured on the old outline does not stand beside the new volume', () => {
  const lesion = { longestMm: 20, perpendicularMm: 12 } as never
  const comparison = {
    volumes: [
      { region: 'ET', name: 'ET', earlier: 1, now: 1.5, change: 0.5, standardDeviation: 0.4, percent: 50 },
      { region: 'ED', name: 'ED', earlier: 9, now: 10.51, change: 1.51 },
    ],
    response: { category: 'PD', productThen: 100, productNow: 240, reasons: [] },
  } as never
  const corrected = applyEdits(result({ diameters: [lesion], comparison }), { edits: [edit('ET', 0.8)] })
  expect(corrected.diameters).toEqual([])
  expect(corrected.comparison?.volumes[0]).toEqual({
    region: 'ET',
    name: 'ET',
    earlier: 1,
    now: 0.8,
    change: expect.closeTo(-0.2),
    percent: expect.closeTo(-20),
  })
  expect(corrected.comparison?.volumes[1]).toEqual((comparison as { volumes: unknown[] }).volumes[1])
  expect(corrected.comparison?.response).not.toHaveProperty('category')
  expect(corrected.quality.map(({ text }) => text).join()).toMatch(/outlines are the software's.*diameters.*left out/)
  const other = applyEdits(result({ diameters: [lesion] }), { edits: [edit('ED', 9)] })
  expect(other.diameters).toEqual([lesion])
})
