import { describe, expect, it } from 'vitest'
import {
  millilitres,
  percent,
  percentWithInterval,
  readDate,
  readInstant,
  readName,
  readTime,
  shortDigest,
} from '../../src/reports/format.ts'

describe('DICOM values for people', () => {
  it('orders the five components of a name', () => {
    expect(readName('Adams^John Robert Quincy^^Rev.^B.A. M.Div.').alphabetic).toBe(
      'Adams, Rev. John Robert Quincy, B.A. M.Div.',
    )
    expect(readName('Morrison-Jones^Susan^^^Ph.D.').alphabetic).toBe('Morrison-Jones, Susan, Ph.D.')
    expect(readName('Madonna').alphabetic).toBe('Madonna')
    expect(readName('')).toEqual({ alphabetic: '', ideographic: '', phonetic: '' })
  })

  it('keeps the three writings of a name apart (PS3.5 Annexes H and I)', () => {
    expect(readName('Yamada^Tarou=山田^太郎=やまだ^たろう')).toEqual({
      alphabetic: 'Yamada, Tarou',
      ideographic: '山田 太郎',
      phonetic: 'やまだ たろう',
    })
    expect(readName('=洪^吉洞=홍^길동')).toEqual({ alphabetic: '', ideographic: '洪 吉洞', phonetic: '홍 길동' })
  })

  it('never invents a date', () => {
    expect(readDate('19610304')).toBe('1961-03-04')
    expect(readDate('1961')).toBe('1961')
    expect(readDate('')).toBe('')
    expect(readTime('031205.120000')).toBe('03:12')
    expect(readTime('0312')).toBe('03:12')
    expect(readTime('3 am')).toBe('3 am')
    expect(readInstant('2026-03-01T03:19:44.000Z')).toBe('2026-03-01 03:19 UTC')
    expect(readInstant('2026-03-01T03:19:44+02:00')).toBe('2026-03-01T03:19:44+02:00')
  })

  it('never prints certainty', () => {
    expect(percent(1)).toBe('>99 %')
    expect(percent(0.9951)).toBe('>99 %')
    expect(percent(0.99)).toBe('99 %')
    expect(percent(0)).toBe('<1 %')
    expect(percent(Number.NaN)).toBe('? %')
    expect(percentWithInterval(0.91, [0.84, 0.999])).toBe('91 % (84–>99)')
    expect(percentWithInterval(0.5, undefined)).toBe('50 %')
  })

  it('does not round a small rest to nothing', () => {
    expect(millilitres(0.04)).toBe('0.04')
    expect(millilitres(0)).toBe('0.0')
    expect(millilitres(86.44)).toBe('86.4')
    expect(shortDigest('b1946ac92492d2347c6235b4d2611184')).toBe('b1946ac92492d234…')
  })

  it('leaves out an interval that says no more than the probability', () => {
    expect(percentWithInterval(0.998, [0.992, 0.9999])).toBe('>99 %')
    expect(percentWithInterval(0.002, [0, 0.009])).toBe('<1 %')
    expect(percentWithInterval(0.998, [0.97, 0.9999])).toBe('>99 % (97–>99)')
  })
})
