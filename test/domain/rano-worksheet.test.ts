// RANO 2.0: each row of the table of responses, as far as images and medication decide it.
import { describe, expect, it } from 'vitest'
import type { ChangeCategory, SizeResponse } from '../../src/domain/comparison.ts'
import { ranoWorksheet } from '../../src/domain/rano-worksheet.ts'
import type { TreatmentFact, TreatmentHistory } from '../../src/domain/treatment.ts'

const fact = (from: string, to?: string, more: Partial<TreatmentFact> = {}): TreatmentFact => ({
  words: 'x',
  reference: `Procedure/${from}`,
  from,
  ...(to && { to }),
  ...more,
})
const NONE: TreatmentHistory = { radiotherapy: [], bevacizumab: [], steroids: [] }
const dose = (dailyMg: number, from: string, to?: string) =>
  fact(from, to, to ? { dailyMg } : { dailyMg, isOngoing: true })

function of(category: ChangeCategory | undefined, treatment: TreatmentHistory = NONE, possible?: ChangeCategory[]) {
  const response: SizeResponse = {
    ...(category && { category }),
    productThen: 400,
    productNow: 300,
    percent: -25,
    percentDeviation: 9,
    ...(possible && { possible }),
    reasons: [],
  }
  return ranoWorksheet({ comparison: { response }, earlier: '2026-01-02', now: '2026-03-01', treatment })
}
const steroids = (...list: TreatmentFact[]): TreatmentHistory => ({ ...NONE, steroids: list })

describe('a row of the table', () => {
  it.each<[string, string, ReturnType<typeof of>]>([
    ['CR: nothing enhances, no steroids', 'CR', of('CR')],
    ['PR: nothing enhances, steroids as before', 'PR', of('CR', steroids(dose(2, '2025-12-01')))],
    ['SD: nothing enhances, more steroids', 'SD', of('CR', steroids(dose(2, '2026-02-01')))],
    ['PR: half as large, no steroids', 'PR', of('PR')],
    [
      'PR: half as large, fewer steroids',
      'PR',
      of('PR', steroids(dose(8, '2025-12-01', '2026-01-31'), dose(4, '2026-02-01'))),
    ],
    [
      'SD: half as large, more steroids',
      'SD',
      of('PR', steroids(dose(4, '2025-12-01', '2026-01-31'), dose(8, '2026-02-01'))),
    ],
    ['SD: between the limits, whatever is given', 'SD', of('SD', {})],
    [
      'PD: grown 84 days after radiotherapy',
      'PD',
      of('PD', { ...NONE, radiotherapy: [fact('2025-10-20', '2025-12-07')] }),
    ],
    ['PD: grown without radiotherapy', 'PD', of('PD')],
    [
      'preliminary PD: grown 83 days after radiotherapy',
      'preliminary-PD',
      of('PD', { ...NONE, radiotherapy: [fact('2025-10-20', '2025-12-08')] }),
    ],
  ])('%s', (_row, category, sheet) => {
    expect(sheet.category).toBe(category)
    expect(sheet.missing).toBeUndefined()
  })

  it('asks for confirmation of a response', () => {
    expect(of('PR').steps.at(-1)).toEqual({ question: 'confirmation', answer: 'needed' })
  })
})

describe('abstains', () => {
  it.each<[string, string, string[] | undefined, ReturnType<typeof of>]>([
    ['without a category by size', 'size', undefined, of(undefined)],
    ['on response when steroids were not read', 'steroids', ['PR', 'SD'], of('PR', { radiotherapy: [] })],
    [
      'on complete response when a dose is not known',
      'steroids',
      ['CR', 'PR', 'SD'],
      of('CR', steroids(fact('2025-12-01', undefined, { isOngoing: true }))),
    ],
    [
      'on progression when radiotherapy was not read',
      'radiotherapy',
      ['PD', 'preliminary-PD'],
      of('PD', { steroids: [] }),
    ],
    [
      'on progression when the end of radiotherapy is not known',
      'end-of-radiotherapy',
      ['PD', 'preliminary-PD'],
      of('PD', { ...NONE, radiotherapy: [fact('2025-12-01')] }),
    ],
  ])('%s', (_what, missing, possible, sheet) => {
    expect(sheet.category).toBeUndefined()
    expect(sheet.missing).toBe(missing)
    expect(sheet.possible).toEqual(possible)
  })

  it('says what the error of the change leaves possible', () => {
    const soon = { ...NONE, radiotherapy: [fact('2025-10-20', '2025-12-08')] }
    expect(of('PD', soon, ['SD', 'PD'])).toMatchObject({ possible: ['SD', 'preliminary-PD'] })
    expect(of('SD', NONE, ['SD', 'PD'])).toMatchObject({ category: 'SD', possible: ['SD', 'PD'] })
  })
})
