import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dataset,
  element,
  has,
  items,
  number,
  numbers,
  personName,
  tagOf,
  text,
  texts,
} from '../../src/dicom/dataset.ts'
import { formatDecimal, formatInteger } from '../../src/dicom/decimal.ts'
import { deterministicUid, digestOf, isUid } from '../../src/dicom/uid.ts'

describe('reading a data set', () => {
  const ds = dataset({
    PatientName: 'Doe^Jane=山田^花子',
    ImageType: ['DERIVED', 'PRIMARY'],
    PixelSpacing: [0.5, 0.25],
    EchoTime: 90,
    AccessionNumber: '',
    ReferencedSeriesSequence: [dataset({ SeriesInstanceUID: '1.2.3' })],
  })

  it('takes values by keyword, empty and absent ones as empty', () => {
    expect(text(ds, 'PatientName')).toBe('Doe^Jane=山田^花子')
    expect(personName(ds, 'PatientName')).toBe('Doe^Jane=山田^花子')
    expect(texts(ds, 'ImageType')).toEqual(['DERIVED', 'PRIMARY'])
    expect(numbers(ds, 'PixelSpacing')).toEqual([0.5, 0.25])
    expect(number(ds, 'EchoTime')).toBe(90)
    expect([text(ds, 'AccessionNumber'), has(ds, 'AccessionNumber'), ds[tagOf('AccessionNumber')]]).toEqual([
      '',
      false,
      { vr: 'SH' },
    ])
    expect([text(ds, 'StudyID'), number(ds, 'Rows'), items(ds, 'SegmentSequence')]).toEqual(['', undefined, []])
    expect(text(items(ds, 'ReferencedSeriesSequence')[0]!, 'SeriesInstanceUID')).toBe('1.2.3')
  })

  it('tolerates what archives send: numbers as text, nulls, phonetic names without ideographic ones', () => {
    expect(numbers({ '00280030': { vr: 'DS', Value: ['0.5', null] } }, 'PixelSpacing')).toEqual([0.5, Number.NaN])
    expect(number({ '00180081': { vr: 'DS', Value: ['n/a'] } }, 'EchoTime')).toBeUndefined()
    expect(text({ '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B', Phonetic: 'c' }] } }, 'PatientName')).toBe(
      'A^B==c',
    )
  })
})

describe('building a data set', () => {
  it.each([
    ['Modality', 'mr', 'CS'],
    ['StudyDate', '2025-01-01', 'DA'],
    ['SOPInstanceUID', '1.02.3', 'UI'],
    ['SeriesNumber', 1.5, 'IS'],
    ['Rows', 70000, 'US'],
    ['StudyID', 'x'.repeat(17), 'SH'],
    ['SeriesDescription', 'a\\b', 'LO'],
    ['PatientName', 'a=b=c=d', 'PN'],
    ['PatientAge', '42', 'AS'],
  ])('refuses an illegal %s without repeating its value', (...[keyword, value]: (string | number)[]) => {
    expect(() => element(String(keyword), value!)).toThrow(RangeError)
    try {
      element(String(keyword), value!)
    } catch (error) {
      expect(String(error)).not.toContain(String(value))
    }
  })

  it('refuses unknown keywords', () => {
    expect(() => tagOf('PatientsName')).toThrow('no DICOM keyword')
  })
})

describe('decimal strings', () => {
  it.each([
    [1.2246467991473532e-16, '1.22464679915e-16'],
    [-1.2345678901234566e-7, '-1.234567890e-7'],
    [3.3e-8, '3.3e-8'],
    [-0.12345678901234568, '-0.1234567890123'],
    [1 / 3, '0.33333333333333'],
    [-0, '0'],
    [100, '100'],
  ])('%d keeps its exponent and its best precision', (value, expected) => {
    const made = formatDecimal(value)
    expect(made.length).toBeLessThanOrEqual(16)
    expect(Math.abs(Number(made) - Number(expected))).toBeLessThanOrEqual(Math.abs(value) * 1e-9)
  })

  it('loses less than 1e-9 of any number, and never its sign', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }), (value) => {
        const made = formatDecimal(value)
        expect(made.length).toBeLessThanOrEqual(16)
        expect(made).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/)
        expect(Math.abs(Number(made) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-8)
      }),
    )
  })

  it('refuses what is no number, and integers beyond 32 bits', () => {
    expect(() => formatDecimal(Number.NaN)).toThrow(RangeError)
    expect(() => formatInteger(2 ** 31)).toThrow(RangeError)
    expect(formatInteger(-(2 ** 31))).toBe('-2147483648')
  })
})

describe('deterministic UIDs', () => {
  it('are valid UUID-derived UIDs within 128 bits, the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (parts) => {
        const uid = deterministicUid(...parts)
        expect(isUid(uid)).toBe(true)
        const hex = BigInt(uid.slice(5)).toString(16).padStart(32, '0')
        expect(hex).toHaveLength(32)
        expect([hex[12], '89ab'.includes(hex[16]!)]).toEqual(['8', true])
        expect(deterministicUid(...parts)).toBe(uid)
      }),
    )
  })

  it('do not let parts run into each other', () => {
    expect(deterministicUid('a', 'bc')).not.toBe(deterministicUid('ab', 'c'))
    expect(deterministicUid('a')).not.toBe(deterministicUid('a', ''))
  })

  it('digest a set of UIDs whatever its order', () => {
    expect(digestOf(['1.2', '1.10'])).toBe(digestOf(['1.10', '1.2']))
    expect(digestOf(['1.2', '1.10'])).not.toBe(digestOf(['1.2']))
    expect(digestOf(['1.2'])).toMatch(/^[0-9a-f]{64}$/)
  })
})
