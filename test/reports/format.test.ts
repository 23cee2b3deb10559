import { describe, expect, it } from 'vitest'
import { readName, readTime, shortDigest } from '../../src/reports/format.ts'
import { readDate, readInstant } from '../../src/wording/quantities.ts'

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

  it('shortens a digest', () => {
    expect(shortDigest('b1946ac92492d2347c6235b4d2611184')).toBe('b1946ac92492d234…')
  })
})
